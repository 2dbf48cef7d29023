"""`sippulse-ws audit`: who tried to change what, and how it ended."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from sippulse_ws.cli.session import console, print_table, reading, writing
from sippulse_ws.domain.audit import list_audit, prune_audit


def audit(
    login: Annotated[str | None, typer.Option(help="Only this login's.")] = None,
    operation: Annotated[str | None, typer.Option(help="Only this operation.")] = None,
    hours: Annotated[int | None, typer.Option(min=1, help="Only the last hours.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many rows.")] = 50,
    prune_days: Annotated[
        int | None, typer.Option(min=1, help="Delete rows older than so many days instead.")
    ] = None,
) -> None:
    """Show the audit trail, newest first."""
    now = dt.datetime.now(dt.UTC)
    if prune_days is not None:
        with writing("audit", prune_days=prune_days) as db:
            removed = prune_audit(db, now - dt.timedelta(days=prune_days))
        console.print(f"{removed} rows deleted")
        return
    since = now - dt.timedelta(hours=hours) if hours else None
    with reading() as db:
        rows = list_audit(db, login=login, operation=operation, since=since, limit=limit)
    print_table(COLUMNS, [_cells(row) for row in rows])


COLUMNS = "when (UTC)/login/from/operation/object/outcome/error/times/request".split("/")


def _cells(row: Any) -> list[object]:
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
    ]
