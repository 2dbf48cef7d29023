"""`sippulse-ws db partition`: a partition for every month, old ones archived and dropped."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Select
from sqlalchemy.exc import DBAPIError

from sippulse_ws.cli.database_rights import require_rights
from sippulse_ws.cli.session import console, fail, open_database, print_table, record_command
from sippulse_ws.db import Session
from sippulse_ws.files import call_queries
from sippulse_ws.files.writing import Format, MissingExtraError, Style, written
from sippulse_ws.ops import partitions
from sippulse_ws.ops.partitions import TABLES, Partition

SUFFIXES = {Format.CSV: "csv.gz", Format.PARQUET: "parquet"}


def partition(
    ahead: Annotated[int, typer.Option(min=0, max=120, help="Months to have ready.")] = 3,
    drop_before: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m"], help="Drop the months before this one, YYYY-MM."),
    ] = None,
    archive_to: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Write them to files here first."),
    ] = None,
    discard: Annotated[bool, typer.Option("--discard", help="Drop without files.")] = False,
    format: Annotated[Format, typer.Option(help="Kind of files.")] = Format.CSV,
) -> None:
    """Keep cdr, acc and call_raw in monthly partitions; for every month, and after big imports."""
    if drop_before is not None and (archive_to is None) != discard:
        raise fail("--drop-before needs either --archive-to FOLDER or --discard")
    with open_database() as database:
        if database.is_sqlite:
            raise fail("SQLite has no partitions; they need MariaDB or MySQL")
        require_rights(database, "db partition")
        try:
            with database.maintaining() as db:
                if drop_before is not None:
                    _drop(db, drop_before, archive_to, format)
                for table in TABLES:
                    partitions.create_partitions(db, table, dt.date.today(), ahead)  # noqa: DTZ011
                found = [one for table in TABLES for one in partitions.list_partitions(db, table)]
        except DBAPIError as error:
            raise fail(f"database: {error.orig}") from None
        except MissingExtraError as error:
            raise fail(str(error)) from None
    print_table(
        ["table", "partition", "before", "rows (about)"],
        [[one.table, one.name, one.end.date() if one.end else "", one.rows] for one in found],
    )


def _drop(db: Session, before: dt.datetime, folder: Path | None, format: Format) -> None:
    for table in TABLES:
        for one in partitions.partitions_before(db, table, before):
            partitions.require_rated(db, one, archived=folder is not None)
            count = None if folder is None else _archive(db, one, folder, format)
            partitions.drop_partition(db, one, count)
            told = {"table": table, "dropped": one.name, "archived": count}
            record_command(db, "db partition", told)


def _archive(db: Session, one: Partition, folder: Path, format: Format) -> int:
    """Write a partition's rows to a new file; how many."""
    path = folder / f"{one.table}-{one.name[1:]}.{SUFFIXES[format]}"
    if path.exists():
        raise fail(f"{path} is there already: move it away, then start again")
    query = _rows_of(one)
    count = 0
    style = Style(archive=True)
    with written(path, format, list(query.selected_columns), style) as writer:
        for rows in call_queries.batches(db, query):
            writer.write(rows)
            count += len(rows)
    console.print(f"{path}: {count} rows", markup=False, soft_wrap=True)
    return count


def _rows_of(one: Partition) -> Select[Any]:
    period = call_queries.Period(one.start, one.end)
    if one.table == "cdr":
        return call_queries.archived_cdrs(period)
    if one.table == "call_raw":
        return call_queries.select_raw_calls(None, period)
    return call_queries.select_acc(None, period, method=True)
