"""`sippulse-ws proxy …`: the SIP proxies that are notified of changes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sippulse_ws.charging.log_records import read_records, store_missing
from sippulse_ws.cli.jobs import run as run_jobs
from sippulse_ws.cli.session import (
    AsJson,
    get_settings,
    open_database,
    print_rows,
    print_table,
    say,
    writing,
)
from sippulse_ws.cli.texts import Said, chosen_language
from sippulse_ws.db import Session
from sippulse_ws.domain import reload_queue
from sippulse_ws.domain.proxies import CONTACT, TABLES, Proxy, difference
from sippulse_ws.domain.unfit import unfit_texts, wide_networks
from sippulse_ws.jobs.names import RELOADS
from sippulse_ws.parts import make_proxies
from sippulse_ws.wording import reason_of

app = typer.Typer(no_args_is_help=True)

_COLUMNS = ("proxy", "what", "state", "row")

_SHOWN = 10  # differing rows shown per table
FINE = ("reachable", "in step", "queued")


@app.callback()
def proxy() -> None:
    """The SIP proxies that are told about changes."""


@app.command("status")
def proxy_status(json: AsJson = False) -> None:
    """Show whether each proxy answers, and has loaded what is in the database.

    The exit status is 1 if one does not.
    """
    settings = get_settings()
    proxies = make_proxies(settings)
    if not proxies:
        if json:
            print_rows(_COLUMNS, [], as_json=True)
        else:
            say(Said.NO_PROXY)
        return
    rows: list[list[object]] = []
    names = {one.name for one in proxies}
    with open_database(settings) as database, database.reading() as db:
        for one in proxies:
            rows += _rows(db, one, chosen_language(settings))
        for waiting in reload_queue.list_waiting(db):
            if waiting.proxy in names:
                rows.append([waiting.proxy, waiting.table, "queued", ""])
    print_rows(_COLUMNS, rows, as_json=json)
    if any(row[2] not in FINE for row in rows):
        raise typer.Exit(1)


@app.command()
def recover(
    log: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Kamailio's log.")],
    proxy: Annotated[str, typer.Option(help="Name of the proxy in the records.")] = "log",
) -> None:
    """Store completed calls of a log that have no record: the last resort."""
    with log.open(errors="replace") as lines, writing("proxy recover", log=str(log)) as db:
        stored, known = store_missing(db, read_records(lines), proxy)
    say(Said.STORED_AND_KNOWN, stored=stored, known=known)


@app.command()
def unfit() -> None:
    """Show stored texts that proxies see as NULL, and networks wider than domains may have."""
    with open_database() as database, database.reading() as db:
        found = [*unfit_texts(db), *wide_networks(db)]
    print_table(
        ["table", "row", "field", "value"],
        [[one.table, one.row, one.field, one.value] for one in found],
    )


@app.command()
def run_queue(
    once: Annotated[bool, typer.Option("--once", help="Do what is due, and end.")] = False,
) -> None:
    """Do the reloads that SIPPULSE_AUTO_RELOAD queued; `serve` does so by itself."""
    if get_settings().proxies:
        run_jobs([RELOADS], once)


def _rows(db: Session, proxy: Proxy, language: str) -> list[list[object]]:
    try:
        proxy.ping()
        rows: list[list[object]] = [[proxy.name, "", "reachable", ""]]
        for table in (*TABLES, CONTACT):
            found = difference(db, proxy, table)
            if not found:
                rows.append([proxy.name, table, "in step", ""])
            for state, some in (("missing", found.missing), ("too many", found.extra)):
                shown = sorted(some, key=str)[:_SHOWN]
                rows += [[proxy.name, table, state, _text(row)] for row in shown]
                if len(some) > _SHOWN:
                    rows.append(
                        [
                            proxy.name,
                            table,
                            state,
                            Said.ROWS_MORE.text(language, count=len(some) - _SHOWN),
                        ]
                    )
    except OSError as error:
        return [[proxy.name, "", reason_of(error).text(language), ""]]
    return rows


def _text(row: tuple[object, ...]) -> str:
    return " ".join(str(value) for value in row)
