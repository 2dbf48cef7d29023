"""Which accounts are being written to, and by how many threads.

A row that is locked elsewhere holds every thread that writes to it. So the writers of one account
get half of the threads, and all writers together leave one thread for what only reads.
"""

from __future__ import annotations

from collections import Counter, deque
from threading import Lock
from typing import Generic, TypeVar

Waiting = TypeVar("Waiting")


class ParkedFull(Exception):
    """Too many wait for the same account, or for all."""


class Writers(Generic[Waiting]):
    """Counts writers; what cannot enter is parked here until it can: `most` in all."""

    def __init__(self, threads: int, most: int) -> None:
        self._most_of_all = most
        self._most_of_one = max(1, most // 4)
        self._of_one = max(1, threads // 2)
        self._of_all = max(1, threads - 1)
        self._writing: Counter[str] = Counter()
        self._all = 0
        self._waiting = 0
        self._parked: dict[str, deque[Waiting]] = {}  # by account, the longest waiting first
        self._lock = Lock()

    def enter(self, account: str, waiting: Waiting) -> bool:
        """Whether it may write; if not, it is parked, and some `leave` will give it back.

        ParkedFull when too many are already.
        """
        with self._lock:
            if self._has_room(account):
                self._writing[account] += 1
                self._all += 1
                return True
            queue = self._parked.get(account, ())
            if len(queue) >= self._most_of_one or self._waiting >= self._most_of_all:
                raise ParkedFull
            self._parked.setdefault(account, deque()).append(waiting)
            self._waiting += 1
            return False

    def leave(self, account: str) -> Waiting | None:
        """The end of what entered; what may try again now."""
        with self._lock:
            self._all -= 1
            self._writing[account] -= 1
            if not self._writing[account]:
                del self._writing[account]
            return self._next()

    def next(self) -> Waiting | None:
        """What may try again, should one that was given back have ended without entering."""
        if not self._parked:
            return None
        with self._lock:
            return self._next()

    def _has_room(self, account: str) -> bool:
        return self._all < self._of_all and self._writing[account] < self._of_one

    def _next(self) -> Waiting | None:
        for account, queue in self._parked.items():
            if self._has_room(account):
                waiting = queue.popleft()
                self._waiting -= 1
                del self._parked[account]
                if queue:  # at the end: accounts take turns
                    self._parked[account] = queue
                return waiting
        return None
