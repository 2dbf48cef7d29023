"""`sippulse-ws import …`: tables from CSV files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import open as open_with_progress

from sippulse_ws.cli import call_imports
from sippulse_ws.cli.session import (
    console,
    errors,
    fail,
    get_settings,
    open_database,
    queue_reloads,
    record_command,
)
from sippulse_ws.db import Session
from sippulse_ws.files import imports
from sippulse_ws.files.rate_imports import import_rates

app = typer.Typer(no_args_is_help=True)
app.command("cdrs")(call_imports.cdrs)
app.command("acc")(call_imports.acc)

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV, UTF-8.")]


DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, store nothing.")]
Load = Callable[[Session, Iterable[str]], imports.Report]


@app.command()
def numbering(file: File, dry_run: DryRun = False) -> None:
    """Number prefixes with city code and local area: prefix,city_code,local_area."""
    _run("numbering", file, _each(imports.NUMBERING_COLUMNS, imports.store_numbering), dry_run)


@app.command()
def dids(file: File, dry_run: DryRun = False) -> None:
    """Free numbers for the inventory of a domain: number,domain."""
    _run("dids", file, _each(imports.DID_COLUMNS, imports.store_did), dry_run)


@app.command()
def rates(file: File, dry_run: DryRun = False) -> None:
    """Rates: domain,rate_id,prefix,name,rate_value.

    Also service_type, cadency, tx_connection, tx_delay and tx_discard, where the file has them.
    """
    _run("rates", file, import_rates, dry_run)


@app.command()
def dialplans(file: File, dry_run: DryRun = False) -> None:
    """Rules of dial plans: domain,dpid,match_exp.

    Also pr, match_op, match_len, subst_exp, repl_exp and attrs, where the file has them.
    """
    load = _each(imports.DIALPLAN_COLUMNS, imports.store_dialplan, imports.DIALPLAN_OPTIONAL)
    _run("dialplans", file, load, dry_run, ["dialplan"])


def _each(
    columns: tuple[str, ...],
    store: Callable[[Session, dict[str, Any]], None],
    optional: tuple[str, ...] = (),
) -> Load:
    """Loads line by line."""
    return lambda db, lines: imports.import_lines(db, lines, columns, store, optional)


def _run(kind: str, file: Path, load: Load, dry_run: bool, reloads: Sequence[str] = ()) -> None:
    """Good lines are stored, bad ones named; any bad one ends with status 1."""
    settings = get_settings()
    with (
        open_database(settings) as database,
        database.writing() as db,
        open_with_progress(file, "r", encoding="utf-8-sig", newline="") as lines,
    ):
        try:
            report = load(db, lines)
        except UnicodeDecodeError as error:
            raise fail(f"{file}: not UTF-8 at byte {error.start}; nothing imported") from None
        if dry_run:
            db.rollback()
        else:
            record_command(db, f"import {kind}", {"file": file})
            queue_reloads(db, settings, reloads)
    for number, refusal in report.refused:
        text = f"{file}:{number}: {refusal.message(settings.language)}"
        errors.print(text, markup=False, highlight=False, soft_wrap=True)
    stored = "would be stored" if dry_run else "stored"
    console.print(f"{report.stored} {stored}, {len(report.refused)} refused")
    if report.refused:
        raise typer.Exit(1)
