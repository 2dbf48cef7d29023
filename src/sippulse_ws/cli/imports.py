"""`sippulse-ws import …`: tables from CSV files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import open as open_with_progress

from sippulse_ws.cli import call_imports
from sippulse_ws.cli.session import console, errors, fail, get_settings, open_database
from sippulse_ws.db import Connection
from sippulse_ws.domain import imports

app = typer.Typer(no_args_is_help=True)
app.command("cdrs")(call_imports.cdrs)
app.command("acc")(call_imports.acc)

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV, UTF-8.")]


@app.command()
def numbering(file: File) -> None:
    """Number prefixes with city code and local area: prefix,city_code,local_area."""
    _run(file, imports.NUMBERING_COLUMNS, imports.store_numbering)


@app.command()
def dids(file: File) -> None:
    """Free numbers for the inventory of a domain: number,domain."""
    _run(file, imports.DID_COLUMNS, imports.store_did)


def _run(
    file: Path, columns: tuple[str, ...], store: Callable[[Connection, dict[str, Any]], None]
) -> None:
    """Good lines are stored, bad ones named; any bad one ends with status 1."""
    settings = get_settings()
    with (
        open_database(settings) as database,
        database.writing() as db,
        open_with_progress(file, "r", encoding="utf-8-sig", newline="") as lines,
    ):
        try:
            report = imports.import_lines(db, lines, columns, store)
        except UnicodeDecodeError as error:
            raise fail(f"{file}: not UTF-8 at byte {error.start}; nothing imported") from None
    for number, refusal in report.refused:
        text = f"{file}:{number}: {refusal.message(settings.language)}"
        errors.print(text, markup=False, highlight=False, soft_wrap=True)
    console.print(f"{report.stored} stored, {len(report.refused)} refused")
    if report.refused:
        raise typer.Exit(1)
