"""The background process: keeps the lease, and runs the jobs while it holds it."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from threading import Event, Thread

from sippulse_ws.db import Database
from sippulse_ws.jobs.job import Job, JobRuns
from sippulse_ws.jobs.lease import BEAT, Lease, holder_name

log = logging.getLogger(__name__)

_END_SECONDS = 8  # that jobs in progress have left when the process must end


class BackgroundProcess:
    """Runs each job in a thread of its own, so that a slow one delays no other."""

    def __init__(self, database: Database, jobs: Sequence[Job], parent: int | None = None) -> None:
        """With `parent`, this process ends when that one has ended."""
        self._database = database
        self._jobs = jobs
        self._parent = parent
        self._lease = Lease(database, holder_name())
        self._ending = Event()

    def run(self) -> None:
        """Run until `end` is called or the parent has ended."""
        threads = [
            Thread(target=self._work, args=(JobRuns(job),), name=job.name, daemon=True)
            for job in self._jobs
        ]
        for thread in threads:
            thread.start()
        try:
            while not self._ending.is_set() and not self._orphaned():
                self._lease.keep()
                self._ending.wait(BEAT)
        finally:
            self._ending.set()
            deadline = time.monotonic() + _END_SECONDS
            for thread in threads:
                thread.join(max(0, deadline - time.monotonic()))
            # while a job still runs, no other server may start the same work
            if not any(thread.is_alive() for thread in threads):
                self._lease.give_back()

    def end(self) -> None:
        self._ending.set()

    def _orphaned(self) -> bool:
        return self._parent is not None and os.getppid() != self._parent

    def _work(self, runs: JobRuns) -> None:
        while not self._ending.is_set():
            if runs.job.needs_lease and not self._lease.held:
                self._ending.wait(min(BEAT, runs.job.pause))
            elif not runs.run(self._database):
                self._ending.wait(runs.job.pause)
