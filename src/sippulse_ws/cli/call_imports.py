"""`sippulse-ws import cdrs|acc`: call records from CSV, in batches, as many as there are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import IntegrityError

from sippulse_ws.cli.session import (
    console,
    errors,
    fail,
    get_settings,
    open_database,
    record_command,
)
from sippulse_ws.db import Database, Session
from sippulse_ws.db.connections.failures import is_repeatable
from sippulse_ws.domain import call_records
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.values import Values
from sippulse_ws.files import call_files

BATCH = 1000
TRIES = 5
LOCK_NAME = 64  # characters that MySQL allows

File = Annotated[Path, typer.Argument(help="CSV, UTF-8; - for standard input.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, store nothing.")]
Store = Callable[[Session, list[Values]], int]


@dataclass
class Count:
    """How an import goes: lines by their fate."""

    dry_run: bool
    stored: int = 0
    known: int = 0
    refused: int = 0

    def __str__(self) -> str:
        stored = "would be stored" if self.dry_run else "stored"
        return f"{self.stored} {stored}, {self.known} known already, {self.refused} refused"


def cdrs(file: File, dry_run: DryRun = False) -> None:
    """Call records, with the columns of vi_cdrs; those known by call-id, tags and start stay."""
    snapshots = call_records.Snapshots()

    def store(db: Session, batch: list[Values]) -> int:
        snapshots.forget()  # a batch before may have been rolled back
        return call_records.store_cdrs(db, batch, snapshots)

    _run("import cdrs", file, call_records.CDRS, store, dry_run)


def acc(file: File, dry_run: DryRun = False) -> None:
    """Failed calls, with the columns of acc; those known by call-id, tags, time and code stay."""
    _run("import acc", file, call_records.ACC, call_records.store_acc, dry_run)


def _run(command: str, path: Path, kind: call_records.Kind, store: Store, dry_run: bool) -> None:
    """Good lines are stored, bad ones named; any bad one ends with status 1.

    Every batch is a transaction, and what is stored already is passed over: an import that was
    interrupted goes on when it is started again.
    """
    settings = get_settings()
    if not (str(path) == "-" or path.is_file()):
        raise fail(f"{path}: no such file")
    count = Count(dry_run)
    with open_database(settings) as database, _alone(database, kind), _opened(path) as file:
        with database.reading() as db:
            domains = call_files.known_domains(db)
        method = kind is call_records.ACC and not database.is_sqlite
        records = call_files.read_records(file, kind, domains, method=method)
        try:
            while lines := list(islice(records, BATCH)):
                _report(path, lines, settings.language)
                good = [record for _, record in lines if not isinstance(record, DomainError)]
                stored = _store(database, store, good, dry_run) if good else 0
                count.stored += stored
                count.known += len(good) - stored
                count.refused += len(lines) - len(good)
        except KeyboardInterrupt:
            raise fail(f"interrupted: {count}; the same command goes on from there") from None
        if not dry_run:
            with database.writing() as db:
                record_command(db, command, {"file": path, "lines": count})
    console.print(str(count))
    if count.refused:
        raise typer.Exit(1)


def _store(database: Database, store: Store, batch: list[Values], dry_run: bool) -> int:
    for _ in range(TRIES - 1):
        try:
            return _store_once(database, store, batch, dry_run)
        except IntegrityError:  # another import stored one of them meanwhile
            continue
        except Exception as error:
            if not is_repeatable(error):
                raise
    return _store_once(database, store, batch, dry_run)


def _store_once(database: Database, store: Store, batch: list[Values], dry_run: bool) -> int:
    with database.writing() as db:
        stored = store(db, batch)
        if dry_run:
            db.rollback()
        return stored


def _report(path: Path, lines: list[tuple[int, Values | DomainError]], language: str) -> None:
    for number, record in lines:
        if isinstance(record, DomainError):
            text = f"{path}:{number}: {record.message(language)}"
            errors.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _alone(database: Database, kind: call_records.Kind) -> Iterator[None]:
    """Two imports at once could both find a record unknown, and acc has no key to stop them."""
    if database.is_sqlite:  # its transactions wait for one another
        yield
        return
    lock = f"import {kind.name} {database.url.database}"[:LOCK_NAME]
    with database.maintaining() as db:  # the server frees the lock when this connection ends
        if db.exec_driver_sql("SELECT GET_LOCK(%s, 0)", (lock,)).scalar() != 1:
            raise fail(f"another import of {kind.name} is running")
        yield


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The file, or standard input; on a terminal with its progress."""
    if str(path) == "-":
        with errors.status("reading standard input"):
            yield sys.stdin.buffer
        return
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    with (
        path.open("rb") as file,
        Progress(*columns, console=errors, disable=not errors.is_terminal) as progress,
    ):
        yield progress.wrap_file(file, total=path.stat().st_size, description=path.name)
