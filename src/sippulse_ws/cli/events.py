"""`sippulse-ws events`: events and their deliveries to webhooks."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from sippulse_ws.cli.session import fail, print_table, reading, say, told, writing
from sippulse_ws.cli.texts import Said
from sippulse_ws.domain.events import KINDS, list_events
from sippulse_ws.domain.webhooks import retry_event


def events(
    account: Annotated[str | None, typer.Option(help="Only of this account.")] = None,
    kind: Annotated[
        str | None, typer.Option(help=f"Only of this kind: {', '.join(KINDS)}.")
    ] = None,
    state: Annotated[
        str | None, typer.Option(help="Only deliveries that are waiting, delivered or given up.")
    ] = None,
    hours: Annotated[int | None, typer.Option(min=1, help="Only of the last hours.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most this many rows.")] = 50,
    retry: Annotated[
        int | None, typer.Option(help="Deliver the event with this number again instead.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show events and their deliveries, the newest first."""
    if retry is not None:
        _retry(retry)
        return
    since = dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours) if hours else None
    with reading() as db:
        rows = list_events(db, account=account, kind=kind, since=since, state=state, limit=limit)
    if as_json:
        told = [{**row._mapping, "data": json.loads(row.data)} for row in rows]
        typer.echo(json.dumps(told, default=str, ensure_ascii=False, indent=2))
        return
    _print(rows)


def _retry(event: int) -> None:
    with writing("events --retry", event=event) as db:
        count = retry_event(db, event)
    if not count:
        raise fail(told(Said.EVENT_WAITS, event=event))
    say(Said.EVENT_AGAIN, event=event, count=count)


def _print(rows: Sequence[Any]) -> None:
    head = "event;when (UTC);kind;account;endpoint;state;attempts;next or done (UTC);error;data"
    print_table(
        head.split(";"),
        [
            [
                row.id,
                _time(row.at),
                row.kind,
                row.account,
                row.endpoint or "",
                row.state or "",
                row.attempts if row.endpoint else "",
                _time(row.done_at or row.due_at),
                row.error or "",
                row.data,
            ]
            for row in rows
        ],
    )


def _time(moment: dt.datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""
