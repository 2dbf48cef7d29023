"""`sippulse-ws proxy …`: the SIP proxies that are told about changes."""

from __future__ import annotations

import typer

from sippulse_ws.app import make_proxies
from sippulse_ws.cli.session import console, get_settings, open_database, print_table
from sippulse_ws.db import Connection
from sippulse_ws.domain.proxies import CONTACT, TABLES, Proxy, difference

app = typer.Typer(no_args_is_help=True)

SHOWN = 10  # differing rows of a table


@app.callback()
def proxy() -> None:
    """The SIP proxies that are told about changes."""


@app.command()
def status() -> None:
    """Show whether each proxy answers, and has loaded what stands in the database.

    The exit status is 1 when one does not.
    """
    settings = get_settings()
    proxies = make_proxies(settings)
    if not proxies:
        console.print("no proxy is configured; see SIPPULSE_PROXIES in docs/sip.md")
        return
    rows: list[list[object]] = []
    with open_database(settings) as database, database.reading() as db:
        for one in proxies:
            rows += _rows(db, one, settings.language)
    print_table(["proxy", "what", "state", "row"], rows)
    if any(row[2] not in ("reachable", "in step") for row in rows):
        raise typer.Exit(1)


def _rows(db: Connection, proxy: Proxy, language: str) -> list[list[object]]:
    try:
        proxy.ping()
        rows: list[list[object]] = [[proxy.name, "", "reachable", ""]]
        for table in (*TABLES, CONTACT):
            found = difference(db, proxy, table)
            if not found:
                rows.append([proxy.name, table, "in step", ""])
            for state, some in (("missing", found.missing), ("too many", found.extra)):
                shown = sorted(some, key=str)[:SHOWN]
                rows += [[proxy.name, table, state, _text(row)] for row in shown]
                if len(some) > SHOWN:
                    rows.append([proxy.name, table, state, f"and {len(some) - SHOWN} more"])
    except OSError as error:
        pt, en = error.args
        return [[proxy.name, "", en if language == "en" else pt, ""]]
    return rows


def _text(row: tuple[object, ...]) -> str:
    return " ".join(str(value) for value in row)
