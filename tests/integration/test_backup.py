"""A backup is one file; it comes back on another server's account, and every table is the same."""

import json
import os
import secrets
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.db.schema.revisions import NEWEST
from sippulse_ws.ops.backup import course
from tests.fixtures.server import PROGRAM, Cli

KEY = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3I="
DEMO = "demo.example.com"


@pytest.fixture(scope="module")
def filled(fresh_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the demo data."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIPPULSE_DATABASE_URL", fresh_url)
        cli = Cli(patch)
        cli("db", "upgrade")
        cli("db", "demo", "--logins", str(folder / "logins"))
    return fresh_url


@pytest.fixture
def cli(filled: str, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("SIPPULSE_DATABASE_URL", filled)
    monkeypatch.setenv("SIPPULSE_LANGUAGE", "en")
    return Cli(monkeypatch)


@pytest.fixture
def elsewhere(engine_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database that is not there yet, for an account that owns nothing else."""
    if engine_kind == "sqlite":
        yield f"sqlite:///{tmp_path}/new/restored.db"
        return
    server: sa.URL = request.getfixturevalue("mariadb_server")
    name, password = f"sippulse_r_{secrets.token_hex(4)}", "p%ass w'ord"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as db:
        db.exec_driver_sql(f"CREATE USER {name}@'%%' IDENTIFIED BY 'p%%ass w''ord'")
        db.exec_driver_sql(f"GRANT ALL ON {name}.* TO {name}@'%%'")
        yield server.set(database=name, username=name, password=password).render_as_string(
            hide_password=False
        )
        db.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
        db.exec_driver_sql(f"DROP USER {name}@'%%'")


def ask(url: str, query: str) -> list[tuple[Any, ...]]:
    database = Database(url, 1)
    try:
        with database.reading() as db:
            return [tuple(row) for row in db.exec_driver_sql(query)]
    finally:
        database.close()


SUBSCRIBERS = "SELECT username, domain, credit FROM subscriber ORDER BY domain, username"


def test_it_comes_back_on_another_account(
    cli: Cli, filled: str, elsewhere: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup"
    said = cli("backup", "create", str(file)).stdout
    assert "rows" in said
    assert file.stat().st_mode & 0o777 == 0o600
    said = cli("backup", "restore", str(file), database_url=elsewhere).stdout
    assert "DIFFERENT" not in said
    assert ask(elsewhere, SUBSCRIBERS) == ask(filled, SUBSCRIBERS) != []
    assert ask(elsewhere, "SELECT COUNT(*) FROM vi_cdrs") == [(0,)]
    rows = cli.rows("audit", "--operation", "backup restore", database_url=elsewhere)
    assert [row["outcome"] for row in rows] == ["done"]


def test_what_is_restored_is_compared_row_by_row(
    cli: Cli, elsewhere: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that goes missing on the way is noticed."""
    file = tmp_path / "backup"
    cli("backup", "create", str(file))

    def lose_one(*_args: object) -> None:
        with database.writing() as db:
            db.exec_driver_sql("UPDATE subscriber SET first_name = 'x' WHERE username = '1000'")

    database = Database(elsewhere, 1)
    compare = course.compare_tables

    def tampered(*args: Any) -> Any:
        lose_one()
        return compare(*args)

    monkeypatch.setattr(course, "compare_tables", tampered)
    result = cli("backup", "restore", str(file), database_url=elsewhere, status=1)
    database.close()
    assert "differs from the backup" in result.output
    assert [line.split("\t")[0] for line in result.stdout.splitlines() if "DIFFERENT" in line] == [
        "subscriber"
    ]


def test_data_is_never_overwritten_unasked(cli: Cli, elsewhere: str, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    cli("backup", "create", str(file))
    cli("backup", "restore", str(file), database_url=elsewhere)
    cli("domain", "create", "later.example.com", database_url=elsewhere)
    result = cli("backup", "restore", str(file), database_url=elsewhere, status=1)
    assert "--overwrite" in result.output
    domains = "SELECT domain FROM domain ORDER BY domain"
    assert ("later.example.com",) in ask(elsewhere, domains)
    cli("backup", "restore", str(file), "--overwrite", database_url=elsewhere)
    assert ("later.example.com",) not in ask(elsewhere, domains)


def test_an_encrypted_backup_needs_its_passphrase(cli: Cli, elsewhere: str, tmp_path: Path) -> None:
    file, secret = tmp_path / "backup", tmp_path / "passphrase"
    secret.write_text("correct horse\n")
    cli("backup", "create", str(file), "--passphrase-file", str(secret))
    assert DEMO.encode() not in file.read_bytes()
    options = ("--passphrase-file", "-")
    result = cli("backup", "check", str(file), *options, input="wrong\n", status=1)
    assert "wrong passphrase" in result.output
    cli("backup", "restore", str(file), *options, input="correct horse\n", database_url=elsewhere)
    assert len(ask(elsewhere, SUBSCRIBERS)) == 6


def piped(*arguments: str, url: str = "", input: bytes = b"") -> tuple[int, bytes, str]:
    """Status, output and errors of the program itself."""
    changed = {"SIPPULSE_DATABASE_URL": url} if url else {}
    run = subprocess.run(
        [PROGRAM, *arguments],
        input=input,
        env=os.environ | changed,
        capture_output=True,
        check=False,
    )
    return run.returncode, run.stdout, run.stderr.decode()


def test_a_backup_goes_through_a_pipe(cli: Cli, elsewhere: str, tmp_path: Path) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("correct horse\n")
    options = ("--passphrase-file", str(secret))
    for given in ((), options):
        status, backup, said = piped("backup", "create", "-", *given)
        assert status == 0, said
        assert "backup check" in said
        assert piped("backup", "check", "-", *given, input=backup)[0] == 0
        restore = ("backup", "restore", "-", "--overwrite", *given)
        status, table, said = piped(*restore, url=elsewhere, input=backup)
        assert status == 0, said
        assert b"every table is as in the backup" in table
        assert len(ask(elsewhere, SUBSCRIBERS)) == 6
    status, _, said = piped("backup", "check", "-", input=backup)
    assert (status, "--passphrase-file" in said) == (1, True)
    status, _, said = piped("backup", "check", "-", "--passphrase-file", "-", input=backup)
    assert (status, "standard input" in said) == (1, True)
    status, _, said = piped(*restore, url=elsewhere, input=backup[:-9])
    assert (status, "cut off" in said) == (1, True)
    assert list(Path.cwd().glob("-*")) == []


def typed(command: list[str], line: bytes, output: Path) -> tuple[int, str]:
    """Status and what is on the terminal; the line answers both questions."""
    terminal, theirs = os.openpty()
    with (
        output.open("wb") as stdout,
        subprocess.Popen(
            command, stdin=theirs, stdout=stdout, stderr=theirs, start_new_session=True
        ) as run,
    ):
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # a terminal that nobody has any more
            while some := os.read(terminal, 4096):
                shown += some
                if shown.endswith(b": "):
                    os.write(terminal, line + b"\n")
    os.close(terminal)
    return run.returncode, shown.decode()


def test_who_is_asked_for_the_passphrase_is_asked_beside_the_stream(
    cli: Cli, elsewhere: str, tmp_path: Path
) -> None:
    file, secret = tmp_path / "backup", tmp_path / "passphrase"
    secret.write_text("correct horse\n")
    command = [str(PROGRAM), "backup", "create", "--encrypt", "-"]
    status, shown = typed(command, b"correct horse", file)
    assert status == 0, shown
    assert "Passphrase: " in shown
    assert "horse" not in shown
    options = ("--passphrase-file", str(secret))
    cli("backup", "restore", str(file), *options, database_url=elsewhere)
    assert len(ask(elsewhere, SUBSCRIBERS)) == 6


def test_who_cannot_be_asked_for_the_passphrase_is_told_what_to_do(
    cli: Cli, tmp_path: Path
) -> None:
    run = subprocess.run(
        [PROGRAM, "backup", "create", "--encrypt", str(tmp_path / "backup")],
        input=b"correct horse\n" * 2,
        capture_output=True,
        check=False,
        start_new_session=True,
    )
    assert run.returncode == 1
    question, line = run.stderr.decode().splitlines()
    assert question.startswith("Passphrase:")
    assert "--passphrase-file" in line
    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize("content", [b"", b"\n", "senh\xe3\n".encode("latin-1")])
def test_a_passphrase_that_is_none_is_refused(cli: Cli, tmp_path: Path, content: bytes) -> None:
    file, secret = tmp_path / "backup", tmp_path / "passphrase"
    secret.write_bytes(content)
    said = cli("backup", "create", str(file), "--passphrase-file", str(secret), status=1).stderr
    assert ("empty" in said) == (b"\xe3" not in content)
    assert len(said.splitlines()) == 1
    assert not file.exists()


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("damage", ["cut", "cut by a byte", "flipped", "longer", "no backup"])
def test_a_damaged_backup_is_told_and_touches_nothing(
    cli: Cli, elsewhere: str, tmp_path: Path, damage: str, encrypted: bool
) -> None:
    file, secret = tmp_path / "backup", tmp_path / "passphrase"
    secret.write_text("x\n")
    options = ("--passphrase-file", str(secret)) if encrypted else ()
    cli("backup", "create", str(file), *options)
    data = bytearray(file.read_bytes())
    if damage == "cut":
        del data[len(data) // 2 :]
    elif damage == "cut by a byte":
        del data[-1]
    elif damage == "flipped":
        data[len(data) // 2] ^= 1
    elif damage == "longer":
        data += b"x" * 100
    else:
        data[:] = b"PK\x03\x04"
    file.write_bytes(data)
    result = cli("backup", "restore", str(file), *options, database_url=elsewhere, status=1)
    assert "backup" in result.output
    assert tables_of(elsewhere) == 0


def tables_of(url: str) -> int:
    """How many there are; also of a database that was never made."""
    made = sa.make_url(url)
    if url.startswith("sqlite"):
        return int(Path(str(made.database)).exists())
    system = made.set(database="information_schema").render_as_string(hide_password=False)
    query = f"SELECT COUNT(*) FROM tables WHERE table_schema = '{made.database}'"
    return int(ask(system, query)[0][0])


def test_settings_come_along_without_secrets(cli: Cli, filled: str, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    environment: dict[str, Any] = {"retrieve_passwords": "true", "proxy_timeout": "7"}
    cli("backup", "create", str(file), **environment)
    told = json.loads(cli("backup", "check", str(file)).stdout)
    assert told["settings"]["SIPPULSE_PROXY_TIMEOUT"] == "7.0"
    assert told["settings"]["SIPPULSE_RETRIEVE_PASSWORDS"] == "true"
    assert (told["schema"], told["tables"]["subscriber"]) == (NEWEST, 6)


def test_writing_goes_on_and_the_backup_is_of_one_moment(
    cli: Cli, filled: str, elsewhere: str, tmp_path: Path
) -> None:
    """Each transaction adds a domain and its profile: the copy has both or none."""
    database, stop, failures = Database(filled, 1), threading.Event(), []

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            name = f"d{number}.during.example.com"
            try:
                with database.writing() as db:
                    db.exec_driver_sql(f"INSERT INTO domain (domain) VALUES ('{name}')")
                    db.exec_driver_sql(
                        f"INSERT INTO profile (domain, profile) VALUES ('{name}', 'P')"
                    )
            except Exception as error:  # noqa: BLE001
                failures.append(error)
                return
        database.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        cli("backup", "create", str(tmp_path / "backup"))
    finally:
        stop.set()
        writer.join()
    assert failures == []
    cli("backup", "restore", str(tmp_path / "backup"), database_url=elsewhere)
    like = "LIKE '%%.during.example.com'" if "mysql" in elsewhere else "LIKE '%.during.example.com'"
    made = ask(elsewhere, f"SELECT domain FROM domain WHERE domain {like} ORDER BY 1")
    assert made == ask(elsewhere, f"SELECT domain FROM profile WHERE domain {like} ORDER BY 1")


def test_the_restored_schema_can_be_older_but_not_newer(
    cli: Cli, elsewhere: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "backup"
    cli("backup", "create", str(file))
    monkeypatch.setattr("sippulse_ws.ops.backup.course.NEWEST", "0001")
    result = cli("backup", "restore", str(file), database_url=elsewhere, status=1)
    assert "newer than this program" in result.output


@pytest.mark.engines("mariadb")
def test_accounts_of_integrators_and_proxies_come_back(
    cli: Cli, filled: str, mariadb_server: sa.URL, tmp_path: Path
) -> None:
    name = f"bi{secrets.token_hex(4)}"
    cli("db", "integrator", "create", name, "--domain", DEMO, "--password-stdin", input="Seg-1")
    cli("db", "proxy-views", "kamailio", "--account", f"k{name}", "--password-stdin", input="Seg-2")
    file = tmp_path / "backup"
    cli("backup", "create", str(file))
    base = str(sa.make_url(filled).database)
    cli("db", "integrator", "drop", name)
    cli("db", "proxy-views", "kamailio", "--account", f"k{name}", "--drop")
    restored = f"sippulse_r_{secrets.token_hex(4)}"
    url = mariadb_server.set(database=restored)
    try:
        cli("backup", "restore", str(file), database_url=url.render_as_string(hide_password=False))
        theirs = mariadb_server.set(username=name, password="Seg-1", database=f"{restored}_{name}")
        assert len(ask(theirs.render_as_string(False), "SELECT account_code FROM subscriber")) == 3
        proxy = mariadb_server.set(
            username=f"k{name}", password="Seg-2", database=f"{restored}_kamailio"
        )
        assert ask(proxy.render_as_string(False), "SELECT COUNT(*) FROM version") != [(0,)]
    finally:
        admin = sa.create_engine(mariadb_server, isolation_level="AUTOCOMMIT")
        with admin.connect() as db:
            for schema in (restored, f"{restored}_{name}", f"{restored}_kamailio"):
                db.exec_driver_sql(f"DROP DATABASE IF EXISTS {schema}")
            db.exec_driver_sql(f"DROP USER IF EXISTS {name}@'%%'")
            db.exec_driver_sql(f"DROP USER IF EXISTS k{name}@'127.0.0.1'")
        admin.dispose()
    assert base != restored


@pytest.mark.engines("mariadb")
def test_rights_that_are_missing_are_told_before_anything_begins(
    cli: Cli, elsewhere: str, mariadb_server: sa.URL, tmp_path: Path
) -> None:
    file = tmp_path / "backup"
    cli("backup", "create", str(file))
    url = sa.make_url(elsewhere)
    admin = sa.create_engine(mariadb_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as db:
        db.exec_driver_sql(
            f"REVOKE TRIGGER, CREATE VIEW ON {url.database}.* FROM {url.username}@'%%'"
        )
        result = cli("backup", "restore", str(file), database_url=elsewhere, status=1)
        query = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = %s"
        assert db.exec_driver_sql(query, (url.database,)).scalar() == 0
    admin.dispose()
    assert f"CREATE VIEW ON `{url.database}`.*" in result.output
    assert "TRIGGER ON" in result.output


def test_a_file_that_is_not_there_is_told_as_such(cli: Cli, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    told = cli("backup", "restore", str(missing), status=1).output
    assert told == f"{missing}: No such file or directory\n"
