"""Periodic jobs, and the record of their runs."""

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

# Seconds between notes of successes, since a job may run twice a second.
NOTED = 5
SILENT = 60  # seconds between two log lines about a job that goes on failing
_CONFLICTS = 20  # lost races in a row before a run counts as failed
ERROR_LENGTH = 255


@dataclass(frozen=True)
class Job:
    """Work that is done again and again, in a thread of its own.

    `run` returns True when there is more to do at once. It must be safe to run twice at a time: a
    server that lost the lease may still be finishing its run.
    """

    name: str
    pause: float  # seconds between runs
    run: Callable[[Database], bool | None]
    # False: every server runs it, and takes its work from a queue
    needs_lease: bool = True


class JobRuns:
    """Runs one job, and notes its successes and failures in the database."""

    def __init__(self, job: Job, clock: Callable[[], float] = time.monotonic) -> None:
        self.job = job
        self._clock = clock
        self._conflicts = 0  # in a row
        self._complained: set[str] = set()  # kinds of failures logged since it last worked
        self._complained_at = 0.0
        self._failures = 0  # since the last line
        self._noted: float | None = None  # when a success was last noted; None after a failure

    def run(self, database: Database) -> bool:
        """Run the job once; returns whether there is more to do. A failure ends nothing."""
        try:
            more = self.job.run(database)
        except Exception as error:  # noqa: BLE001 - logged; the next run comes anyway
            if is_conflict(error) and self._conflicts < _CONFLICTS:
                self._conflicts += 1  # another server was faster: try again at once
                return True
            self._complain(error)
            self._noted = None
            self._note(database, error)
            return False
        self._conflicts = 0
        if self._complained:
            log.info("job %s works again", self.job.name)
            self._complained, self._failures = set(), 0
        if self._noted is None or self._clock() - self._noted >= NOTED:
            self._note(database, None)
        return bool(more)

    def _complain(self, error: Exception) -> None:
        """Log why it failed: at once if it is of a new kind, then once a minute.

        The text counts for nothing there: it may tell of another call or moment each time.
        """
        kind, reason = _kind(error), _reason(error)
        self._failures += 1
        if kind not in self._complained:
            trace = None if is_away(error) else error
            log.error("job %s failed: %s", self.job.name, reason, exc_info=trace)
        elif self._clock() - self._complained_at >= SILENT:
            log.error("job %s still fails (%s times): %s", self.job.name, self._failures, reason)
        else:
            return
        self._complained.add(kind)
        self._complained_at, self._failures = self._clock(), 0

    def _note(self, database: Database, error: Exception | None) -> None:
        try:
            with database.writing() as db:
                note_run(db, self.job.name, error)
        except Exception as trouble:
            if not is_away(trouble):  # otherwise the job's own log line says so
                log.exception("what became of job %s could not be noted", self.job.name)
            return
        if error is None:
            self._noted = self._clock()


def _kind(error: Exception) -> str:
    """Its class, and its number if it has one, as the database's errors do."""
    origin = getattr(error, "orig", None) or error
    number = origin.args[0] if origin.args and isinstance(origin.args[0], int) else ""
    return f"{type(origin).__name__} {number}"


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {getattr(error, 'orig', None) or error}"


def note_run(db: Session, name: str, error: Exception | None) -> None:
    """Store that a job has succeeded, or why it failed."""
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
    """The state of each job that ever ran, for `sippulse-ws jobs` and the metrics."""
    columns = BackgroundJob.__table__.columns
    return db.execute(select(*columns).order_by(BackgroundJob.name)).all()
