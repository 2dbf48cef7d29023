"""Trying again what failed in a way that tells that nothing was done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sippulse_ws.db.connections.deadlines import check_deadline
from sippulse_ws.db.connections.failures import (
    is_lock_timeout,
    is_locked,
    is_repeatable,
    is_undone,
)
from sippulse_ws.domain.errors import DomainError

ATTEMPTS = 3

_Result = TypeVar("_Result")


def repeating(
    attempt: Callable[[], _Result],
    is_hopeless: Callable[[], bool] = lambda: False,
    finished: Sequence[bool] = (),
) -> _Result:
    """Again after a deadlock or on a connection that had died, unless something may be done.

    A commit may fail in ways that tell that nothing was. A locked row is waited for again and
    again, while the deadline of this thread lets it and it is not `is_hopeless`.
    """
    tries = 0
    while True:
        try:
            return attempt()
        except DomainError:
            raise
        except Exception as error:
            unknown = finished and not is_undone(error)
            if unknown or not is_repeatable(error):
                raise
            if is_locked(error):
                if is_lock_timeout(error) and is_hopeless():
                    raise
                check_deadline()
                continue
            tries += 1
            if tries == ATTEMPTS:
                raise
            check_deadline()
