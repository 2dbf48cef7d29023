"""A database server that is too old is named in one line, before anything is made on it."""

import pytest

from sippulse_ws.db import Database
from sippulse_ws.db.schema import servers
from sippulse_ws.db.schema.servers import judge
from tests.fixtures.server import Cli


@pytest.mark.parametrize(
    ("version", "needed"),
    [
        ("10.6.0-MariaDB", None),
        ("10.11.11-MariaDB-0+deb12u1", None),
        ("11.8.3-MariaDB-log", None),
        ("5.5.5-10.3.39-MariaDB", "MariaDB 10.6"),
        ("10.5.29-MariaDB-1:10.5.29+maria~ubu2004", "MariaDB 10.6"),
        ("5.5.5-10.11.6-MariaDB", None),
        ("8.0.23", None),
        ("8.4.6-commercial", None),
        ("9.7.4-2", None),
        ("8.0.15", "MySQL 8.0.23"),
        ("8.0.22-0ubuntu0.20.04.3", "MySQL 8.0.23"),
        ("5.7.44-log", "MySQL 8.0.23"),
    ],
)
def test_versions_are_judged(version: str, needed: str | None) -> None:
    assert judge(version) == (version, needed)


@pytest.mark.engines("mariadb")
def test_no_schema_is_made_on_an_older_server(
    bare_cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "MARIADB", (99, 1))
    monkeypatch.setattr(servers, "MYSQL", (99, 1))
    said = bare_cli("db", "upgrade", status=1).stderr
    assert said.count("\n") == 1
    assert said.startswith("the database server is ")
    assert said.endswith(" 99.1 or later is needed\n")


@pytest.mark.engines("mariadb")
def test_no_server_refuses_a_row_that_changed_meanwhile(migrated_url: str) -> None:
    """MariaDB 11.6.2 and later do unless told otherwise, and a lost race would be an outage."""
    shown = "SHOW SESSION VARIABLES LIKE 'innodb_snapshot_isolation'"
    database = Database(migrated_url, 1)
    with database.reading() as read, database.writing() as write:
        for db in (read, write):
            assert [row[1] for row in db.exec_driver_sql(shown)] in ([], ["OFF"])
    database.close()
