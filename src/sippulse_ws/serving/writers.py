"""Counts the threads that write to each account.

A thread that writes to a locked row has to wait. So the writers of one account get at most half of
the threads, and all writers together leave one thread for requests that only read.
"""

from __future__ import annotations

from collections import Counter, deque
from threading import Lock
from typing import Generic, TypeVar

Waiting = TypeVar("Waiting")


class ParkedFull(Exception):
    """Too many requests wait to write to the same account, or to all accounts together."""


class Writers(Generic[Waiting]):
    """Counts writers, and parks requests that may not write yet: at most `most` in all."""

    def __init__(self, threads: int, most: int) -> None:
        self._most_of_all = most
        self._most_of_one = max(1, most // 4)
        self._of_one = max(1, threads // 2)
        self._of_all = max(1, threads - 1)
        self._writing: Counter[str] = Counter()
        self._all = 0
        self._waiting = 0
        self._parked: dict[str, deque[Waiting]] = {}  # by account, oldest first
        self._lock = Lock()

    def enter(self, account: str, waiting: Waiting) -> bool:
        """Whether the request may write now; if not, it is parked and a later `leave` returns it.

        Raises ParkedFull when too many are parked already.
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
        """End what `enter` began; returns a parked request that may try again now."""
        with self._lock:
            self._all -= 1
            self._writing[account] -= 1
            if not self._writing[account]:
                del self._writing[account]
            return self._next()

    def next(self) -> Waiting | None:
        """A parked request that may try again now, for when an earlier one never entered."""
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
                if queue:  # moved to the end, so that accounts take turns
                    self._parked[account] = queue
                return waiting
        return None
