"""Small tables in memory shared by a server's processes.

They are made before the workers are forked. Entries are written without a lock: a torn entry
matches nothing, and old entries are overwritten.
"""

from __future__ import annotations

import mmap
import multiprocessing
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from time import time

_ENTRY = struct.Struct("<16s16sI")  # key, value, seconds since 1970
_WAYS = 4


class SharedMarks:
    """Maps digests to digests; the oldest entry of a bucket is overwritten."""

    def __init__(self, buckets: int = 2048) -> None:
        self._buckets = buckets
        self._table = mmap.mmap(-1, buckets * _WAYS * _ENTRY.size)

    def get(self, key: bytes) -> tuple[bytes, int] | None:
        """The value of a key of 16 bytes and when it was put, or None."""
        for place in self._places(key):
            found, value, at = _ENTRY.unpack_from(self._table, place)
            if found == key:
                return value, at
        return None

    def put(self, key: bytes, value: bytes) -> None:
        entries = [(_ENTRY.unpack_from(self._table, place), place) for place in self._places(key)]
        same = [place for entry, place in entries if entry[0] == key]
        place = same[0] if same else min(entries, key=lambda one: one[0][2])[1]
        _ENTRY.pack_into(self._table, place, key, value, int(time()))

    def _places(self, key: bytes) -> range:
        first = int.from_bytes(key[:4], "little") % self._buckets * _WAYS
        return range(first * _ENTRY.size, (first + _WAYS) * _ENTRY.size, _ENTRY.size)


class SharedLock:
    """A lock between processes with a short wait, since its holder may have been killed."""

    PATIENCE = 0.05  # seconds

    def __init__(self) -> None:
        self._lock = multiprocessing.get_context("fork").Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        locked = self._lock.acquire(timeout=self.PATIENCE)
        try:
            yield
        finally:
            if locked:
                self._lock.release()


class SharedCounters:
    """Counts by digest, each until another one takes its place."""

    _ENTRY = struct.Struct("<IH")

    def __init__(self, size: int = 16384) -> None:
        self._size = size
        self._table = mmap.mmap(-1, size * self._ENTRY.size)
        self._lock = SharedLock()

    def add(self, key: bytes) -> int:
        """Count up this key of 8 bytes; returns the count."""
        place = int.from_bytes(key[:4], "little") % self._size * self._ENTRY.size
        tag = int.from_bytes(key[4:8], "little")
        with self._lock.held():
            found, count = self._ENTRY.unpack_from(self._table, place)
            count = min(count + 1, 65535) if found == tag else 1
            self._ENTRY.pack_into(self._table, place, tag, count)
        return int(count)
