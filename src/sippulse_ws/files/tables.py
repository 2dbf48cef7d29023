"""The lines of a CSV or spreadsheet, each with its number and its original text."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import count, islice, repeat
from typing import IO, NamedTuple

from sippulse_ws.domain.errors import DomainError
from sippulse_ws.files.forms import UTF_8, Form
from sippulse_ws.files.refusals import BadEncoding, NotCsv
from sippulse_ws.files.sheets import opened_sheet
from sippulse_ws.files.streams import Bytes

AT_ONCE = 1000  # lines, or fewer if they reach LINE_LENGTH
_STEP = 25
LINE_LENGTH = 1 << 20  # characters; a longer line is not a record
# Begins the remark before each line in a file of refused lines; no line of data begins so.
REMARK = "#! "


class Line(NamedTuple):
    """A record of a file: its first line's number, its cells, its text, why it has no cells."""

    number: int
    cells: list[str]
    raw: str
    problem: DomainError | None = None


_Lines = Iterator[Line]
# `Line._make` without its checks
_line: Callable[[tuple[int, list[str], str, None]], Line] = partial(tuple.__new__, Line)


class Table:
    """An opened file: its form, with the sheet's name, and its lines."""

    def __init__(self, form: Form, lines: _Lines, block: Callable[[], list[Line]]) -> None:
        self.form = form
        self.lines = lines
        self._block = block

    def blocks(self) -> Iterator[list[Line]]:
        """The lines that were not read yet, many at a time."""
        while block := self._block():
            yield block


@contextmanager
def opened_table(source: Bytes, form: Form) -> Iterator[Table]:
    if form.spreadsheet:
        with source.seekable() as file, opened_sheet(file, form.sheet) as (name, rows):
            lines = (Line(number, cells, _as_csv(cells)) for number, cells in rows)
            yield Table(replace(form, sheet=name), lines, lambda: list(islice(lines, AT_ONCE)))
        return
    with source.opened() as stream:
        text = _CsvText(stream, form)
        yield Table(form, text.lines(), text.block)


class _CsvText:
    """The records of a CSV."""

    def __init__(self, stream: IO[bytes], form: Form) -> None:
        self._feed = _Feed(stream, form)
        self._parse = partial(csv.reader, delimiter=form.delimiter, strict=True)
        self._rows = self._parse(self._feed)

    def lines(self) -> _Lines:
        """The records, one by one."""
        while (line := self._next()) is not None:
            yield line

    def block(self) -> list[Line]:
        """The next records; empty at the end."""
        while not self._feed.goes_back:
            first, texts = self._feed.take(AT_ONCE)
            rows = self._records(texts)
            if rows is None:
                self._feed.put_back(texts)
                break
            numbered = zip(count(first), rows, texts, repeat(None))
            blank = {n for n, cells in enumerate(rows) if len(cells) < 2 and _is_blank(cells)}
            lines = list(map(_line, numbered))
            if lines := [one for n, one in enumerate(lines) if n not in blank] if blank else lines:
                return lines
            if not texts:
                return []
        lines = []
        while self._feed.goes_back and len(lines) < AT_ONCE and (line := self._next()) is not None:
            lines.append(line)
        return lines or self.block()

    def _records(self, texts: list[str]) -> list[list[str]] | None:
        """The cells of each line; None unless each line is a record by itself."""
        if REMARK in "".join(texts):
            return None
        try:
            rows = list(self._parse(texts))
        except csv.Error:
            return None
        return rows if len(rows) == len(texts) else None

    def _next(self) -> Line | None:
        feed = self._feed
        while True:
            feed.begin()
            try:
                cells = next(self._rows)
            except StopIteration:
                return None
            except csv.Error as error:
                # Refuse only the line with the stray quotation mark, and read those again that it
                # swallowed. If it swallowed the rest of the file, this reader is at its end.
                line = Line(feed.number, [], feed.give_back(), NotCsv(error=error))
                self._rows = self._parse(feed)
                return line
            if not _is_blank(cells):
                return Line(feed.number, cells, feed.record())


class _Feed:
    """Gives lines to the CSV reader, and remembers them until their record is complete."""

    def __init__(self, stream: IO[bytes], form: Form) -> None:
        # bytes that are not UTF-8 stay recognizable, so that only their line is refused
        errors = "surrogateescape" if form.encoding == UTF_8 else "strict"
        self._text = io.TextIOWrapper(stream, form.codec, errors=errors, newline="")
        self._encoding = form.encoding
        self._readline = self._text.readline
        self._texts = iter(partial(self._readline, LINE_LENGTH), "")
        self._back: deque[str] = deque()
        self._pending: list[str] = []
        self._count = 0  # lines given so far
        if form.separator_line:
            self._read()
            self._count += 1

    @property
    def number(self) -> int:
        """The number of the record's first line."""
        return max(self._count - len(self._pending) + 1, 1)

    def begin(self) -> None:
        self._pending.clear()

    def record(self) -> str:
        return self._pending[0] if len(self._pending) == 1 else "".join(self._pending)

    def give_back(self) -> str:
        """Return the record's first line; the others will be read again."""
        first, *others = self._pending or [""]
        self.put_back(others)
        del self._pending[1:]
        return first

    def take(self, most: int) -> tuple[int, list[str]]:
        """The next lines that were not given yet, and the number of the first."""
        first, texts, length = self._count + 1, list[str](), 0
        try:
            while len(texts) < most and length < LINE_LENGTH:
                some = list(islice(self._texts, _STEP))
                if not some:
                    break
                texts += some
                length += sum(map(len, some))
        except UnicodeDecodeError as error:
            raise self._unreadable(error) from None
        self._count += len(texts)
        return first, texts

    @property
    def goes_back(self) -> bool:
        """Whether lines have to be read again."""
        return bool(self._back)

    def put_back(self, texts: Sequence[str]) -> None:
        self._back.extendleft(reversed(texts))
        self._count -= len(texts)

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
            raise self._unreadable(error) from None

    def _unreadable(self, error: UnicodeDecodeError) -> BadEncoding:
        return BadEncoding(encoding=self._encoding, byte=error.start)


def _is_blank(cells: list[str]) -> bool:
    """Whether the line is empty or has only blanks."""
    return not cells or (len(cells) == 1 and not cells[0].strip())


def _as_csv(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
