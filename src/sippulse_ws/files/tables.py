"""The lines of a file, CSV or spreadsheet, each with its number and as it came."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import IO, NamedTuple

from sippulse_ws.domain.errors import DomainError
from sippulse_ws.files.forms import UTF_8, Form
from sippulse_ws.files.refusals import BadEncoding, NotCsv
from sippulse_ws.files.sheets import opened_sheet
from sippulse_ws.files.streams import Bytes

LINE_LENGTH = 1 << 20  # characters; what is longer is no record
# Begins what a file of refused lines says about the next one; no line of data begins so.
REMARK = "#! "


class Line(NamedTuple):
    """One record of a file: where it begins, its cells, itself as it came, why it has no cells."""

    number: int
    cells: list[str]
    raw: str
    problem: DomainError | None = None


class Table:
    """An opened file: its form, told precisely, and its lines."""

    def __init__(self, form: Form, lines: Iterator[Line]) -> None:
        self.form = form
        self.lines = lines


@contextmanager
def opened_table(source: Bytes, form: Form) -> Iterator[Table]:
    if form.spreadsheet:
        with source.seekable() as file, opened_sheet(file, form.sheet) as (name, rows):
            lines = (Line(number, cells, _as_csv(cells)) for number, cells in rows)
            yield Table(replace(form, sheet=name), lines)
        return
    with source.opened() as stream:
        yield Table(form, _lines(stream, form))


def _lines(stream: IO[bytes], form: Form) -> Iterator[Line]:
    feed = _Feed(stream, form)
    rows = csv.reader(feed, delimiter=form.delimiter, strict=True)
    while True:
        feed.begin()
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            # a stray quotation mark spoils its own line, not those that it swallowed
            yield Line(feed.number, [], feed.give_back(), NotCsv(error=error))
            continue
        if cells:  # blank lines are none
            yield Line(feed.number, cells, feed.record())


class _Feed:
    """The lines of a text for the CSV reader, remembered until their record is complete."""

    def __init__(self, stream: IO[bytes], form: Form) -> None:
        # bytes that are not UTF-8 stay recognisable, so that they spoil their own line only
        errors = "surrogateescape" if form.encoding == UTF_8 else "strict"
        self._text = io.TextIOWrapper(stream, form.codec, errors=errors, newline="")
        self._encoding = form.encoding
        self._readline = self._text.readline
        self._back: deque[str] = deque()
        self._pending: list[str] = []
        self._count = 0  # lines that were given out
        if form.separator_line:
            self._read()
            self._count += 1

    @property
    def number(self) -> int:
        """The first line of the record."""
        return max(self._count - len(self._pending) + 1, 1)

    def begin(self) -> None:
        self._pending.clear()

    def record(self) -> str:
        return self._pending[0] if len(self._pending) == 1 else "".join(self._pending)

    def give_back(self) -> str:
        """Read all but the first line again."""
        first, *others = self._pending or [""]
        self._back.extendleft(reversed(others))
        self._count -= len(others)
        del self._pending[1:]
        return first

    def __iter__(self) -> Iterator[str]:
        pending, back, read = self._pending, self._back, self._read
        while line := back.popleft() if back else read():
            self._count += 1
            if line[0] == "#" and not pending and line.startswith(REMARK):
                continue
            pending.append(line)
            yield line

    def _read(self) -> str:
        try:
            return self._readline(LINE_LENGTH)
        except UnicodeDecodeError as error:
            raise BadEncoding(encoding=self._encoding, byte=error.start) from None


def _as_csv(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
