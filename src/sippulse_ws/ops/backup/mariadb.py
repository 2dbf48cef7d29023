"""The database of a backup on MariaDB or MySQL, by `mariadb-dump` and `mariadb`, or MySQL's.

The rows of each table are digested as they stand in the dump, so that a restored database can be
compared with the backup by dumping it again.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from sqlalchemy import URL

from sippulse_ws.db import Database
from sippulse_ws.db.schema.revisions import RESTORING
from sippulse_ws.db.statements import Session
from sippulse_ws.ops.backup.troubles import BackupError, BackupTrouble
from sippulse_ws.wording import Wording

_PIECE = 1024 * 1024
_ROW_LENGTH = 200  # bytes; more than the INSERT of the schema's revision has
DUMP = ("mariadb-dump", "mysqldump")
CLIENT = ("mariadb", "mysql")
OPTIONS = (
    "--single-transaction",  # a consistent snapshot, while writes go on
    "--quick",
    "--order-by-primary",
    "--routines",
    "--triggers",
    "--hex-blob",
    "--default-character-set=utf8mb4",
    "--skip-dump-date",
    "--skip-lock-tables",
    "--no-tablespaces",  # or MySQL's asks for the right PROCESS
)
# MySQL's otherwise sets its transaction ids, which needs rights on the server that restores.
_MYSQL_OPTIONS = ("--set-gtid-purged=OFF",)
# The position of the binary log, as a comment.
_BINLOG = "--master-data=2"
_MYSQL_BINLOG = "--source-data=2"
# a definer is an account of the server that the backup comes from
_definer = re.compile(
    rb"^(/\*!50013|/\*!50003 CREATE\*/ /\*!50017|CREATE) DEFINER=`(?:[^`]|``)*`@`(?:[^`]|``)*`"
)
_insert = re.compile(rb"INSERT INTO `((?:[^`]|``)+)` VALUES ?")
# of several rows in one line, as MySQL's program writes them
_row = re.compile(rb"\((?:[^'()]++|'(?:[^'\\]++|\\.)*+')*+\)")
# What the programs say of a table that changed since they began: 1412, and MySQL's own look.
_changed = re.compile(r"\b1412\b|Error in field count")
_position = re.compile(
    rb"-- CHANGE (?:MASTER|REPLICATION SOURCE) TO "
    rb"((?:MASTER|SOURCE)_LOG_FILE='[^']+', (?:MASTER|SOURCE)_LOG_POS=\d+)"
)


class TableDigests:
    """Reads the lines of a dump, and makes a digest of each table's rows."""

    def __init__(self) -> None:
        self._digests: dict[str, tuple[int, hashlib._Hash]] = {}
        self._table: str | None = None
        self.binlog = ""

    def look(self, line: bytes) -> None:
        if self._table is None:
            if found := _insert.match(line):
                self._table = found[1].replace(b"``", b"`").decode()
                for one in _row.finditer(line, found.end()):
                    self._digest(self._table, one[0])
            else:
                if found := _position.match(line):
                    self.binlog = found[1].decode()
                return
        elif row := line.rstrip(b"\n"):
            self._digest(self._table, row[:-1] if row[-1:] in (b",", b";") else row)
        if line.rstrip(b"\n").endswith(b";"):
            self._table = None

    def _digest(self, table: str, row: bytes) -> None:
        rows, digest = self._digests.get(table, (0, None))
        digest = digest or hashlib.sha256()
        digest.update(row + b"\n")
        self._digests[table] = (rows + 1, digest)

    def results(self) -> dict[str, tuple[int, str]]:
        """Count of rows and digest by table; without those that are empty."""
        return {name: (rows, one.hexdigest()) for name, (rows, one) in self._digests.items()}


def dump(database: Database, digests: TableDigests, *, binlog: bool = False) -> Iterator[bytes]:
    """The database as SQL without definers; `binlog` adds the position of the binary log."""
    program, options = _dump_program(binlog)
    name = str(database.url.database)
    with _options_file(database.url) as file, TemporaryFile() as errors:
        command = [program, _given(file), *options, "--", name]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, pass_fds=[file]
        ) as process:
            assert process.stdout is not None
            try:
                yield from _pieces(process.stdout, digests)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            reason = _said(errors)
            if _changed.search(str(reason)):
                raise BackupError(BackupTrouble.SCHEMA_CHANGED)
            raise BackupError(BackupTrouble.PROGRAM_FAILED, program=command[0], reason=reason)


def _dump_program(binlog: bool) -> tuple[str, list[str]]:
    """The program that is here, MariaDB's or MySQL's whatever its name, and its options."""
    program = _find(DUMP)
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    if "MariaDB" in told.stdout:
        return program, [*OPTIONS, *([_BINLOG] if binlog else [])]
    return program, [*OPTIONS, *_MYSQL_OPTIONS, *([_MYSQL_BINLOG] if binlog else [])]


def _pieces(lines: Iterable[bytes], digests: TableDigests) -> Iterator[bytes]:
    waiting = bytearray()
    for line in lines:
        line = _definer.sub(rb"\1", line)  # noqa: PLW2901 - rows hold no such beginning
        digests.look(line)
        waiting += line
        if len(waiting) >= _PIECE:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)


def digest(database: Database) -> dict[str, tuple[int, str]]:
    """The tables of the database as it is now, to compare with those of a backup."""
    digests = TableDigests()
    for _ in dump(database, digests):
        pass
    return digests.results()


