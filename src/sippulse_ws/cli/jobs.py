"""`sippulse-ws jobs …`: the background process."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from sippulse_ws.cli.session import (
    AsJson,
    fail,
    get_settings,
    open_database,
    print_json,
    print_table,
    reading,
    say,
    told,
)
from sippulse_ws.cli.texts import Said
from sippulse_ws.jobs.job import JobRuns, list_jobs
from sippulse_ws.jobs.lease import find_lease
from sippulse_ws.jobs.names import job_names
from sippulse_ws.jobs.run import work_until_told
from sippulse_ws.jobs.work import list_work
from sippulse_ws.log import configure_logging
from sippulse_ws.parts import make_proxies

app = typer.Typer(no_args_is_help=True)

RUN = "run"
SILENCE = 15  # seconds without a beat after which no process counts as active


@app.callback()
def jobs() -> None:
    """The background process: reloads, rating, resets, mails, events."""


@app.command("status")
def jobs_status(json: AsJson = False) -> None:
    """Show which server's background process is active, and the state of its jobs.

    The exit status is 1 if none is active, or a job fails.
    """
    now = dt.datetime.now(dt.UTC)
    here = job_names(get_settings())
    with reading() as db:
        lease = find_lease(db)
        rows = list_jobs(db)
    works = bool(lease and lease.holder and (now - lease.beat_at).total_seconds() < SILENCE)
    holder, since = (lease.holder, lease.since) if works and lease else (None, None)
    if json:
        print_json({"works": holder, "since": since, "jobs": [_told_job(row) for row in rows]})
    elif works:
        say(Said.JOBS_WORK, holder=holder, since=_time(since))
    else:
        say(Said.JOBS_REST)
    table = [
        [row.name, _time(row.succeeded_at), _time(row.failed_at), row.failures, row.error or ""]
        for row in rows
    ]
    if not json:
        print_table(["job", "last success", "last failure", "failures", "error"], table)
    # rows of jobs that the settings no longer have are shown, but their failures do not count
    if not works or any(row.failures for row in rows if row.name in here):
        raise typer.Exit(1)


@app.command(RUN)
def run(
    names: Annotated[list[str] | None, typer.Argument(help="Only these jobs.")] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Do what is due, and end; needs no lease.")
    ] = False,
) -> None:
    """Do what the background process of `serve` does, in the foreground, until told to end."""
    settings = get_settings()
    configure_logging(settings.log_level, settings.log_format)
    chosen = list_work(settings, make_proxies(settings))
    if unknown := ", ".join(set(names or ()) - {job.name for job in chosen}):
        there = ", ".join(job.name for job in chosen)
        raise fail(told(Said.NO_SUCH_JOB, unknown=unknown, jobs=there))
    chosen = [job for job in chosen if not names or job.name in names]
    with open_database(settings, connections=len(chosen) + 1) as database:
        if not once:
            work_until_told(database, chosen)
            return
        for job in chosen:
            runs = JobRuns(job)
            while runs.run(database):
                pass


def _told_job(row: Any) -> dict[str, Any]:
    names = ("name", "succeeded_at", "failed_at", "failures", "error")
    return {name: getattr(row, name) for name in names}


def _time(moment: dt.datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z" if moment else ""
