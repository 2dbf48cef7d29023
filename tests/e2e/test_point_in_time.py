"""Back to the moment before a wrong deletion, as docs/operations.md says: MariaDB's binary log."""

import json
import os
import re
import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest
import sqlalchemy as sa

from tests.fixtures.server import Cli
from tests.mariadb import PrivateMariaDB
from tests.mysql import PrivateMySQL, start_logging

ROOT = Path(__file__).parents[2]
ACCOUNTS = ("kept@example.com", "later@example.com", "wrong@example.com")
pytestmark = pytest.mark.engines("mariadb")


@pytest.fixture(scope="module")
def logging_server() -> Iterator[PrivateMariaDB]:
    server = start_logging()
    yield server
    server.stop()


@pytest.fixture
def logged(logging_server: PrivateMariaDB, monkeypatch: pytest.MonkeyPatch) -> Cli:
    name = f"sippulse_{secrets.token_hex(4)}"
    statement(logging_server, f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    monkeypatch.setenv("SIPPULSE_DATABASE_URL", f"{logging_server.url}/{name}")
    monkeypatch.setenv("SIPPULSE_LANGUAGE", "en")
    cli = Cli(monkeypatch)
    cli("db", "upgrade")
    cli("domain", "create", "example.com")
    cli("profile", "create", "example.com", "DEFAULT")
    return cli


def statement(server: PrivateMariaDB, sql: str) -> None:
    with pymysql.connect(host="127.0.0.1", port=server.port, user="root") as connection:
        connection.cursor().execute(sql)


def insert(cli: Cli, account: str) -> None:
    username, _, domain = account.partition("@")
    table = f"username,domain,password,profile\n{username},{domain},Segr3do!,DEFAULT\n"
    cli("import", "subscribers", "-", input=table)


def accounts(cli: Cli) -> list[str]:
    found = json.loads(cli("subscriber", "list", "--json").stdout)
    return [one["account_code"] for one in found]


def test_what_was_done_after_the_backup_and_before_the_mistake_comes_back(
    logged: Cli, logging_server: PrivateMariaDB, tmp_path: Path
) -> None:
    kept, later, wrong = ACCOUNTS
    insert(logged, kept)
    file = str(tmp_path / "backup")
    logged("backup", "create", file)
    insert(logged, later)
    logged("subscriber", "set", kept, "first_name=Ana")
    time.sleep(1.5)  # the log tells whole seconds
    logged("subscriber", "remove", kept, "--yes")
    insert(logged, wrong)

    binlog = json.loads(logged("backup", "check", file).stdout)["binlog"]
    told = re.fullmatch(
        r"(?:MASTER|SOURCE)_LOG_FILE='(.+)', (?:MASTER|SOURCE)_LOG_POS=(\d+)", binlog
    )
    assert told is not None
    (row,) = json.loads(
        logged("audit", "--operation", "subscriber remove", "--limit", "1", "--json").stdout
    )
    logged("backup", "restore", "--overwrite", "--before-replay", file)
    assert accounts(logged) == [kept]
    replay(logging_server, told[1], told[2], row["at"][:19].replace("T", " "))
    assert accounts(logged) == [kept, later]
    assert json.loads(logged("subscriber", "show", kept, "--json").stdout)["first_name"] == "Ana"
    assert logged("audit", "--operation", "subscriber remove", "--json").stdout == "[]\n"
    logged("doctor", status=1)  # its warnings are about the place, not the data


def replay(server: PrivateMariaDB, log: str, position: str, moment: str) -> None:
    """The commands of the document, in the folder of the logs; MySQL has other names for them."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```\n(TZ=UTC mariadb-binlog.*?)^```", text, re.MULTILINE | re.DOTALL)
    database = os.environ["SIPPULSE_DATABASE_URL"].rpartition("/")[2]
    login = f"--user=root --host=127.0.0.1 --port={server.port}"
    for told, real in (
        ("--start-position=12345", f"--start-position={position}"),
        ("2026-03-24 12:27:20", moment),
        ("--database=sippulse", f"--database={database}"),
        ("mysqld-bin.000001 mysqld-bin.000002", log),
        ("| mariadb", f"| mariadb {login}"),
    ):
        assert told in block
        block = block.replace(told, real)
    if isinstance(server, PrivateMySQL):
        block = block.replace("mariadb-binlog", "mysqlbinlog --skip-gtids").replace(
            "| mariadb", "| mysql"
        )
    subprocess.run(["bash", "-ec", block], cwd=server.folder / "data", check=True)


def test_an_account_that_may_not_see_the_log_makes_backups_all_the_same(
    logged: Cli, logging_server: PrivateMariaDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sa.make_url(os.environ["SIPPULSE_DATABASE_URL"])
    login = f"u{secrets.token_hex(4)}"
    statement(logging_server, f"CREATE USER {login}@'127.0.0.1'")
    statement(logging_server, f"GRANT ALL ON {url.database}.* TO {login}@'127.0.0.1'")
    theirs = url.set(username=login).render_as_string(hide_password=False)
    file = str(tmp_path / "backup")
    said = logged("backup", "create", file, database_url=theirs)
    grant = re.search(
        r"GRANT (BINLOG MONITOR|REPLICATION CLIENT), RELOAD ON \*\.\* TO \S+", said.stderr
    )
    assert grant is not None
    assert not json.loads(logged("backup", "check", file).stdout)["binlog"]
    statement(logging_server, grant[0])
    said = logged("backup", "create", f"{file}-2", database_url=theirs)
    assert "GRANT" not in said.stderr
    assert json.loads(logged("backup", "check", f"{file}-2").stdout)["binlog"]
