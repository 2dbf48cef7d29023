"""The database of a backup on SQLite: a copy by SQLite's online backup, while writes go on."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from sippulse_ws.ops.backup.troubles import BackupError, BackupTrouble

_PIECE = 1024 * 1024
_COPY = ".sippulse-ws-backup-"
_NEW = 60  # seconds of age below which a folder is in use even without its lock
_PAGES = 2048  # copied at a time; writers get in between
_Tables = dict[str, tuple[int, str]]


def dump(path: Path, found: _Tables) -> Iterator[bytes]:
    """A copy of the file, as of one moment; `found` gets the count and digest of each table."""
    if not path.is_file():
        raise BackupError(BackupTrouble.NO_DATABASE, path=path)
    _remove_abandoned(path.parent)
    with TemporaryDirectory(prefix=_COPY, dir=path.parent) as folder, _locked(folder):
        copy = Path(folder) / "copy.db"
        try:
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target, pages=_PAGES)
                target.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.Error as error:  # a full disk, as a rule
            raise BackupError(BackupTrouble.UNWRITABLE, file=path.parent, reason=error) from error
        found.update(digest(copy))
        with copy.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece


@contextmanager
def _locked(folder: str) -> Iterator[None]:
    """Lock the folder while we copy into it; a killed backup leaves it unlocked."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield
    finally:
        os.close(lock)


def _remove_abandoned(parent: Path) -> None:
    """Remove the copies of backups that were killed."""
    for folder in parent.glob(f"{_COPY}*"):
        with suppress(OSError):
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                if os.fstat(lock).st_mtime < time.time() - _NEW:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # an error while it is used
                    shutil.rmtree(folder)
            finally:
                os.close(lock)


def digest(path: Path) -> _Tables:
    """Count of rows and digest of each table that has any."""
    tables: _Tables = {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        db.text_factory = bytes
        names = "SELECT name FROM sqlite_schema WHERE type = 'table'"
        for (name,) in db.execute(names).fetchall():
            rows, table = 0, name.decode()
            total = hashlib.sha256()
            quoted = table.replace('"', '""')
            for row in db.execute(f'SELECT * FROM "{quoted}"'):  # noqa: S608 - quoted
                total.update(repr(row).encode())
                rows += 1
            if rows:
                tables[table] = (rows, total.hexdigest())
    return tables


def load(path: Path, pieces: Iterable[bytes]) -> None:
    """Write the copy to a temporary file, check its integrity, and replace `path` by it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.restoring")
    try:
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        with closing(sqlite3.connect(new)) as db:
            if db.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                raise BackupError(BackupTrouble.RESTORED_DAMAGED)
        for rest in ("-wal", "-shm"):  # of the database that is replaced
            path.with_name(path.name + rest).unlink(missing_ok=True)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def has_data(path: Path) -> bool:
    """Whether there is a database with anything in it."""
    if not path.is_file() or path.stat().st_size == 0:
        return False
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return bool(db.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone())
