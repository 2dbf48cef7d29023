"""A backup or restore that is ended in the middle leaves nothing that looks whole."""

import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.db.schema.servers import ServerVersion
from sippulse_ws.ops.backup import course, mariadb
from tests.fixtures.server import PROGRAM, Cli
from tests.integration.test_backup import cli, elsewhere, filled

__all__ = ["cli", "elsewhere", "filled"]
# In place of MariaDB's own: stops after some of what goes through, until it is let on.
DUMP = """#!/bin/bash
case "$*" in *--version*) exec "{real}" --version ;; esac
set -o pipefail
"{real}" "$@" | {{
    head -c 20000; touch "{here}/begun"
    while [ ! -e "{here}/on" ]; do sleep 0.05; done
    cat
}}
"""
CLIENT = """#!/bin/bash
{{ head -c 60000; sleep 2; touch "{here}/begun"; sleep 600; }} | "{real}" "$@"
"""
mariadb_only = pytest.mark.engines("mariadb")


class Stopped:
    """A command that is stopped in the middle."""

    def __init__(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._here = here
        self.temporary = here / "temporary"
        self.temporary.mkdir()
        for programs, script in ((mariadb.DUMP, DUMP), (mariadb.CLIENT, CLIENT)):
            real = next(filter(None, map(shutil.which, programs)))
            file = here / programs[0]
            file.write_text(script.format(real=real, here=here))
            file.chmod(0o755)
        self._path = f"{here}:{os.environ['PATH']}"

    def start(self, *command: str, **more: str) -> subprocess.Popen[str]:
        """Returns when it is in the middle."""
        ours = {"PATH": self._path, "TMPDIR": str(self.temporary)} | more
        run = subprocess.Popen(
            [PROGRAM, *command],
            env=os.environ | ours,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        until((self._here / "begun").exists)
        return run

    def go_on(self) -> None:
        (self._here / "on").touch()


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stopped]:
    here = tmp_path / "stopped"
    here.mkdir()
    one = Stopped(here, monkeypatch)
    yield one
    one.go_on()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "backups"
    made.mkdir()
    return made


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 240
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)


@mariadb_only
@pytest.mark.parametrize(
    ("how", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_a_backup_that_is_told_to_stop_leaves_nothing(
    cli: Cli, stopped: Stopped, folder: Path, how: signal.Signals, status: int
) -> None:
    with stopped.start("backup", "create", str(folder / "backup")) as run:
        run.send_signal(how)
        assert run.wait(120) == status
    assert list(folder.iterdir()) == []
    assert list(stopped.temporary.iterdir()) == []


@mariadb_only
def test_one_that_is_killed_leaves_no_password_and_no_backup(
    cli: Cli, stopped: Stopped, folder: Path
) -> None:
    file = folder / "backup"
    with stopped.start("backup", "create", str(file)) as run:
        os.killpg(run.pid, signal.SIGKILL)
    assert list(folder.iterdir()) == [folder / "backup.part"]
    assert list(stopped.temporary.iterdir()) == []
    cli("backup", "create", str(file))
    assert list(folder.iterdir()) == [file]


@mariadb_only
@pytest.mark.parametrize("change", ["ADD COLUMN later INT, ALGORITHM=INSTANT", "FORCE"])
def test_tables_that_change_in_the_middle_are_no_backup(
    cli: Cli, filled: str, stopped: Stopped, folder: Path, change: str
) -> None:
    database = Database(filled, 1)
    try:
        with stopped.start("backup", "create", str(folder / "backup")) as run:
            with database.maintaining() as db:  # read as it was later, with an older revision
                db.exec_driver_sql(f"ALTER TABLE user_white_list {change}")
            stopped.go_on()
            said = run.stderr.read() if run.stderr else ""
            assert run.wait(120) == 1
        assert len(said.splitlines()) == 1
        assert "changed" in said
        assert list(folder.iterdir()) == []
    finally:
        # there is none if nothing was reached; MySQL knows no IF EXISTS here
        with suppress(sa.exc.OperationalError), database.maintaining() as db:
            db.exec_driver_sql("ALTER TABLE user_white_list DROP COLUMN later")
        database.close()


def test_no_room_for_a_backup_is_one_line(cli: Cli, filled: str, folder: Path) -> None:
    """As when the disk is full: a file may not grow beyond some bytes."""
    most = 100_000 if filled.startswith("sqlite") else 4000  # SQLite copies its file
    run = subprocess.run(
        [PROGRAM, "backup", "create", str(folder / "backup")],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )
    assert run.returncode == 1
    assert len(run.stderr.splitlines()) == 1, run.stderr
    assert list(folder.iterdir()) == []
    if filled.startswith("sqlite"):
        place = Path(str(sa.make_url(filled).database)).parent
        assert str(place) in run.stderr
        assert not list(place.glob(".sippulse-ws-backup-*"))


@mariadb_only
def test_a_restore_that_is_killed_is_told_everywhere_and_repaired(
    cli: Cli, elsewhere: str, stopped: Stopped, folder: Path
) -> None:
    file = str(folder / "backup")
    cli("backup", "create", file)
    with stopped.start("backup", "restore", file, SIPPULSE_DATABASE_URL=elsewhere) as run:
        os.killpg(run.pid, signal.SIGKILL)
    again = f"backup create {folder}/again"
    for command in ("db upgrade", "db downgrade 0020", "admin list", "doctor", again):
        status = 2 if command == "doctor" else 1
        said = cli(*command.split(), database_url=elsewhere, status=status).output
        assert "restore was interrupted" in said, command
    assert "--overwrite" in cli("backup", "restore", file, database_url=elsewhere, status=1).output
    cli("backup", "restore", "--overwrite", file, database_url=elsewhere)
    cli("admin", "list", database_url=elsewhere)


@mariadb_only
def test_an_older_server_that_cannot_read_it_is_named(
    cli: Cli, elsewhere: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, newer = str(folder / "backup"), ServerVersion("99.1.0-MariaDB", None)
    dump = mariadb.dump

    def later(*arguments: Any, **options: Any) -> Iterator[bytes]:
        yield b"CREATE TABLE t (c VARCHAR(9) COLLATE utf8mb4_from_2030_ci);\n"
        yield from dump(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(course, "server_version", lambda _db: newer)
        patch.setattr(mariadb, "dump", later)
        cli("backup", "create", file)
    said = cli("backup", "restore", file, database_url=elsewhere, status=1).output
    assert "utf8mb4_from_2030_ci" in said
    assert "comes from 99.1.0-MariaDB" in said


@pytest.mark.engines("sqlite")
def test_the_copy_of_a_backup_that_was_killed_goes_with_the_next_one(
    cli: Cli, filled: str, folder: Path
) -> None:
    place = Path(str(sa.make_url(filled).database)).parent
    left, new = place / ".sippulse-ws-backup-left", place / ".sippulse-ws-backup-new"
    for one in (left, new):
        one.mkdir()
        (one / "copy.db").write_bytes(b"rows")
    os.utime(left, (0, 0))
    cli("backup", "create", str(folder / "backup"))
    assert not left.exists()
    assert new.is_dir()
    shutil.rmtree(new)
