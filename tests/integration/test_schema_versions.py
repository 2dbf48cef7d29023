"""Going back keeps what the older schema can hold and names the rest; a newer one is told."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from werkzeug.test import Client

from sippulse_ws.app import create_app
from sippulse_ws.config import Settings
from sippulse_ws.db import Database
from sippulse_ws.db.schema.losses import columns_of, known_revisions
from sippulse_ws.db.schema.migrate import serving_since
from sippulse_ws.db.schema.revisions import NEWEST
from tests.fixtures.server import Cli

RELEASED = [one for one in known_revisions() if one >= "0006"]


@pytest.fixture
def cli(empty_database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """The command line on a database of this test's own, with the demo data."""
    monkeypatch.setenv("SIPPULSE_DATABASE_URL", empty_database_url)
    monkeypatch.setenv("SIPPULSE_LANGUAGE", "en")
    cli = Cli(monkeypatch)
    cli("db", "upgrade")
    cli("db", "demo", "--logins", str(tmp_path / "logins"))
    return cli


@pytest.fixture
def set_revision(empty_database_url: str) -> Any:
    def change(revision: str) -> None:
        database = Database(empty_database_url, 1)
        with database.writing() as db:
            db.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
        database.close()

    return change


@pytest.fixture(scope="module")
def oldest() -> dict[str, set[str]]:
    """Tables and columns of the oldest released schema."""
    columns = columns_of(RELEASED[0])
    return {name: columns[name] for name in columns.keys() - {"alembic_version", "audit"}}


def contents(url: str, columns: dict[str, set[str]]) -> dict[str, list[tuple[Any, ...]]]:
    """All that the oldest released schema can hold."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as db:
        return {
            table: sorted(
                tuple(map(str, row))
                for row in db.execute(
                    sa.select(*map(sa.column, sorted(names))).select_from(sa.table(table))
                )
            )
            for table, names in columns.items()
        }


@pytest.mark.slow("sqlite")
def test_to_every_released_schema_and_back_nothing_it_can_hold_is_lost(
    cli: Cli, empty_database_url: str, oldest: dict[str, set[str]]
) -> None:
    before = contents(empty_database_url, oldest)
    assert before["subscriber"]
    assert before["credit_ledger"]
    for revision in reversed(RELEASED[:-1]):
        cli("db", "downgrade", revision, "--yes")
        assert contents(empty_database_url, oldest) == before, revision
    cli("db", "upgrade")
    assert contents(empty_database_url, oldest) == before


def test_what_the_older_schema_cannot_hold_is_named_and_wants_yes(
    cli: Cli, empty_database_url: str, oldest: dict[str, set[str]]
) -> None:
    cli("domain", "create", "audited.example.com")
    database = Database(empty_database_url, 1)
    with database.writing() as db:
        db.exec_driver_sql("UPDATE audit SET client_request_id = 'crm-1'")
    database.close()
    before = contents(empty_database_url, oldest)
    result = cli("db", "downgrade", "0007", status=1)
    assert "column audit.client_request_id: " in result.output
    assert "--yes" in result.output
    assert contents(empty_database_url, oldest) == before
    assert "the schema is at 0007" in cli("db", "downgrade", "0007", "--yes").output


def test_a_revision_that_is_not_there_is_told(cli: Cli) -> None:
    for revision in ("0005", "9999", NEWEST, "head"):
        assert "it can go back to" in cli("db", "downgrade", revision, status=1).output


def test_a_schema_newer_than_the_program_is_told_everywhere(
    cli: Cli, empty_database_url: str, set_revision: Any
) -> None:
    set_revision("9999")
    for command in (
        ("db", "upgrade"),
        ("db", "downgrade", "0006"),
        ("domain", "list"),
        ("domain", "create", "x.example.com"),
        ("audit",),
    ):
        output = cli(*command, status=1).output
        assert "newer than this program" in output, command
        assert len(output.strip().splitlines()) == 1, output
    app = create_app(Settings(database_url=SecretStr(empty_database_url)))
    answer = Client(app).get("/readyz")
    assert answer.status_code == 503
    assert "newer than this program" in answer.text
    assert "run: sippulse-ws db upgrade" not in answer.text


def test_servers_serve_on_a_newer_schema_that_only_added_to_theirs(
    cli: Cli, empty_database_url: str, set_revision: Any
) -> None:
    """As the newer program's `db upgrade` leaves it, while servers are replaced one by one."""
    database = Database(empty_database_url, 1)
    app = create_app(Settings(database_url=SecretStr(empty_database_url)))

    def note(value: str) -> None:
        with database.writing() as db:
            db.exec_driver_sql(
                f"UPDATE stored_setting SET value = '{value}' WHERE name = 'schema_serves'"
            )

    with database.migrating() as db:
        db.exec_driver_sql("CREATE TABLE of_the_newer (id INTEGER PRIMARY KEY)")
        db.exec_driver_sql("ALTER TABLE domain ADD COLUMN of_the_newer INTEGER")
    set_revision("9999")
    note(f"9999 {NEWEST}")
    assert Client(app).get("/readyz").text == "ready\n"
    cli("domain", "create", "new.example.com")
    assert "newer than this program" in cli("db", "upgrade", status=1).output
    for other in ("9999 9998", f"9998 {NEWEST}"):  # more than added to; of another schema
        note(other)
        assert Client(app).get("/readyz").status_code == 503
    database.close()


