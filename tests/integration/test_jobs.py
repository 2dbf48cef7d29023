"""Periodic jobs: what is noted of their runs, and what an operator sees of it."""

from collections.abc import Iterator

import pymysql
import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database, Session
from sippulse_ws.jobs import BackgroundProcess, Job
from sippulse_ws.jobs.job import NOTED, JobRuns, list_jobs
from sippulse_ws.jobs.lease import Lease, find_lease
from sippulse_ws.models import BackgroundJob
from tests.fixtures.app import TestDatabase
from tests.fixtures.server import Cli
from tests.integration.test_lease import Clock


class Work:
    """What a job does: fails with the next of its errors, while there are some."""

    def __init__(self) -> None:
        self.runs = 0
        self.errors: list[Exception] = []

    def __call__(self, database: Database) -> bool:
        self.runs += 1
        if self.errors:
            raise self.errors.pop(0)
        return self.runs < 3


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def clock() -> Clock:
    return Clock(50)


@pytest.fixture
def runs(work: Work, clock: Clock) -> JobRuns:
    return JobRuns(Job("work", 1, work), clock)


def test_a_success_is_noted(runs: JobRuns, database: TestDatabase, db: Session) -> None:
    assert runs.run(database)
    (row,) = list_jobs(db)
    assert (row.name, row.failures, row.error, row.failed_at) == ("work", 0, None, None)
    assert row.succeeded_at is not None


def test_successes_are_not_written_down_at_every_run(
    runs: JobRuns, clock: Clock, database: TestDatabase, db: Session
) -> None:
    def noted() -> object:
        return list_jobs(db)[0].succeeded_at

    runs.run(database)
    first = noted()
    clock.now += NOTED - 1
    runs.run(database)
    assert noted() == first
    clock.now += 1
    runs.run(database)
    assert noted() != first


def test_failures_are_counted_and_end_with_a_success(
    runs: JobRuns, work: Work, database: TestDatabase, db: Session
) -> None:
    work.errors = [ValueError("first"), OSError("second " + "x" * 300)]
    assert not runs.run(database)
    assert not runs.run(database)
    (row,) = list_jobs(db)
    assert (row.failures, row.succeeded_at) == (2, None)
    assert row.error.startswith("OSError: second xxx")
    runs.run(database)
    (row,) = list_jobs(db)
    assert row.failures == 0
    assert row.failed_at is not None
    assert row.error is not None  # the last failure can still be read


def test_a_failure_that_stays_the_same_is_one_line_a_minute(
    runs: JobRuns,
    work: Work,
    clock: Clock,
    database: TestDatabase,
    caplog: pytest.LogCaptureFixture,
) -> None:
    away = sa.exc.OperationalError("SELECT 1", {}, pymysql.err.OperationalError(2003, "no server"))
    work.errors = [away] * 130
    for _ in range(130):
        runs.run(database)
        clock.now += 0.5
    lines = [one.getMessage() for one in caplog.records]
    assert [one.split(":")[0] for one in lines] == [
        "job work failed",
        "job work still fails (120 times)",
    ]
    assert [one.exc_info for one in caplog.records] == [None, None]  # where it failed helps nobody
    caplog.clear()
    work.errors = [ValueError("another"), ValueError("another")]
    runs.run(database)
    runs.run(database)
    (line,) = caplog.records
    assert line.exc_info
    with caplog.at_level("INFO"):
        runs.run(database)
        runs.run(database)
    assert [one.getMessage() for one in caplog.records][1:] == ["job work works again"]


def test_a_failure_that_tells_of_something_else_each_time_is_one_line_a_minute(
    runs: JobRuns,
    work: Work,
    clock: Clock,
    database: TestDatabase,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for number in range(65):
        work.errors += [ValueError(f"call {number}"), OSError(28, f"no space for {number}")]
    for _ in range(130):
        runs.run(database)
        clock.now += 0.5
    lines = [one.getMessage() for one in caplog.records]
    assert lines[:2] == [
        "job work failed: ValueError: call 0",
        "job work failed: OSError: [Errno 28] no space for 0",
    ]
    assert [one.split(":")[0] for one in lines[2:]] == ["job work still fails (120 times)"]


@pytest.fixture
def installed(installed_url: str) -> Iterator[Database]:
    """With nothing noted of jobs yet."""
    database = Database(installed_url)
    with database.writing() as db:
        db.execute(sa.delete(BackgroundJob))
    yield database
    database.close()


def test_a_process_works_while_it_has_the_lease_and_gives_it_back(installed: Database) -> None:
    process: BackgroundProcess
    other, failing = Work(), Work()
    failing.errors = [RuntimeError("this one always fails")] * 100_000

    def end(database: Database) -> bool:
        if other.runs >= 3 and failing.runs:
            process.end()
        return False

    process = BackgroundProcess(
        installed, [Job("end", 0.01, end), Job("fail", 0.01, failing), Job("other", 0.01, other)]
    )
    process.run()
    with installed.reading() as db:
        assert find_lease(db).holder is None  # type: ignore[union-attr]
        assert {row.name: row.failures > 0 for row in list_jobs(db)} == {
            "end": False,
            "fail": True,
            "other": False,
        }


def test_what_comes_from_a_queue_needs_no_lease(installed: Database) -> None:
    other = Lease(installed, "another server")
    assert other.keep()
    queued, alone = Work(), Work()
    process: BackgroundProcess

    def end(database: Database) -> bool:
        if queued.runs >= 3:
            process.end()
        return False

    process = BackgroundProcess(
        installed,
        [
            Job("end", 0.01, end, needs_lease=False),
            Job("queued", 0.01, queued, needs_lease=False),
            Job("alone", 0.01, alone),
        ],
    )
    process.run()
    other.give_back()
    assert alone.runs == 0


def test_a_process_ends_when_its_parent_has(installed: Database) -> None:
    BackgroundProcess(installed, [Job("work", 1, Work())], parent=1).run()


def test_a_job_that_no_setting_names_is_shown_and_troubles_nobody(
    cli: Cli, installed: Database
) -> None:
    process: BackgroundProcess

    def fail(database: Database) -> bool:
        process.end()
        raise OSError("refused")

    process = BackgroundProcess(installed, [Job("webhook removed", 0.01, fail)])
    process.run()
    lease = Lease(installed, "this server")
    while not lease.keep():
        pass
    try:
        shown = cli("jobs", "status")
        assert "webhook removed" in shown.output
    finally:
        lease.give_back()


def test_status_says_that_none_works(cli: Cli) -> None:
    assert "no background process works" in cli("jobs", "status", status=1).output


def test_only_jobs_that_there_are_can_be_run(cli: Cli) -> None:
    assert "no such job: nonsense" in cli("jobs", "run", "nonsense", "--once", status=1).output
