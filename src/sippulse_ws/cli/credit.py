"""`sippulse-ws credit …`: the ledger, and reversing what was booked by mistake."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from sippulse_ws.cli.session import (
    administrator_name,
    get_settings,
    print_table,
    reading,
    say,
    writing,
)
from sippulse_ws.cli.texts import Said
from sippulse_ws.domain.ledger import COLUMNS, find_doubles, list_ledger, reverse_entry
from sippulse_ws.domain.local_time import find_timezone

app = typer.Typer(no_args_is_help=True)

_DAY = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
Since = Annotated[
    dt.datetime | None, typer.Option("--from", formats=_DAY, help="First day or moment.")
]
_AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]


@app.command()
def ledger(
    account: Annotated[str, typer.Argument(help="username@domain, or a reseller's name@domain.")],
    since: Since = None,
    last: Annotated[
        dt.datetime | None, typer.Option("--to", formats=_DAY, help="Last day included, or moment.")
    ] = None,
    as_json: _AsJson = False,
) -> None:
    """Show every change of a balance, in order."""
    with reading() as db:
        zone = find_timezone(db, get_settings().timezone)
        found = list_ledger(db, account, _in(zone, since), _in(zone, _end(last)))
        rows = [_told(row, zone) for row in found]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        print_table(
            list(COLUMNS), [["" if one is None else one for one in row.values()] for row in rows]
        )


@app.command()
def reverse(
    row: Annotated[int, typer.Argument(help="Id of the ledger row.")],
    obs: Annotated[str, typer.Option(help="The reason, shown in the ledger.")],
) -> None:
    """Take back one change of credit, by a ledger row that refers to it."""
    with writing("credit reverse", row=row) as db:
        reversal = reverse_entry(db, row, obs, administrator_name())
    say(Said.REVERSED, row=row, reversal=reversal)


@app.command()
def doubles(
    minutes: Annotated[int, typer.Option(min=1, help="The most minutes between the two.")],
    since: Since = None,
    as_json: _AsJson = False,
) -> None:
    """Find changes with the same account, value and obs as one shortly before: likely doubles."""
    with reading() as db:
        zone = find_timezone(db, get_settings().timezone)
        found = [
            {"seconds": round((one.second.at - one.first.at).total_seconds(), 3)}
            | {"first": one.first.id}
            | _told(one.second, zone)
            for one in find_doubles(db, minutes, _in(zone, since))
        ]
    names = ["account", "value", "obs", "administrator", "first", "id", "at", "seconds"]
    rows = [{name: one[name] for name in names} for one in found]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        print_table(names, [["" if one is None else one for one in row.values()] for row in rows])


def _told(row: Any, zone: ZoneInfo) -> dict[str, Any]:
    """A row as a dict, with amounts as exact texts and moments in ISO 8601."""
    return {name: _text(getattr(row, name), zone) for name in COLUMNS}


def _text(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    return value


def _in(zone: ZoneInfo, moment: dt.datetime | None) -> dt.datetime | None:
    return None if moment is None else moment.replace(tzinfo=zone)


def _end(last: dt.datetime | None) -> dt.datetime | None:
    """The moment itself; of a day, its end."""
    if last is not None and last.time() == dt.time():
        last += dt.timedelta(days=1)
    return last
