"""Finds repeated identities in a file, in bounded memory.

While a file's identities ascend, as in most files written by programs, none can repeat: they are
only written to a file, and indexed once one is out of order. Many go to a temporary database.
"""

from __future__ import annotations

import operator
import pickle
import sqlite3
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

IN_MEMORY = 100_000

_Identity = tuple[object, ...]


_Numbered = Sequence[tuple[_Identity, int]]  # (identity, line)


class SeenRecords:
    """Remembers the line of the first record of each identity."""

    def __init__(self) -> None:
        self._lines: dict[_Identity, int] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._database: sqlite3.Connection | None = None
        self._is_ascending = True
        self._last: _Identity | None = None
        self._aside: IO[bytes] | None = None  # the batches so far, while they ascend

    def first_lines(self, records: _Numbered) -> list[int]:
        """For each (identity, line) the line of the first record with that identity."""
        if self._is_ascending:
            if self._ascends([identity for identity, _ in records]):
                self._put_aside(records)
                return [line for _, line in records]
            self._index()
        return self._remembered(records)

    def _ascends(self, identities: list[_Identity]) -> bool:
        try:
            if identities and self._last is not None and not self._last < identities[0]:
                return False
            return all(map(operator.lt, identities, identities[1:]))
        except TypeError:  # a number and another type
            return False

    def _put_aside(self, records: _Numbered) -> None:
        if not records:
            return
        if self._aside is None:
            self._aside = tempfile.TemporaryFile(prefix="sippulse-import-")  # noqa: SIM115
        pickle.dump(records, self._aside)
        self._last = records[-1][0]

    def _index(self) -> None:
        """Index the batches put aside, since the file is not in order after all."""
        self._is_ascending = False
        if self._aside is None:
            return
        end = self._aside.tell()
        self._aside.seek(0)
        while self._aside.tell() < end:
            self._remembered(pickle.load(self._aside))  # noqa: S301 - our own, without a name
        self._aside.close()
        self._aside = None

    def _remembered(self, records: _Numbered) -> list[int]:
        if self._database is not None:
            return self._stored_lines(self._database, records)
        known = self._lines
        first = [known.setdefault(identity, line) for identity, line in records]
        if len(known) > IN_MEMORY:
            self._database = self._moved()
        return first

    def contains(self, identity: _Identity) -> bool:
        if self._is_ascending:
            self._index()
        if self._database is None:
            return identity in self._lines
        query = "SELECT 1 FROM seen WHERE identity = ?"
        return self._database.execute(query, (_text(identity),)).fetchone() is not None

    def close(self) -> None:
        if self._aside is not None:
            self._aside.close()
        if self._database is not None:
            self._database.close()
        if self._folder is not None:
            self._folder.cleanup()

    def _moved(self) -> sqlite3.Connection:
        self._folder = tempfile.TemporaryDirectory(prefix="sippulse-import-")
        database = sqlite3.connect(Path(self._folder.name) / "seen", isolation_level=None)
        # not needed after a crash
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
    def _stored_lines(database: sqlite3.Connection, records: _Numbered) -> list[int]:
        rows = [(_text(identity), line) for identity, line in records]
        before = database.total_changes
        database.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", rows)
        if database.total_changes - before == len(rows):
            return [line for _, line in records]
        query = "SELECT line FROM seen WHERE identity = ?"
        return [int(database.execute(query, (key,)).fetchone()[0]) for key, _ in rows]


def _text(identity: _Identity) -> str:
    return "\x1f".join(map(str, identity))
