"""`sippulse-ws audit`: who tried to change what, and how it ended."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from sippulse_ws.cli.session import (
    get_settings,
    open_database,
    print_table,
    require_schema,
    say,
    tabbed,
    writing,
)
from sippulse_ws.cli.texts import Said
from sippulse_ws.db import Database
from sippulse_ws.domain.audit import AuditFilter, AuditRow, list_audit, prune_audit
from sippulse_ws.domain.local_time import find_timezone

_MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]
_LOOK = 1.0  # seconds between looks with --follow
AT_A_TIME = 500
_COLUMNS = [
    *("when (UTC)", "login", "from", "operation", "object", "outcome", "error"),
    *("times", "request", "client request"),
]

Start = Annotated[
    dt.datetime | None,
    typer.Option("--from", formats=_MOMENTS, help="First day or moment, in the operator's zone."),
]
End = Annotated[
    dt.datetime | None,
    typer.Option("--to", formats=_MOMENTS, help="Last day, or moment that is not included."),
]


def audit(  # noqa: PLR0913, PLR0917 - one per option
    login: Annotated[str | None, typer.Option(help="Only this login's.")] = None,
    operation: Annotated[str | None, typer.Option(help="Only this operation.")] = None,
    outcome: Annotated[
        str | None, typer.Option(help="Only done, refused, failed or repeated ones.")
    ] = None,
    object: Annotated[
        str | None, typer.Option(help="Only about a field such as username=1000, or part of it.")
    ] = None,
    start: Start = None,
    end: End = None,
    hours: Annotated[int | None, typer.Option(min=1, help="Only the last hours.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most this many rows.")] = 50,
    as_json: Annotated[
        bool, typer.Option("--json", help="A JSON list; with --follow an object a line.")
    ] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Show new rows as they come.")] = False,
    prune_days: Annotated[
        int | None, typer.Option(min=1, help="Instead, delete rows older than this many days.")
    ] = None,
) -> None:
    """Show the audit trail, newest first."""
    now = dt.datetime.now(dt.UTC)
    if prune_days is not None:
        _prune(prune_days, now)
        return
    settings = get_settings()
    with open_database(settings) as database:
        with database.reading() as db:
            require_schema(db)
            zone = find_timezone(db, settings.timezone)
            since = now - dt.timedelta(hours=hours) if hours else _moment(start, zone)
            until = _moment(end, zone, last=True)
            wanted = AuditFilter(login, operation, outcome, object, since, until)
            rows = list_audit(db, wanted, limit)
        if follow:
            _follow(database, wanted, list(reversed(rows)), as_json)
        elif as_json:
            typer.echo(json.dumps([_json(row) for row in rows], ensure_ascii=False, indent=1))
        else:
            print_table(_COLUMNS, [_cells(row) for row in rows])


def _prune(days: int, now: dt.datetime) -> None:
    with writing("audit", prune_days=days) as db:
        removed = prune_audit(db, now - dt.timedelta(days=days))
    say(Said.ROWS_DELETED, count=removed)


def _follow(
    database: Database, wanted: AuditFilter, rows: Sequence[AuditRow], as_json: bool
) -> None:
    """Print rows, then new ones as they come, oldest first, without end."""
    seen = 0
    if not as_json:
        typer.echo(tabbed(_COLUMNS))
    while True:
        for row in rows:
            line = json.dumps(_json(row), ensure_ascii=False) if as_json else tabbed(_cells(row))
            typer.echo(line)
            seen = max(seen, row.id)
        if not rows:
            time.sleep(_LOOK)
        with database.reading() as db:
            if not seen:
                newest = list_audit(db, AuditFilter(), 1)
                seen = newest[0].id if newest else 0
            rows = list_audit(db, replace(wanted, after=seen), AT_A_TIME)


def _moment(given: dt.datetime | None, zone: ZoneInfo, *, last: bool = False) -> dt.datetime | None:
    """The moment in UTC; a last day is included whole."""
    if given is None:
        return None
    if last and given.time() == dt.time():
        given += dt.timedelta(days=1)
    return given.replace(tzinfo=zone).astimezone(dt.UTC)


def _json(row: AuditRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": row.at.isoformat(timespec="milliseconds"),
        "login": row.login,
        "address": row.address,
        "operation": row.operation,
        "object": row.object,
        "outcome": row.outcome,
        "times": row.times,
        "error": row.error,
        "request_id": row.request_id,
        "client_request_id": row.client_request_id,
        "traceparent": row.traceparent,
    }


def _cells(row: AuditRow) -> list[object]:
    return [
        row.at.strftime("%Y-%m-%d %H:%M:%S"),
        row.login,
        row.address,
        row.operation,
        row.object,
        row.outcome,
        row.error or "",
        row.times,
        row.request_id,
        row.client_request_id or "",
    ]
