"""`sippulse-ws rates …`: waiting and past price lists, and what a call costs."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Annotated, Any

import typer

from sippulse_ws.charging.lookup import Lookup, look_up
from sippulse_ws.charging.terms import rated_number
from sippulse_ws.cli.import_options import MOMENTS
from sippulse_ws.cli.price_lists import put_in_force
from sippulse_ws.cli.session import (
    current_user,
    get_settings,
    open_database,
    print_json,
    print_rows,
    writing,
)
from sippulse_ws.cli.texts import Said, chosen_language
from sippulse_ws.db import Database
from sippulse_ws.domain import price_lists
from sippulse_ws.domain.local_time import find_timezone, wall_time

app = typer.Typer(no_args_is_help=True)

_Json = Annotated[bool, typer.Option("--json", help="As one JSON document.")]
ListId = Annotated[int, typer.Argument(metavar="LIST", help="The list's id.")]

STAGED = ("id", "domain", "rate_id", "effective", "rates", "by", "source", "sha256")
HISTORY = (
    *("id", "domain", "rate_id", "applied", "added", "removed", "changed"),
    *("by", "source", "sha256", "created"),
)


@app.command()
def staged(json: _Json = False) -> None:
    """Show the lists that wait for their moment."""
    settings = get_settings()
    with open_database(settings) as database, database.reading() as db:
        zone = find_timezone(db, settings.timezone)
        rows = price_lists.list_staged(db)
    cells = [
        [
            *(row.id, row.domain, row.rate_id, wall_time(row.effective_at, zone), row.rates),
            *(row.created_by, row.source, row.sha256),
        ]
        for row in rows
    ]
    print_rows(STAGED, cells, as_json=json)


@app.command()
def cancel(list_id: ListId) -> None:
    """Cancel a list that waits."""
    with writing("rates cancel", list=list_id) as db:
        price_lists.cancel_list(db, list_id)
    typer.echo(Said.CANCELLED.text(chosen_language(get_settings()), list=list_id))


@app.command()
def history(
    domain: Annotated[str | None, typer.Option(help="Only of this domain.")] = None,
    rate_id: Annotated[int | None, typer.Option(help="Only of this rate table.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most this many.")] = 50,
    json: _Json = False,
) -> None:
    """Show who replaced which list when, the latest first."""
    settings = get_settings()
    with open_database(settings) as database, database.reading() as db:
        zone = find_timezone(db, settings.timezone)
        rows = price_lists.list_history(db, domain and domain.lower(), rate_id, limit)
    cells = [
        [
            *(row.id, row.domain, row.rate_id, wall_time(row.applied_at, zone)),
            *(row.added, row.removed, row.changed, row.created_by, row.source, row.sha256),
            wall_time(row.created_at, zone),
        ]
        for row in rows
    ]
    print_rows(HISTORY, cells, as_json=json)


@dataclass(frozen=True, slots=True)
class _Restoring:
    """The options that `put_in_force` reads."""

    yes: bool
    dry_run: bool
    json: bool


@app.command("restore")
def rates_restore(
    list_id: ListId,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference only.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: _Json = False,
) -> None:
    """Restore the rates that were in force before a list of the history."""
    settings = get_settings()
    with open_database(settings) as database:
        with database.writing() as db:
            new = price_lists.copy_kept_list(db, list_id, by=current_user())
        try:
            options: Any = _Restoring(yes, dry_run, json)
            told = {"before": str(list_id)}
            put_in_force(database, settings, new, None, options, told, "rates restore")
        except BaseException:
            with database.writing() as db:
                price_lists.discard_list(db, new)
            raise


@app.command()
def lookup(
    number: Annotated[str, typer.Argument(help="As it is dialled.")],
    account: Annotated[str, typer.Option(help="Who calls, username@domain.")],
    seconds: Annotated[int, typer.Option(min=0, help="Length of the call in seconds.")] = 60,
    at: Annotated[
        dt.datetime | None,
        typer.Option(formats=MOMENTS, help="Moment of the call; now by default."),
    ] = None,
    json: _Json = False,
) -> None:
    """Show which rate a call has, what it would cost, and whether it may be made."""
    settings = get_settings()
    language = chosen_language(settings)
    with open_database(settings) as database:
        with database.reading() as db:
            found = look_up(db, account, number, seconds)
            zone = find_timezone(db, settings.timezone)
        if at is not None:
            moment = at.replace(tzinfo=zone)
            found = _at(database, account, number, seconds, (found.number, moment))
    values = {name: _plain(value) for name, value in asdict(found).items()}
    if json:
        print_json(values)
        return
    for name, value in values.items():
        if value is not None:
            typer.echo(f"{name:16} {value}")
    allowed = Said.CALL_ALLOWED if found.allowed else Said.CALL_REFUSED
    typer.echo(allowed.text(language, reason=found.reason))


def _at(
    database: Database, account: str, number: str, seconds: int, to: tuple[str, dt.datetime]
) -> Lookup:
    """Look up with the rates of another moment, which are applied and rolled back."""
    priced, moment = to
    digits = rated_number(priced)
    prefixes = [digits[:end] for end in range(1, len(digits) + 1)]
    with database.writing() as db:
        price_lists.rates_as_of(db, account.rpartition("@")[2], prefixes, moment)
        found = look_up(db, account, number, seconds)
        db.rollback()
    return found


def _plain(value: object) -> object:
    """An amount as text without trailing zeros; other values unchanged."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)
