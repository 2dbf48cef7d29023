"""The records that a file had so far, in bounded memory: many go to a temporary database."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

IN_MEMORY = 100_000

_Identity = tuple[object, ...]


class SeenRecords:
    """Remembers the line of the first record of each identity."""

    def __init__(self) -> None:
        self._lines: dict[_Identity, int] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._database: sqlite3.Connection | None = None

    def first_lines(self, records: Sequence[tuple[_Identity, int]]) -> list[int]:
        """For each (identity, line) the line of the first record with it."""
        if self._database is not None:
            return self._stored_lines(self._database, records)
        known = self._lines
        first = [known.setdefault(identity, line) for identity, line in records]
        if len(known) > IN_MEMORY:
            self._database = self._moved()
        return first

    def contains(self, identity: _Identity) -> bool:
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
    def _stored_lines(
        database: sqlite3.Connection, records: Sequence[tuple[_Identity, int]]
    ) -> list[int]:
        rows = [(_text(identity), line) for identity, line in records]
        before = database.total_changes
        database.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", rows)
        if database.total_changes - before == len(rows):
            return [line for _, line in records]
        query = "SELECT line FROM seen WHERE identity = ?"
        return [int(database.execute(query, (key,)).fetchone()[0]) for key, _ in rows]


def _text(identity: _Identity) -> str:
    return "\x1f".join(map(str, identity))
