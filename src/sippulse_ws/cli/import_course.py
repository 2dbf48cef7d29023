"""Prints the course of an import: the file's form, refused lines, progress and result."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from sippulse_ws.cli.session import errors
from sippulse_ws.cli.texts import Said
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.files.batches import Counts
from sippulse_ws.files.forms import Form
from sippulse_ws.files.rejects import Rejects
from sippulse_ws.files.streams import Bytes


class Course:
    """Follows the import of one file; Ctrl-C ends it after the current batch, twice at once."""

    def __init__(
        self, source: Bytes, rejects: Rejects | None, language: str, *, quiet: bool
    ) -> None:
        self._source = source
        self._rejects = rejects
        self._language = language
        self._quiet = quiet
        self._started = time.monotonic()
        self._progress: Progress | None = None
        self._task: Any = None
        self.form: Form | None = None
        self.signs: str = ""
        self.stops = False
        self._is_storing: Callable[[], bool] = lambda: False

    def begins(self, form: Form, header: str | None) -> None:
        self.form = form
        if not self._quiet:
            typer.echo(f"{self._source.name}: {form.describe(self._language)}")
        if self._rejects is not None:
            self._rejects.begin(form, header)

    def refused(self, line: int, raw: str, error: DomainError) -> None:
        typer.echo(f"{self._source.name}:{line}: {error.message(self._language)}", err=True)
        if self._rejects is not None:
            self._rejects.add(line, raw, error)

    def remarked(self, line: int, remark: DomainError) -> None:
        typer.echo(f"{self._source.name}:{line}: {remark.message(self._language)}", err=True)

    def stores(self, is_running: Callable[[], bool]) -> None:
        self._is_storing = is_running

    def goes_on(self, counts: Counts) -> None:
        if self._progress is not None:
            passed = max(time.monotonic() - self._started, 0.001)
            rate = Said.RATE.text(self._language, rate=round(counts.lines / passed))
            told = f"{counts.lines} ({rate})"
            self._progress.update(self._task, completed=self._source.position, description=told)

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Show progress on a terminal, and handle Ctrl-C meanwhile."""
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        with Progress(*columns, console=errors, disable=not errors.is_terminal) as progress:
            if errors.is_terminal:
                self._progress = progress
                self._task = progress.add_task("", total=self._source.size)
            with _interrupts(self._interrupt):
                yield

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if self.stops or not self._is_storing():
            raise KeyboardInterrupt
        self.stops = True


@contextmanager
def _interrupts(handler: Any) -> Iterator[None]:
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def opened_rejects(path: Path | None, language: str) -> Iterator[Rejects | None]:
    rejects = None if path is None else Rejects(path, language)
    try:
        yield rejects
    finally:
        if rejects is not None:
            rejects.close()


def summary(counts: Counts, language: str, *, dry_run: bool, known: bool) -> str:
    """`2 stored, 1 known already, 0 refused`; with `known`, also `0 known already`."""
    stored = Said.WOULD_BE_STORED if dry_run else Said.STORED
    changed = Said.WOULD_BE_CHANGED if dry_run else Said.CHANGED
    parts = [(stored, counts.stored, True), (changed, counts.changed, False)]
    parts += [(Said.KNOWN, counts.known, known), (Said.REFUSED, counts.refused, True)]
    parts += [(Said.LEFT_OUT, counts.left_out, False)]
    return ", ".join(
        said.text(language, count=count) for said, count, always in parts if count or always
    )
