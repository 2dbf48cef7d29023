"""The folder in which a server's processes keep what they count, gone when the last of them is.

A server that was killed leaves its folder behind; the next one that starts removes it.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

_PREFIX = "sippulse-ws-metrics-"
# Seconds in which a folder may stand without its lock: it is being made.
_NEW = 60
_PID = re.compile(r"_(\d+)\.db$")


@contextmanager
def metrics_folder() -> Iterator[str]:
    """A new folder, locked by this process and by those that it forks."""
    remove_abandoned()
    with TemporaryDirectory(prefix=_PREFIX) as folder:
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield folder
        finally:
            os.close(lock)


def remove_abandoned() -> None:
    """Remove the folders of this user's servers of which no process is left."""
    for folder in Path(gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            _remove_if_abandoned(folder)


def _remove_if_abandoned(folder: Path) -> None:
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        state = os.fstat(lock)
        if state.st_uid != os.geteuid() or state.st_mtime > time.time() - _NEW:
            return
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # an error while its server runs
        # versions before this one took no lock, but their processes' ids are in the files' names
        pids = {match[1] for one in folder.iterdir() if (match := _PID.search(one.name))}
        if not any(Path("/proc", pid).exists() for pid in pids):
            shutil.rmtree(folder)
    finally:
        os.close(lock)
