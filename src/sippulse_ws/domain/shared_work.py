"""Work that those who ask for the same at the same time share."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from threading import Event, Lock


class _Turn:
    """One time that the work is done, and those who wait for it."""

    def __init__(self) -> None:
        self.done = Event()
        self.error: OSError | None = None


class SharedWork:
    """Does work of a kind once at a time.

    Whoever asks while it is done waits for the next time, which begins after the question: all of
    them share that one, its error too.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._next: dict[Hashable, _Turn] = {}  # has not begun
        self._doing: dict[Hashable, Lock] = {}

    def run(self, kind: Hashable, work: Callable[[], None], deadline: float) -> None:
        """TimeoutError when it is not done by a time.monotonic(), else what `work` raises."""
        with self._lock:
            turn = self._next.get(kind)
            first = turn is None
            if turn is None:
                turn = self._next[kind] = _Turn()
            doing = self._doing.setdefault(kind, Lock())
        if first:
            self._do(kind, turn, doing, work, deadline)
        elif not turn.done.wait(max(0.0, deadline - time.monotonic())):
            raise TimeoutError
        if turn.error is not None:
            raise type(turn.error)(*turn.error.args)

    def _do(
        self,
        kind: Hashable,
        turn: _Turn,
        doing: Lock,
        work: Callable[[], None],
        deadline: float,
    ) -> None:
        free = doing.acquire(timeout=max(0.0, deadline - time.monotonic()))
        with self._lock:
            del self._next[kind]  # who comes now waits for another one
        if not free:
            turn.error = TimeoutError()
            turn.done.set()
            return
        try:
            work()
        except OSError as error:
            turn.error = error
        except BaseException as error:
            turn.error = OSError(str(error))
            raise
        finally:
            doing.release()
            turn.done.set()
