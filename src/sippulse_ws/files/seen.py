"""The records that a file had so far, in bounded memory: many go to a temporary database."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable
from pathlib import Path

IN_MEMORY = 100_000


class SeenRecords:
    """Remembers the line of the first record of each identity."""

    def __init__(self) -> None:
        self._lines: dict[tuple[object, ...], int] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._database: sqlite3.Connection | None = None

    def first_line(self, identity: tuple[object, ...], line: int) -> int:
        """The line of the first record with this identity: this one, if there was none before."""
        if self._database is not None:
            return self._stored_line(self._database, identity, line)
        first = self._lines.setdefault(identity, line)
        if len(self._lines) > IN_MEMORY:
            self._database = self._moved()
        return first

    def contains(self, identity: tuple[object, ...]) -> bool:
        if self._database is None:
            return identity in self._lines
        query = "SELECT 1 FROM seen WHERE identity = ?"
        return self._database.execute(query, (_text(identity),)).fetchone() is not None

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
        if self._folder is not None:
            self._folder.cleanup()

    def _moved(self) -> sqlite3.Connection:
        self._folder = tempfile.TemporaryDirectory(prefix="sippulse-import-")
        database = sqlite3.connect(Path(self._folder.name) / "seen", isolation_level=None)
        # nobody needs it after a crash
        database.execute("PRAGMA journal_mode=OFF")
        database.execute("PRAGMA synchronous=OFF")
        database.execute("CREATE TABLE seen (identity TEXT PRIMARY KEY, line) WITHOUT ROWID")
        database.execute("BEGIN")
        rows: Iterable[tuple[str, int]] = (
            (_text(identity), line) for identity, line in self._lines.items()
        )
        database.executemany("INSERT INTO seen VALUES (?, ?)", rows)
        self._lines = {}
        return database

    @staticmethod
    def _stored_line(database: sqlite3.Connection, identity: tuple[object, ...], line: int) -> int:
        key = _text(identity)
        added = database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, line))
        if added.rowcount:
            return line
        query = "SELECT line FROM seen WHERE identity = ?"
        return int(database.execute(query, (key,)).fetchone()[0])


def _text(identity: tuple[object, ...]) -> str:
    return "\x1f".join(map(str, identity))
