"""SIPPULSE_CLUSTER where there is no cluster; with one: make test-cluster."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from pydantic import SecretStr, ValidationError
from werkzeug.test import Client

from sippulse_ws.app import create_app
from sippulse_ws.config import Settings
from sippulse_ws.db import Database, Session
from sippulse_ws.db.connections.cluster import not_waiting


def is_mariadb(url: str) -> bool:
    database = Database(url, 1)
    with database.reading() as db:
        found = bool(getattr(db.dialect, "is_mariadb", False))
    database.close()
    return found


@pytest.mark.engines("mariadb")
def test_a_database_of_no_cluster_is_told(migrated_url: str) -> None:
    """Whoever writes to a node that is taken out of its cluster writes what no other node has."""
    settings = Settings(database_url=SecretStr(migrated_url), cluster="galera")
    answer = Client(create_app(settings)).get("/readyz")
    assert answer.status_code == 503
    if is_mariadb(migrated_url):
        assert answer.text.startswith("not ready: ")
    else:  # MySQL does not even know its settings
        assert answer.text == "database unavailable\n"


@pytest.fixture
def mariadb_url(migrated_url: str) -> str:
    if not is_mariadb(migrated_url):
        pytest.skip("MySQL has no Galera")
    return migrated_url


@pytest.mark.engines("mariadb")
def test_reads_and_writes_wait_for_other_nodes(mariadb_url: str) -> None:
    for is_cluster, reads, writes in ((True, 1, 7), (False, 0, 0)):
        database = Database(mariadb_url, 1, is_cluster=is_cluster)
        with database.reading() as db:
            assert db.exec_driver_sql("SELECT @@wsrep_sync_wait").scalar() == reads
        with database.writing() as db:
            assert db.exec_driver_sql("SELECT @@wsrep_sync_wait").scalar() == writes
        database.close()


@pytest.fixture
def cluster(mariadb_url: str) -> Iterator[Database]:
    database = Database(mariadb_url, 1, is_cluster=True)
    yield database
    database.close()


@pytest.mark.engines("mariadb")
@pytest.mark.parametrize("error", [None, ValueError(), KeyboardInterrupt()])
def test_the_read_after_one_that_did_not_wait_waits(
    cluster: Database, error: BaseException | None
) -> None:
    with cluster.reading() as db:
        try:
            with not_waiting(db):
                assert db.scalar(sa.text("SELECT @@wsrep_sync_wait")) == 0
                if error is not None:
                    raise error
        except (ValueError, KeyboardInterrupt):
            pass
        assert db.scalar(sa.text("SELECT @@wsrep_sync_wait")) == 1


@pytest.mark.engines("mariadb")
def test_a_connection_lost_without_waiting_is_told_as_such(cluster: Database) -> None:
    def lose_it(db: Session) -> None:
        with not_waiting(db):
            number = db.scalar(sa.text("SELECT CONNECTION_ID()"))
            with cluster.writing() as other:
                other.exec_driver_sql(f"KILL {number}")
            db.exec_driver_sql("SELECT 'told'")

    with cluster.reading() as db, pytest.raises(sa.exc.DBAPIError, match="SELECT 'told'"):
        lose_it(db)


def test_only_galera_is_known() -> None:
    with pytest.raises(ValidationError):
        Settings(cluster="ndb")  # type: ignore[arg-type]
