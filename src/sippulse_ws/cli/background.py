"""The background process beside `serve`: started with it, started again when it dies."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

log = logging.getLogger(__name__)

AGAIN_SECONDS = 1  # after which one that died is started again
END_SECONDS = 10  # to finish what it began


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
        keeper.join(END_SECONDS + 5)


def _keep(ending: Event) -> None:
    command = [sys.executable, "-m", "sippulse_ws", "jobs", "run", "--parent", str(os.getpid())]
    while not ending.is_set():
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        while process.poll() is None and not ending.wait(0.2):
            pass
        if ending.is_set():
            _end(process)
        else:
            log.error("the background process ended with status %s", process.returncode)
            ending.wait(AGAIN_SECONDS)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
