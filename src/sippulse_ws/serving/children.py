"""Processes forked from the master: they begin without its signal handlers, and end with it."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

log = logging.getLogger("sippulse_ws.lifecycle")

SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
_PR_SET_PDEATHSIG = 1
_ARGUMENTS = slice(45, 47)  # arg_start and arg_end in /proc/self/stat, after the name


def start_child(work: Callable[[], None]) -> int:
    """The pid of a new process that does the work. OSError if the system has no room for one.

    Signals wait meanwhile, or the child would take one for the master, or lose it.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        pid = os.fork()
        if not pid:
            _become_child(work, before)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pid


def _become_child(work: Callable[[], None], signals: Iterable[int]) -> None:
    """Do the work in a newly forked process, with these signals blocked; never returns."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in SIGNALS - {signal.SIGHUP}:  # only the master obeys SIGHUP
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, signals)
        work()
        status = 0
    except BaseException:
        log.exception("a process failed")
    finally:
        os._exit(status)


def end_with(master: int) -> None:
    """Let the kernel send this process SIGTERM when the master dies."""
    with suppress(OSError, AttributeError):  # no Linux
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != master:
        os._exit(1)


def has_ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


def rename(title: str) -> None:
    """Set what `ps` shows for this process instead of the master's command line."""
    with suppress(OSError, ValueError):  # no Linux
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        first, end = map(int, fields[_ARGUMENTS])
        size = end - first
        if size > 1:
            ctypes.memmove(first, title.encode()[: size - 1].ljust(size, b"\0"), size)
