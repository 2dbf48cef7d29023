"""How long a thread waited for the database, for its operation's log line."""

from __future__ import annotations

from threading import local


class Clock(local):
    """Seconds since it was last set to zero; each thread has its own."""

    seconds: float = 0.0


CLOCK = Clock()
