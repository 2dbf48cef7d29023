"""Which server's background process works: a lease in the database.

The holder moves a counter on. Another one takes over when it has seen the counter stand still for
a while by its own clock, so that the servers' clocks need not agree. A holder that cannot reach the
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

BEAT = 1.0  # seconds between two looks at the lease
DEAD = 9.0  # seconds that it stands still until another one takes it
BACKGROUND = "background"
STALE = 6.0  # seconds without a beat of its own after which a holder stops working


def holder_name() -> str:
    """Host, process, and something that no other process ever had."""
    return f"{socket.gethostname()[:80]}:{os.getpid()}:{os.urandom(4).hex()}"


class Lease:
    """One process's view of the lease; `keep()` is called every BEAT seconds."""

    def __init__(
        self,
        database: Database,
        holder: str,
        clock: Callable[[], float] = time.monotonic,
        name: str = BACKGROUND,
    ) -> None:
        self.holder = holder
        self.name = name
        self.changes = 0  # of what another one's row said, since it was first seen
        self._key = BackgroundLease.name == name
        self._database = database
        self._clock = clock
        self._kept: float | None = None  # when it was certainly ours
        self._seen: tuple[str | None, int] | None = None  # another's last beat
        self._seen_at = 0.0
        self._complained: str | None = None

    @property
    def held(self) -> bool:
        """Whether this process may work now."""
        return self._kept is not None and self._clock() - self._kept < STALE

    def keep(self) -> bool:
        """Prolong the lease, or take it when it is free; whether it is ours."""
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
            return False  # free at the next look
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
        """Whether it is ours, and stays so until this transaction ends."""
        touch(db, self._guard)
        row = find_lease(db, self.name)
        return row is not None and row.holder == self.holder

    @property
    def _guard(self) -> str:
        """Touched by whoever takes the lease, and by work that must not meet another one's."""
        return f"lease {self.name}"

    def _move(self, db: Session, when: ColumnElement[bool], *, new: bool = False) -> bool:
        now = dt.datetime.now(dt.UTC)
        values: dict[str, Any] = {"beat": BackgroundLease.beat + 1, "beat_at": now}
        if new:
            values |= {"holder": self.holder, "since": now}
        moved = update(BackgroundLease).where(self._key, when).values(values)
        return bool(db.execute(moved).rowcount)


def find_lease(db: Session, name: str = BACKGROUND) -> Row[Any] | None:
    """Who holds it, since when, and when it was last prolonged."""
    same = BackgroundLease.name == name
    return db.execute(select(*BackgroundLease.__table__.columns).where(same)).first()
