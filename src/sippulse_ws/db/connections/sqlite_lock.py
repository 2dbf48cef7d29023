"""One writer at a time on SQLite, by a lock on a file beside the database."""

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
    """Create an empty file readable by its owner only, if there is none."""
    if not path.exists():
        with suppress(OSError):  # SQLite will say what is wrong
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


@contextmanager
def lock_of_writers(path: str) -> Iterator[None]:
    """Let one writer at a time in, of all threads and processes; DeadlinePassed if it takes long.

    SQLite's own busy handler pauses up to 0.1 s between tries: an unlucky writer starves.
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
    """Try to lock the file, at least every 5 ms, until the deadline: flock has no time-out."""
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
