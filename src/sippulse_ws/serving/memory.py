"""Limits how much freed memory glibc's malloc keeps."""

from __future__ import annotations

import ctypes
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # constants of malloc.h
_KEPT = 512 * 1024  # bytes
GIVE_BACK_SECONDS = 10.0  # between two calls; one takes a millisecond


def keep_little_memory() -> None:
    """Use one malloc arena, and return freed memory soon. Call before starting threads.

    Forked processes inherit it. By default each thread has an arena, which keeps 19 MiB after its
    first password hash. One arena costs no measurable time: only the thread that holds the GIL
    allocates anyway.
    """
    with suppress(OSError, AttributeError):  # not glibc
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, _KEPT)
        mallopt(_TRIM_THRESHOLD, _KEPT)


def give_back_memory() -> None:
    """Return free memory to the system: megabytes, after a long list."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
