"""Decides who may use a serving thread: the front gives each request a `Place` to ask.

Under another WSGI server there is no front, no place, and nothing to ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, Protocol

PLACE = "sippulse.place"  # in the WSGI environment

OPERATIONS = "operations"
PROXIES = "proxies"  # operations that wait for SIP proxies
PROXY_THREADS = 8  # they only wait; requests for the same reload share one
PAGES = "pages"  # requests that never wait for the database


class Detour(BaseException):
    """The request cannot run now: the front runs it again from its start, when and where it can.

    To be raised before anything was done. It is not an Exception, so that no handler catches it.
    """


class Place(Protocol):
    """Where a request runs."""

    lane: str
    end: float  # time.monotonic() by which it must be answered
    authorized: Any  # of a write that waits: its authorization, for its next run

    def guessed(self) -> None:
        """The client's login failed."""

    def move(self, lane: str) -> None:
        """Raises Detour, unless the request is in this lane already."""

    def park(self, start: Callable[[Callable[[], None]], None]) -> NoReturn:
        """Raises Detour; `start` gets a function that resumes the request. No thread waits."""

    def enter(self, account: str) -> None:
        """Begin to write for an account. Raises Detour while other writers have its threads."""

    def leave(self, account: str) -> None:
        """End the writing that `enter` began."""


def place_of(environ: dict[str, Any]) -> Place | None:
    place: Place | None = environ.get(PLACE)
    return place


@contextmanager
def writing_for(place: Place | None, account: str) -> Iterator[None]:
    """A context in which a request may write for an account."""
    if place is None:
        yield
        return
    place.enter(account)
    try:
        yield
    finally:
        place.leave(account)