def test_the_schema_says_since_when_it_was_only_added_to() -> None:
    assert serving_since("0019") == "0018"
    assert serving_since("0018") == "0018"


def test_an_older_schema_says_what_to_run(cli: Cli, set_revision: Any) -> None:
    set_revision("0006")
    assert "run: sippulse-ws db upgrade" in cli("domain", "list", status=1).output


@pytest.mark.engines("mariadb")
def test_views_are_made_anew_when_their_definer_is_gone(
    cli: Cli, empty_database_url: str, mariadb_server: sa.URL
) -> None:
    url = sa.make_url(empty_database_url)
    engine = sa.create_engine(mariadb_server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as db:
        gone = f"gone{url.database}"[-32:]
        db.exec_driver_sql(f"CREATE USER {gone}@localhost")
        row = db.exec_driver_sql(f"SHOW CREATE VIEW {url.database}.vi_cdrs").one()
        text = str(row[1]).replace("DEFINER=`root`@`127.0.0.1`", "DEFINER=`root`@`%`")
        head, _, rest = text.partition(" SQL SECURITY")
        head = head.partition(" DEFINER=")[0].replace("CREATE", "CREATE OR REPLACE")
        db.exec_driver_sql(f"USE {url.database}")
        text = f"{head} DEFINER={gone}@localhost SQL SECURITY{rest}"
        db.exec_driver_sql(text.replace("%", "%%"))
        db.exec_driver_sql(f"DROP USER {gone}@localhost")
        with pytest.raises(sa.exc.DBAPIError):
            db.exec_driver_sql("SELECT * FROM vi_cdrs")
        assert "1 views made anew" in cli("db", "repair-views").output
        assert db.exec_driver_sql("SELECT * FROM vi_cdrs").all() == []
    engine.dispose()


def test_a_view_that_is_gone_is_made_as_it_was(cli: Cli, empty_database_url: str) -> None:
    engine = sa.create_engine(empty_database_url, poolclass=sa.NullPool)

    def definition() -> str:
        query = (
            "SELECT sql FROM sqlite_schema WHERE name = 'vi_cdrs'"
            if engine.dialect.name == "sqlite"
            else "SELECT view_definition FROM information_schema.views"
            " WHERE table_schema = DATABASE() AND table_name = 'vi_cdrs'"
        )
        with engine.connect() as db:
            return str(db.exec_driver_sql(query).scalar())

    made = definition()
    with engine.begin() as db:
        db.exec_driver_sql("DROP VIEW vi_cdrs")
    assert definition() == "None"
    assert "1 views made anew" in cli("db", "repair-views").output
    assert definition() == made
    engine.dispose()


@pytest.mark.engines("sqlite")
def test_no_view_is_made_where_its_tables_are_not(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite it could be, and `db upgrade` would find it in its way."""
    monkeypatch.setenv("SIPPULSE_DATABASE_URL", f"sqlite:///{tmp_path / 'new.db'}")
    assert "0 views made anew" in cli("db", "repair-views").output
    cli("db", "upgrade")
    assert "0 views made anew" in cli("db", "repair-views").output
