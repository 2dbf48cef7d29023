"""Commands that need rights which the account has not say so first, with the GRANT that helps."""

import re
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.ops.rights import grant_statement, missing_rights
from tests.fixtures.server import Cli

pytestmark = pytest.mark.engines("mariadb")
SCHEMATA = "information_schema.schemata"
PARTITIONS = "information_schema.partitions"
COMMANDS = {
    "partition": ("db", "partition"),
    "all": ("db", "integrator", "create", "NAME", "--password-stdin"),
    "limited": (
        "db",
        "integrator",
        "create",
        "NAME",
        "--domain",
        "example.com",
        "--password-stdin",
    ),
    "proxy": ("db", "proxy-views", "kamailio", "--account", "NAME", "--password-stdin"),
    "upgrade": ("db", "upgrade"),
}


@pytest.fixture
def admin(mariadb_server: sa.URL) -> Iterator[Any]:
    engine = sa.create_engine(mariadb_server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as db:
        yield db
    engine.dispose()


@pytest.fixture
def serving(admin: Any, installed_url: str) -> Iterator[sa.URL]:
    """An account that may do what `serve` needs, and no more."""
    url, login = sa.make_url(installed_url), f"s{secrets.token_hex(4)}"
    admin.exec_driver_sql(f"CREATE USER {login}@'%%'")
    rights = "SELECT, INSERT, UPDATE, DELETE"
    admin.exec_driver_sql(f"GRANT {rights} ON {url.database}.* TO {login}@'%%'")
    yield url.set(username=login, password="")
    admin.exec_driver_sql(f"DROP USER {login}@'%%'")


def left_over(admin: Any, database: str | None, name: str) -> list[Any]:
    """Accounts, schemas and partitions: what a half-done command would leave."""
    queries = (
        f"SELECT user FROM mysql.user WHERE user = '{name}'",
        f"SELECT schema_name FROM {SCHEMATA} WHERE schema_name LIKE '{database}%%'",
        f"SELECT table_name, partition_name FROM {PARTITIONS} WHERE table_schema = '{database}'",
    )
    return [sorted(map(str, admin.exec_driver_sql(query).all())) for query in queries]


@pytest.mark.parametrize("kind", COMMANDS)
def test_nothing_is_begun_and_what_is_said_helps(
    cli: Cli, admin: Any, serving: sa.URL, kind: str
) -> None:
    name = f"n{secrets.token_hex(4)}"
    command = [name if one == "NAME" else one for one in COMMANDS[kind]]
    url = serving.render_as_string(hide_password=False)
    before = left_over(admin, serving.database, name)
    refused = cli(*command, input="Segr3do-77", status=1, database_url=url)
    assert left_over(admin, serving.database, name) == before
    assert "nothing was done" in refused.stderr
    told = re.search(r"administrator of the database: (.*)", refused.stderr)
    assert told is not None
    for statement in told[1].strip().split("; "):
        admin.exec_driver_sql(statement.replace("%", "%%"))
    cli(*command, input="Segr3do-77", database_url=url)
    if kind in ("all", "limited"):
        cli("db", "integrator", "drop", name, database_url=url)
    if kind == "proxy":
        cli("db", "proxy-views", "kamailio", "--account", name, "--drop", database_url=url)
    left = left_over(admin, serving.database, name)
    assert left[:2] == before[:2]


def test_it_is_said_in_portuguese_too(cli: Cli, serving: sa.URL) -> None:
    url = serving.render_as_string(hide_password=False)
    said = cli("db", "partition", status=1, database_url=url, language="pt").stderr
    assert "nada foi feito" in said
    name = str(serving.database).replace("_", "\\_")  # or else it stands for any character
    rights = "DELETE, INSERT, SELECT, UPDATE, ALTER, CREATE, DROP"
    assert f"GRANT {rights} ON `{name}`.*" in said


@pytest.mark.usefixtures("engine_kind")
@pytest.mark.parametrize("name", ["a_b", "a%b", "a`b", "a\\b", "a b.c", "a'b"])
def test_the_grant_gives_rights_on_this_schema_alone(
    admin: Any, mariadb_server: sa.URL, name: str
) -> None:
    login = f"s{secrets.token_hex(4)}"
    admin.exec_driver_sql(f"CREATE USER {login}@'%%'")
    there = mariadb_server.set(username=login, password="", database="information_schema")
    database = Database(there.render_as_string(hide_password=False), 1)
    try:
        with database.maintaining() as db:
            grants = grant_statement(db, missing_rights(db, "db partition", name))
        for statement in grants.split("; "):
            admin.exec_driver_sql(statement.replace("%", "%%"))
        with database.maintaining() as db:
            assert missing_rights(db, "db partition", name) == []
            assert missing_rights(db, "db partition", re.sub("[_%]", "x", f"{name}_"))
    finally:
        database.close()
        admin.exec_driver_sql(f"DROP USER {login}@'%%'")