def load(database: Database, pieces: Iterator[bytes], revision: str) -> None:
    """Load a dump of schema `revision` into the database, which has to be empty.

    Until that is complete, its revision is RESTORING, which no server serves on.
    """
    with database.maintaining() as db:
        begin_restore(db)
    _feed(database, _unfinished(pieces, revision))
    with database.maintaining() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = %s", (revision,))


def begin_restore(db: Session) -> None:
    """Mark the database as incomplete: its revision becomes RESTORING."""
    db.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
    )
    db.exec_driver_sql("DELETE FROM alembic_version")
    db.exec_driver_sql("INSERT INTO alembic_version VALUES (%s)", (RESTORING,))


def _unfinished(pieces: Iterator[bytes], revision: str) -> Iterator[bytes]:
    """The dump with RESTORING in place of its revision."""
    row = re.compile(
        rb"(INSERT INTO `alembic_version` VALUES\s*\(')" + re.escape(revision.encode()) + rb"'\)"
    )
    waiting = b""
    for piece in pieces:
        waiting, found = row.subn(rb"\g<1>" + RESTORING.encode() + b"')", waiting + piece, count=1)
        if found:
            break
        yield waiting[:-_ROW_LENGTH]
        waiting = waiting[-_ROW_LENGTH:]
    yield waiting
    yield from pieces


def _feed(database: Database, pieces: Iterable[bytes]) -> None:
    name = str(database.url.database)
    with _options_file(database.url) as file, TemporaryFile() as errors:
        options = [_given(file), "--binary-mode"]
        command = [_find(CLIENT), *options, "--", name]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stderr=errors, pass_fds=[file]
        ) as process:
            assert process.stdin is not None
            try:
                for piece in pieces:
                    process.stdin.write(piece)
                process.stdin.close()
            except BrokenPipeError:
                pass  # the program ended, and its message says why
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise BackupError(
                BackupTrouble.PROGRAM_FAILED, program=command[0], reason=_said(errors)
            )


def make_schema(url: URL) -> None:
    """Create the database if it does not exist."""
    there = Database(url.set(database="information_schema"), 1)
    try:
        with there.maintaining() as db:
            query = "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = %s"
            if not db.exec_driver_sql(query, (url.database,)).scalar():
                name = _quoted(str(url.database))
                db.exec_driver_sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    finally:
        there.close()


def shape(db: Session) -> list[tuple[object, ...]]:
    """Tables, columns, triggers and routines: what a migration changes while others read."""
    found: list[tuple[object, ...]] = []
    for table, columns, own in (
        ("columns", "table_name, column_name, column_type, ordinal_position", "table_schema"),
        ("triggers", "trigger_name, event_object_table", "trigger_schema"),
        ("routines", "routine_type, routine_name", "routine_schema"),
    ):
        query = f"SELECT {columns} FROM information_schema.{table} WHERE {own} = DATABASE()"  # noqa: S608 - names from above
        found += sorted(tuple(row) for row in db.exec_driver_sql(query))
    return found


def tables(db: Session) -> list[tuple[str, bool]]:
    """Names of tables and views, and whether it is a view."""
    query = (
        "SELECT table_name, table_type = 'VIEW' FROM information_schema.tables "
        "WHERE table_schema = DATABASE() ORDER BY 2 DESC, 1"
    )
    return [(str(name), bool(view)) for name, view in db.exec_driver_sql(query)]


def empty(db: Session) -> None:
    """Drop all tables, views and routines but `alembic_version`, which says RESTORING."""
    begin_restore(db)
    db.exec_driver_sql("SET FOREIGN_KEY_CHECKS=0")
    for name, view in tables(db):
        if name == "alembic_version":
            continue
        db.exec_driver_sql(f"DROP {'VIEW' if view else 'TABLE'} {_quoted(name)}")
    query = (
        "SELECT routine_type, routine_name FROM information_schema.routines "
        "WHERE routine_schema = DATABASE()"
    )
    for kind, name in db.exec_driver_sql(query).all():
        db.exec_driver_sql(f"DROP {kind} {_quoted(name)}")
    db.exec_driver_sql("SET FOREIGN_KEY_CHECKS=1")


def has_binlog(db: Session) -> bool:
    return str(db.exec_driver_sql("SELECT @@log_bin").scalar()) == "1"


@contextmanager
def _options_file(url: URL) -> Iterator[int]:
    """The login for MariaDB's programs, in an open file without a name, gone when it is closed."""
    told = {
        "user": url.username,
        "password": url.password,
        "host": url.host,
        "port": url.port,
        "socket": url.query.get("unix_socket"),
        "ssl-ca": url.query.get("ssl_ca"),
        "ssl-cert": url.query.get("ssl_cert"),
        "ssl-key": url.query.get("ssl_key"),
    }
    with TemporaryFile("w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write("[client]\n")
        for name, value in told.items():
            if value is not None:
                escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
                file.write(f'{name}="{escaped}"\n')
        file.flush()
        yield file.fileno()


def _given(file: int) -> str:
    # a chroot that has /proc may be without /dev/fd
    folder = next((one for one in ("/proc/self/fd", "/dev/fd") if Path(one).is_dir()), "/dev/fd")
    return f"--defaults-file={folder}/{file}"


def _find(programs: tuple[str, ...]) -> str:
    for program in programs:
        if path := shutil.which(program):
            return path
    raise BackupError(BackupTrouble.PROGRAM_MISSING, program=programs[0])


def _said(errors: object) -> str | Wording:
    file: object = errors
    file.seek(0)  # type: ignore[attr-defined]
    lines = file.read().decode(errors="replace").strip().splitlines()  # type: ignore[attr-defined]
    return lines[-1] if lines else BackupTrouble.PROGRAM_SILENT.value


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
