"""`sippulse-ws export …`: tables into files."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import Select

from sippulse_ws.cli.session import console, errors, fail, open_database
from sippulse_ws.cli.tabular import Format, MissingExtraError, written
from sippulse_ws.db import Session
from sippulse_ws.files import exports
from sippulse_ws.models import VI_CDRS

app = typer.Typer(no_args_is_help=True)

DAY = ["%Y-%m-%d"]


@app.callback()
def export() -> None:
    """Write tables to files."""


@app.command()
def cdrs(
    domain: Annotated[str | None, typer.Option(help="Only calls of this domain.")] = None,
    start: Annotated[
        dt.datetime | None, typer.Option("--from", formats=DAY, help="First day.")
    ] = None,
    last: Annotated[
        dt.datetime | None, typer.Option("--to", formats=DAY, help="Last day, included.")
    ] = None,
    format: Annotated[Format, typer.Option(help="Kind of file.")] = Format.CSV,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File, compressed if .gz; - for stdout.")
    ] = Path("-"),
) -> None:
    """Call records, with the columns of vi_cdrs; `import cdrs` reads such a CSV."""
    to_stdout = str(output) == "-"
    if to_stdout and format is Format.PARQUET:
        raise fail("Parquet needs a file: --output FILE")
    period = exports.Period(start, None if last is None else last + dt.timedelta(days=1))
    with open_database() as database, database.maintaining() as db:
        query = exports.select_cdrs(db, domain and domain.lower(), period)
        try:
            count = _write(db, query, output, format)
        except MissingExtraError as error:
            raise fail(str(error)) from None
        except BrokenPipeError:  # whoever reads has enough
            raise typer.Exit(1) from None
    (errors if to_stdout else console).print(f"{count} call records exported")


def _write(db: Session, query: Select[Any], output: Path, format: Format) -> int:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    count = 0
    with (
        written(output, format, list(VI_CDRS.columns)) as writer,
        Progress(*columns, console=errors, disable=not errors.is_terminal) as progress,
    ):
        total = exports.count_rows(db, query) if errors.is_terminal else None
        task = progress.add_task("call records", total=total)
        for rows in exports.batches(db, query):
            writer.write(rows)
            count += len(rows)
            progress.update(task, completed=count)
    return count
