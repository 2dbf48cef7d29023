"""Retries of transactions that have failed without storing anything."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from time import monotonic, sleep
from typing import TypeVar

from sippulse_ws.db.connections.deadlines import check_deadline
from sippulse_ws.db.connections.failures import (
    is_away,
    is_conflict,
    is_lock_timeout,
    is_locked,
    is_repeatable,
    is_undone,
)
from sippulse_ws.domain.errors import DomainError

ATTEMPTS = 3
CONFLICTS = 100  # tries lost to concurrent transactions; usually the deadline comes first
LONGEST_PAUSE = 0.2  # seconds between tries
# Seconds after which a cluster has removed a dead node, and load balancers have noticed.
CLUSTER_PATIENCE = 12.0

Result = TypeVar("Result")


def repeating(
    attempt: Callable[[], Result],
    is_hopeless: Callable[[], bool] = lambda: False,
    finished: Sequence[bool] = (),
    patience: float = 0,
) -> Result:
    """Run `attempt`; run it again after a deadlock or a lost connection, if nothing was stored.

    `attempt` fills `finished` before it commits; then it is repeated only after an error that
    proves that the commit was not done. Lock time-outs are repeated until this thread's deadline,
    unless `is_hopeless()`. An unavailable database is tried again for `patience` seconds: in a
    cluster another node takes over.
    """
    tries, begun = 0, monotonic()
    while True:
        try:
            return attempt()
        except DomainError:
            raise
        except Exception as error:
            if finished and not is_undone(error):
                raise
            if not (is_repeatable(error) or (patience > 0 and is_away(error))):
                raise
            check_deadline()
            if is_locked(error):
                if is_lock_timeout(error) and is_hopeless():
                    raise
                continue
            tries += 1
            if not _may_go_on(error, tries, patience - (monotonic() - begun)):
                raise
        # random, so that transactions that failed together do not collide again
        sleep(random.uniform(0, min(0.005 * 2 ** min(tries, 10), LONGEST_PAUSE)))  # noqa: S311


def _may_go_on(error: Exception, tries: int, seconds_left: float) -> bool:
    if is_conflict(error):
        return tries < CONFLICTS
    return tries < ATTEMPTS or seconds_left > 0
