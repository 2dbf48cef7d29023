"""Runs the jobs in this process until it is told to end."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sippulse_ws.db import Database
from sippulse_ws.jobs.job import Job
from sippulse_ws.jobs.process import BackgroundProcess
from sippulse_ws.jobs.work import list_work
from sippulse_ws.parts import make_database, make_proxies

if TYPE_CHECKING:
    from sippulse_ws.config import Settings


def run_jobs(settings: Settings, parent: int) -> None:
    """Run all jobs until SIGTERM, or until the parent has ended."""
    jobs = list_work(settings, make_proxies(settings))
    database = make_database(settings, len(jobs) + 1)
    try:
        work_until_told(database, jobs, parent)
    finally:
        database.close()


def work_until_told(database: Database, jobs: Sequence[Job], parent: int | None = None) -> None:
    """Run these jobs until a signal or the parent's end. To be called in the main thread."""
    process = BackgroundProcess(database, jobs, parent)

    def end(*_: Any) -> None:
        process.end()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    process.run()
