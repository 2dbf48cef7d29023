"""SIPPULSE_CLUSTER where there is no cluster; with one: make test-cluster."""

import pytest
from pydantic import SecretStr, ValidationError
from werkzeug.test import Client

from sippulse_ws.app import create_app
from sippulse_ws.config import Settings
from sippulse_ws.db import Database


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


@pytest.mark.engines("mariadb")
def test_reads_and_writes_wait_for_other_nodes(migrated_url: str) -> None:
    if not is_mariadb(migrated_url):
        pytest.skip("MySQL has no Galera")
    for is_cluster, reads, writes in ((True, 1, 7), (False, 0, 0)):
        database = Database(migrated_url, 1, is_cluster=is_cluster)
        with database.reading() as db:
            assert db.exec_driver_sql("SELECT @@wsrep_sync_wait").scalar() == reads
        with database.writing() as db:
            assert db.exec_driver_sql("SELECT @@wsrep_sync_wait").scalar() == writes
        database.close()


def test_only_galera_is_known() -> None:
    with pytest.raises(ValidationError):
        Settings(cluster="ndb")  # type: ignore[arg-type]
