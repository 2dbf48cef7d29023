"""A server with a binary log, and an account without SUPER: what works, and what says why not."""

import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest

from tests.fixtures.server import Cli
from tests.mariadb import PrivateMariaDB
from tests.mysql import start_logging

pytestmark = pytest.mark.engines("mariadb")
TRUST = "SET GLOBAL log_bin_trust_function_creators = "


@pytest.fixture(scope="module")
def logging_server() -> Iterator[PrivateMariaDB]:
    server = start_logging()
    yield server
    server.stop()


class Operator:
    """An account that may do all with schemas of its name, and nothing about the server."""

    def __init__(self, server: PrivateMariaDB, cli: Cli) -> None:
        self._server = server
        self._cli = cli
        self.name = f"op{secrets.token_hex(4)}"
        self.run(f"CREATE USER {self.name}@'%' IDENTIFIED BY 'Segr3do-7'")
        grant = f"TO {self.name}@'%' WITH GRANT OPTION"
        self.run(f"GRANT ALL ON `{self.name}%`.* {grant}")
        self.run(f"GRANT CREATE USER ON *.* {grant}")

    def run(self, sql: str) -> list[Any]:
        with (
            pymysql.connect(host="127.0.0.1", port=self._server.port, user="root") as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)
            return list(cursor.fetchall())

    def schemas(self) -> list[Any]:
        """With their tables and functions, and the accounts there are."""
        like = f"LIKE '{self.name}%'"
        tables = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema"
        routines = (
            "SELECT routine_schema, routine_name FROM information_schema.routines WHERE "
            "routine_schema"
        )
        return [
            self.run(f"{tables} {like} ORDER BY 1, 2"),
            self.run(f"{routines} {like} ORDER BY 1, 2"),
            self.run("SELECT user, host FROM mysql.user ORDER BY 1, 2"),
        ]

    def __call__(self, *arguments: str, status: int = 0, schema: str = "", input: str = "") -> Any:
        host = f"127.0.0.1:{self._server.port}"
        url = f"mysql+pymysql://{self.name}:Segr3do-7@{host}/{self.name}{schema}"
        return self._cli(*arguments, status=status, input=input, database_url=url, language="en")


@pytest.fixture
def operator(logging_server: PrivateMariaDB, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    one = Operator(logging_server, Cli(monkeypatch))
    one.run(TRUST + "0")
    one.run(f"CREATE DATABASE {one.name} CHARACTER SET utf8mb4")
    yield one
    one.run(TRUST + "0")


@pytest.mark.parametrize("kind", ["kamailio", "opensips"])
def test_all_but_functions_works_without_more_rights(
    operator: Operator, tmp_path: Path, kind: str
) -> None:
    operator("db", "upgrade")
    operator("db", "demo", "--logins", str(tmp_path / "logins"))
    operator("db", "downgrade", "0018", "--yes")
    operator("db", "upgrade")
    proxy = ("db", "proxy-views", kind, "--account", f"{operator.name}p", "--password-stdin")
    before = operator.schemas()
    refused = operator(*proxy, input="Segr3do-8", status=1).stderr
    assert operator.schemas() == before
    assert len(refused.strip().splitlines()) == 1
    told = re.search(r"administrator of the database: (SET GLOBAL \S+ = 1) ", refused)
    assert told is not None
    operator.run(told[1])
    operator(*proxy, input="Segr3do-8")
    file = str(tmp_path / "backup")
    operator("backup", "create", file)

    operator.run(TRUST + "0")
    before = operator.schemas()
    # on every schema, since a backup may hold any: the first line says so, the next one the rest
    rights = operator("backup", "restore", file, schema="_new", status=1).stderr
    grant = re.search(r"administrator of the database: (GRANT .*)", rights)
    assert grant is not None
    for statement in grant[1].split("; "):
        operator.run(statement)
    said = operator("backup", "restore", file, schema="_new", status=1).stderr
    assert told[1] in said
    assert operator.schemas() == before
    # the rest of a backup can be restored all the same
    operator("backup", "restore", file, "--no-accounts", schema="_new")
    operator.run(TRUST + "1")
    restored = operator("backup", "restore", file, "--overwrite", schema="_new")
    assert "every table is as in the backup" in restored.stdout
    functions = f"SELECT 1 FROM information_schema.routines WHERE routine_schema = '{operator.name}"
    assert operator.run(f"{functions}_new_{kind}'")
    operator(*proxy, "--drop", input="")


def test_what_the_right_super_is_good_for(operator: Operator) -> None:
    """For the functions that read; those of charging write, which only the setting allows."""
    operator("db", "upgrade")
    operator.run(f"GRANT SUPER ON *.* TO {operator.name}@'%'")
    account = ("--account", f"{operator.name}p")
    before = operator.schemas()
    proxy = ("db", "proxy-views", "kamailio", *account, "--password-stdin")
    assert "SET GLOBAL" in operator(*proxy, input="Segr3do-8", status=1).stderr
    assert operator.schemas() == before
    operator("db", "proxy-views", "opensips", *account, "--password-stdin", input="Segr3do-8")
    operator("db", "proxy-views", "opensips", *account, "--drop")
    assert operator.schemas()[:2] == before[:2]
