"""The folder in which a server's processes keep their counters, removed when the last one ends.

A killed server leaves its folder behind; a server that starts when the folder has not changed for a
minute removes it.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

log = logging.getLogger(__name__)

_PREFIX = "sippulse-ws-metrics-"
# Seconds for which a folder without a lock may be one that is just being made.
_NEW = 60
_PID = re.compile(r"_(\d+)\.db$")


@contextmanager
def metrics_folder() -> Iterator[str]:
    """A new folder, locked by this process and all that it forks."""
    remove_abandoned()
    with TemporaryDirectory(prefix=_PREFIX) as folder:
        lock = os.open(folder, os.O_RDONLY)
        try:
            _lock(lock, folder)
            yield folder
        finally:
            os.close(lock)


def _lock(descriptor: int, folder: str) -> None:
    """Where there are no locks (NFS without its daemon) the process ids in the files have to do."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    except OSError as error:
        log.warning("%s cannot be locked: %s; TMPDIR names another place", folder, error)


def remove_abandoned() -> None:
    """Remove folders of this user's servers that have no process any more."""
    for folder in Path(gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            _remove_if_abandoned(folder)


def _remove_if_abandoned(folder: Path) -> None:
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        state = os.fstat(lock)
        if state.st_uid != os.geteuid() or state.st_mtime > time.time() - _NEW:
            return
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while its server runs
        # earlier versions took no lock, but the files' names have their processes' ids
        pids = {match[1] for one in folder.iterdir() if (match := _PID.search(one.name))}
        if not any(Path("/proc", pid).exists() for pid in pids):
            shutil.rmtree(folder)
    finally:
        os.close(lock)
