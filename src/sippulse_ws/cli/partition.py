"""`sippulse-ws db partition`: makes monthly partitions, archives and drops old ones."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from sqlalchemy import Select
from sqlalchemy.exc import DBAPIError

from sippulse_ws.cli.database_rights import require_rights
from sippulse_ws.cli.session import (
    AsJson,
    current_language,
    fail,
    open_database,
    print_rows,
    record_command,
    say,
    told,
)
from sippulse_ws.cli.texts import Said
from sippulse_ws.db import Session
from sippulse_ws.files import call_queries
from sippulse_ws.files.refusals import FileRefused
from sippulse_ws.files.writing import Format, Style, written
from sippulse_ws.ops import partitions
from sippulse_ws.ops.partitions import TABLES, Partition

SUFFIXES = {Format.CSV: "csv.gz", Format.PARQUET: "parquet"}
_ArchiveFormat = Literal["csv", "parquet"]  # a month of calls is too much for a spreadsheet


def partition(
    ahead: Annotated[int, typer.Option(min=0, max=120, help="Months to create in advance.")] = 3,
    drop_before: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m"], help="Drop the months before this one, YYYY-MM."),
    ] = None,
    archive_to: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Archive them into this folder first."),
    ] = None,
    discard: Annotated[bool, typer.Option("--discard", help="Drop without archiving.")] = False,
    format: Annotated[_ArchiveFormat, typer.Option(help="Format of the files.")] = "csv",
    json: AsJson = False,
) -> None:
    """Keep cdr, acc and call_raw in monthly partitions; run it monthly, and after large imports."""
    if drop_before is not None and (archive_to is None) != discard:
        raise fail(told(Said.DROP_OR_KEEP))
    with open_database() as database:
        if database.is_sqlite:
            raise fail(told(Said.NO_PARTITIONS))
        require_rights(database, "db partition")
        try:
            with database.maintaining() as db:
                if drop_before is not None:
                    _drop(db, drop_before, archive_to, Format(format), quiet=json)
                for table in TABLES:
                    partitions.create_partitions(db, table, dt.date.today(), ahead)  # noqa: DTZ011
                found = [one for table in TABLES for one in partitions.list_partitions(db, table)]
        except DBAPIError as error:
            raise fail(Said.DATABASE, reason=error.orig) from None
        except FileRefused as error:
            raise fail(error.message(current_language())) from None
    names = ["table", "partition", "before", "rows" if json else "rows (about)"]
    none = None if json else ""
    rows = [[one.table, one.name, one.end.date() if one.end else none, one.rows] for one in found]
    print_rows(names, rows, as_json=json)


def _drop(
    db: Session, before: dt.datetime, folder: Path | None, format: Format, *, quiet: bool
) -> None:
    for table in TABLES:
        for one in partitions.partitions_before(db, table, before):
            partitions.require_rated(db, one, archived=folder is not None)
            count = None if folder is None else _archive(db, one, folder, format, quiet=quiet)
            partitions.drop_partition(db, one, count)
            row = {"table": table, "dropped": one.name, "archived": count}
            record_command(db, "db partition", row)


def _archive(db: Session, one: Partition, folder: Path, format: Format, *, quiet: bool) -> int:
    """Write a partition's rows to a new file; returns how many."""
    path = folder / f"{one.table}-{one.name[1:]}.{SUFFIXES[format]}"
    if path.exists():
        raise fail(told(Said.FILE_IS_THERE, path=path))
    query = _rows_of(one)
    count = 0
    style = Style(archive=True)
    with written(path, format, list(query.selected_columns), style) as writer:
        for rows in call_queries.batches(db, query):
            writer.write(rows)
            count += len(rows)
    if not quiet:
        say(Said.FILE_ROWS, path=path, count=count)
    return count


def _rows_of(one: Partition) -> Select[Any]:
    period = call_queries.Period(one.start, one.end)
    if one.table == "cdr":
        return call_queries.archived_cdrs(period)
    if one.table == "call_raw":
        return call_queries.select_raw_calls(None, period)
    return call_queries.select_acc(None, period, method=True)
