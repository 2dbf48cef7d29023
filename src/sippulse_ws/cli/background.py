"""The background process beside `serve`: started with it, started again when it dies."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

log = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0  # after which one that died is started again, twice as long each time
MOST_SECONDS = 30.0
LIVED_SECONDS = 60.0  # whoever did that begins anew with the shortest pause
_END_SECONDS = 10  # to finish what it began


@contextmanager
def background() -> Iterator[None]:
    """A background process while this one serves; it ends with this one, however that ends."""
    ending = Event()
    keeper = Thread(target=_keep, args=(ending,), name="background", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ending.set()
        keeper.join(_END_SECONDS + 5)


def _keep(ending: Event) -> None:
    command = [sys.executable, "-m", "sippulse_ws", "jobs", "run", "--parent", str(os.getpid())]
    pause = AGAIN_SECONDS
    while not ending.is_set():
        begun = monotonic()
        process = start(command)
        while process.poll() is None and not ending.wait(0.2):
            pass
        if ending.is_set():
            _end(process)
        else:
            if monotonic() - begun >= LIVED_SECONDS:
                pause = AGAIN_SECONDS
            status = process.returncode
            log.error("the background process ended with status %s; again in %s s", status, pause)
            ending.wait(pause)
            pause = min(2 * pause, MOST_SECONDS)


def start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a program while another thread forks.

    With `close_fds` subprocess waits for the end of a pipe, and a worker that is forked meanwhile
    holds that pipe for as long as it lives. Nothing of ours is inherited without it either.
    """
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, close_fds=False)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
