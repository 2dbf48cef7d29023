"""What glibc's malloc keeps of memory that was given back to it."""

from __future__ import annotations

import ctypes
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of malloc.h
_KEPT = 512 * 1024  # bytes
GIVE_BACK_SECONDS = 10.0  # between two times; one takes a millisecond


def keep_little_memory() -> None:
    """Called before there are threads; processes forked from this one behave alike.

    By default every thread has an arena of its own, and after the first hash of a password (19 MiB)
    as much is kept in each for the next one. One arena costs nothing that could be measured: who
    holds Python's lock is alone anyway.
    """
    with suppress(OSError, AttributeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, _KEPT)
        mallopt(_TRIM_THRESHOLD, _KEPT)


def give_back_memory() -> None:
    """To the system, what is free between pieces that are in use: megabytes after a long list."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
