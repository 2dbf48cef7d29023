"""SQLite's writers stand in a queue: its own way is to try again after growing pauses."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter

from sippulse_ws.db.connections.clock import CLOCK
from sippulse_ws.db.connections.deadlines import Deadline, DeadlinePassed, current_deadline


def touch_private(path: Path) -> None:
    """Make a file that its owner alone reads, if there is none."""
    if not path.exists():
        with suppress(OSError):  # SQLite will say what is wrong
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


@contextmanager
def lock_of_writers(path: str) -> Iterator[None]:
    """Queue SQLite's writers, threads and processes alike.

    SQLite itself makes them poll with growing pauses, and an unlucky one starves.
    """
    touch_private(Path(path))
    with Path(path).open("ab") as file:
        started = perf_counter()
        if (deadline := current_deadline()) is None:
            fcntl.flock(file, fcntl.LOCK_EX)
        else:
            _lock_until(file.fileno(), deadline)
        CLOCK.seconds += perf_counter() - started
        yield


def _lock_until(file: int, deadline: Deadline) -> None:
    """Lock the file until this moment at the latest; flock itself has no time-out."""
    pause = 0.0001
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if deadline.is_over:
                raise DeadlinePassed from None
            time.sleep(pause)
            pause = min(2 * pause, 0.005)
