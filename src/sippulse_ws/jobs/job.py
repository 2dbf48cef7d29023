"""A periodic job, and what is known of its runs."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, insert, select, update

from sippulse_ws.db import Database, Session
from sippulse_ws.db.connections.failures import is_away, is_conflict
from sippulse_ws.models import BackgroundJob

log = logging.getLogger(__name__)

# Successes are noted this often, in seconds: a job may run twice a second.
NOTED = 5
SILENT = 60  # seconds between two lines about the same failure
_CONFLICTS = 20  # runs in a row that others may win before it counts as a failure
ERROR_LENGTH = 255


@dataclass(frozen=True)
class Job:
    """What is done again and again, in a thread of its own.

    `run` returns True when there is more to do at once. It is safe to run twice at a time: a
    server that lost the lease may still be finishing what it began.
    """

    name: str
    pause: float  # seconds between runs
    run: Callable[[Database], bool | None]
    # False: every server's process does it, and what it does is taken from a queue
    needs_lease: bool = True


class JobRuns:
    """Runs one job and keeps note of it in the database."""

    def __init__(self, job: Job, clock: Callable[[], float] = time.monotonic) -> None:
        self.job = job
        self._clock = clock
        self._conflicts = 0  # in a row
        self._complained: str | None = None  # of which failure
        self._complained_at = 0.0
        self._failures = 0  # since then
        self._noted: float | None = None  # when its success was, unless it failed since

    def run(self, database: Database) -> bool:
        """Run it once; whether there is more to do at once. Nothing that fails ends the process."""
        try:
            more = self.job.run(database)
        except Exception as error:  # noqa: BLE001 - logged, and the next run comes all the same
            if is_conflict(error) and self._conflicts < _CONFLICTS:
                self._conflicts += 1  # another server was first: what it left is seen at once
                return True
            self._complain(error)
            self._noted = None
            self._note(database, error)
            return False
        self._conflicts = 0
        if self._complained is not None:
            log.info("job %s works again", self.job.name)
            self._complained = None
        if self._noted is None or self._clock() - self._noted >= NOTED:
            self._note(database, None)
        return bool(more)

    def _complain(self, error: Exception) -> None:
        """Log why it failed: at once, then once a minute while that stays the same."""
        reason = _reason(error)
        self._failures += 1
        if reason != self._complained:
            trace = None if is_away(error) else error
            log.error("job %s failed: %s", self.job.name, reason, exc_info=trace)
        elif self._clock() - self._complained_at >= SILENT:
            log.error("job %s still fails (%s times): %s", self.job.name, self._failures, reason)
        else:
            return
        self._complained, self._complained_at, self._failures = reason, self._clock(), 0

    def _note(self, database: Database, error: Exception | None) -> None:
        try:
            with database.writing() as db:
                note_run(db, self.job.name, error)
        except Exception as trouble:
            if not is_away(trouble):  # else the job's own line says so
                log.exception("what became of job %s could not be noted", self.job.name)
            return
        if error is None:
            self._noted = self._clock()


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {getattr(error, 'orig', None) or error}"


def note_run(db: Session, name: str, error: Exception | None) -> None:
    """Note that a job succeeded now, or why it failed."""
    now = dt.datetime.now(dt.UTC)
    values: dict[str, Any] = {"succeeded_at": now, "failures": 0}
    if error is not None:
        text = _reason(error)
        more = BackgroundJob.failures + 1
        values = {"failed_at": now, "error": text[:ERROR_LENGTH], "failures": more}
    known = db.execute(update(BackgroundJob).where(BackgroundJob.name == name).values(values))
    if not known.rowcount:
        values["failures"] = 0 if error is None else 1
        db.execute(insert(BackgroundJob).values(name=name, **values))


def list_jobs(db: Session) -> Sequence[Row[Any]]:
    """How each job that ever ran fares; for `jobs` and the metrics."""
    columns = BackgroundJob.__table__.columns
    return db.execute(select(*columns).order_by(BackgroundJob.name)).all()
