"""How long a thread waited for the database, for the line of its operation."""

from __future__ import annotations

from threading import local


class Clock(local):
    """Seconds since somebody set it to zero, each thread its own."""

    seconds: float = 0.0


CLOCK = Clock()
