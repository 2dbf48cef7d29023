"""Who may hold a serving thread: the front hands each request a `Place`, operations ask it.

Without a front (another WSGI server) there is no place, and nothing is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, Protocol

PLACE = "sippulse.place"  # in the WSGI environment

OPERATIONS = "operations"
PROXIES = "proxies"  # operations that wait for SIP proxies
PROXY_THREADS = 8  # they only wait, and those for the same reload share one
PAGES = "pages"  # whatever never waits for the database


class Detour(BaseException):
    """Not here and not now: the front runs the request again, from its start, where it has room.

    To be raised before anything was done. No Exception, so that nobody takes it for a failure.
    """


class Place(Protocol):
    """Where a request runs."""

    lane: str
    end: float  # time.monotonic() by which it has to be answered
    admitted: Any  # what an operation keeps of its first run, in case there is another one

    def guessed(self) -> None:
        """The client's login failed."""

    def move(self, lane: str) -> None:
        """A Detour, unless the request is in this lane already."""

    def park(self, start: Callable[[Callable[[], None]], None]) -> NoReturn:
        """A Detour until somebody calls what `start` is given; no thread waits meanwhile."""

    def enter(self, account: str) -> None:
        """Begin to write for an account; a Detour while others that do hold too many threads."""

    def leave(self, account: str) -> None:
        """The end of what `enter` began."""


def place_of(environ: dict[str, Any]) -> Place | None:
    place: Place | None = environ.get(PLACE)
    return place


@contextmanager
def writing_for(place: Place | None, account: str) -> Iterator[None]:
    """Within it a request writes for an account."""
    if place is None:
        yield
        return
    place.enter(account)
    try:
        yield
    finally:
        place.leave(account)
