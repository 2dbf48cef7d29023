"""A lease in the database, which decides which server's background process works.

The holder increments a counter. Another server takes over when the counter has not changed for a
while by its own clock, so that the servers' clocks need not agree. A holder that cannot reach the
database stops working before another one may begin.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import socket
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from sippulse_ws.db import Database, Session
from sippulse_ws.domain.guards import touch
from sippulse_ws.models import BackgroundLease

log = logging.getLogger(__name__)

BEAT = 1.0  # seconds between two beats of the holder, or looks of others
DEAD = 9.0  # seconds without a beat after which another server takes the lease
BACKGROUND = "background"
STALE = 6.0  # seconds without a successful beat after which the holder stops working


def holder_name() -> str:
    """Host, process id, and a random part, so that no two processes have the same."""
    return f"{socket.gethostname()[:80]}:{os.getpid()}:{os.urandom(4).hex()}"


class Lease:
    """A process's view of the lease; call `keep()` every BEAT seconds."""

    def __init__(
        self,
        database: Database,
        holder: str,
        clock: Callable[[], float] = time.monotonic,
        name: str = BACKGROUND,
    ) -> None:
        self.holder = holder
        self.name = name
        self.changes = 0  # how often another holder's row was seen to change
        self._key = BackgroundLease.name == name
        self._database = database
        self._clock = clock
        self._kept: float | None = None  # when the last beat that kept it began
        self._seen: tuple[str | None, int] | None = None  # holder and counter, as last seen
        self._seen_at = 0.0
        self._complained: str | None = None

    @property
    def held(self) -> bool:
        """Whether this process may work now."""
        return self._kept is not None and self._clock() - self._kept < STALE

    def keep(self) -> bool:
        """Renew the lease, or take it if it is free; returns whether it is ours."""
        now = self._clock()
        try:
            with self._database.writing() as db:
                ours = self._move(db, BackgroundLease.holder == self.holder)
            if not ours:
                ours = self._take(now)
        except SQLAlchemyError as error:
            # a lost race with another server ends here too (on Galera at the commit)
            self._complain(str(getattr(error, "orig", error)))
            return self.held
        self._complained = None
        self._kept = now if ours else None
        return ours

    def give_back(self) -> None:
        """Release the lease at once, so that another server need not wait for it to expire."""
        self._kept = None
        try:
            with self._database.writing() as db:
                db.execute(
                    update(BackgroundLease)
                    .where(self._key, BackgroundLease.holder == self.holder)
                    .values(holder=None, beat=BackgroundLease.beat + 1)
                )
        except SQLAlchemyError as error:
            log.warning("the lease could not be given back: %s", getattr(error, "orig", error))

    def _complain(self, reason: str) -> None:
        """Log a reason once, until it changes."""
        if reason != self._complained:
            log.warning("the lease could not be kept: %s", reason)
        self._complained = reason

    def _take(self, now: float) -> bool:
        with self._database.reading() as db:
            row = find_lease(db, self.name)
        if row is None:
            with self._database.writing() as db:
                db.execute(insert(BackgroundLease).values(name=self.name))
            return False  # can be taken at the next look
        state = (row.holder, row.beat)
        if state != self._seen:
            self.changes += self._seen is not None
            self._seen, self._seen_at = state, now
        if row.holder is not None and now - self._seen_at < DEAD:
            return False
        with self._database.writing() as db:
            touch(db, self._guard)
            taken = self._move(db, BackgroundLease.beat == row.beat, new=True)
        if taken:
            log.info("this process has the %s lease from now on, after %s", self.name, row.holder)
        return taken

    def confirm(self, db: Session) -> bool:
        """Whether the lease is ours; if so, nobody can take it until this transaction ends."""
        touch(db, self._guard)
        row = find_lease(db, self.name)
        return row is not None and row.holder == self.holder

    @property
    def _guard(self) -> str:
        """The guard row that taking the lease changes, and that `confirm` changes as well."""
        return f"lease {self.name}"

    def _move(self, db: Session, when: ColumnElement[bool], *, new: bool = False) -> bool:
        now = dt.datetime.now(dt.UTC)
        values: dict[str, Any] = {"beat": BackgroundLease.beat + 1, "beat_at": now}
        if new:
            values |= {"holder": self.holder, "since": now}
        moved = update(BackgroundLease).where(self._key, when).values(values)
        return bool(db.execute(moved).rowcount)


def find_lease(db: Session, name: str = BACKGROUND) -> Row[Any] | None:
    """The lease's row: who holds it, since when, and when it was last renewed."""
    same = BackgroundLease.name == name
    return db.execute(select(*BackgroundLease.__table__.columns).where(same)).first()
