"""Makes records of lines: reads and checks cells, and expands ranges of numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, repeat
from typing import Any, NamedTuple

from sippulse_ws.domain.errors import DomainError, MissingField
from sippulse_ws.files.fields import Field, Read, ReadAll, ReadingStyle
from sippulse_ws.files.kind import Kind, Record
from sippulse_ws.files.numbers import NumberRange
from sippulse_ws.files.refusals import (
    DecimalCommaBetweenCommas,
    OutOfScope,
    UnnamedColumn,
    WrongWidth,
)
from sippulse_ws.files.sheets import SheetNumber
from sippulse_ws.files.tables import AT_ONCE, Line

# The first line of an archive: all names in quotation marks. No ' was put before its texts.
_ARCHIVE = re.compile(r'"[^"]*"(?:,"[^"]*")+\r?\n?')
_DECIMAL_COMMA = re.compile(r"-?[0-9]+,[0-9]{1,6}")

# Makes a record of what other programs write; None: the row belongs to no record of this kind.
Transform = Callable[[Record], "Record | None"]


class Entry(NamedTuple):
    """A line with its record, with the reason why it is refused, or with neither if left out."""

    line: int
    raw: str
    record: Record | None
    error: DomainError | None = None
    remark: DomainError | None = None  # shown, though the record is stored


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of a file are, and how their cells are read."""

    placed: Mapping[int, Field]
    styles: Mapping[str, ReadingStyle]
    width: int
    given: Mapping[str, Any] = field(default_factory=dict)
    padded: bool = False  # a spreadsheet's rows lack blank cells at their end
    transform: Transform | None = None
    nulls: frozenset[str] = frozenset()  # texts that mean an empty cell
    unnamed: tuple[int, ...] = ()  # positions of columns without a name


def is_archive(header: str | None) -> bool:
    return header is not None and _ARCHIVE.fullmatch(header) is not None


class LineReader:
    """Reads many lines at once if nothing is odd about them, else one by one."""

    def __init__(self, kind: Kind, layout: Layout) -> None:
        self._kind = kind
        self._layout = layout
        # a transform may fill in required columns
        self._required = [one.name for one in kind.fields if one.required and layout.transform]
        told = self._required or layout.given
        self._cells: list[tuple[int, str, Read, bool, bool, Any]] = [
            (
                *(place, one.name, one.reader(layout.styles[one.name])),
                *(not one.as_sent, one.required and one.name not in told, one.empty),
            )
            for place, one in layout.placed.items()
        ]
        self._ranges = any(style.numbers.ranges for style in layout.styles.values())
        self._columns = ColumnsReader(kind, layout)

    def read(self, blocks: Iterator[list[Line]]) -> Iterator[list[Entry]]:
        """The entries of a block at a time; fewer at a time if a line makes many."""
        for lines in blocks:
            if (entries := self._columns.read(lines)) is not None:
                yield entries
                continue
            one_by_one = self._one_by_one(lines)
            while entries := list(islice(one_by_one, AT_ONCE)):
                yield entries

    def _one_by_one(self, lines: list[Line]) -> Iterator[Entry]:
        for line in lines:
            try:
                if line.problem is not None:
                    raise line.problem
                record = self._record(line.cells)
            except DomainError as error:
                yield Entry(line.number, line.raw, None, error)
                continue
            if record is None:
                yield Entry(line.number, line.raw, None)
            elif self._ranges:
                yield from self._expanded(line, record)
            else:
                yield self._checked(line, record)

    def _record(self, cells: list[str]) -> Record | None:
        layout = self._layout
        if len(cells) != layout.width:
            cells = self._padded(cells)
        if layout.nulls:
            cells = ["" if cell in layout.nulls else cell for cell in cells]
        for place in layout.unnamed:
            if cells[place].strip():
                raise UnnamedColumn(str(place + 1), cells[place])
        record: Record = {}
        for place, name, read, strip, required, empty in self._cells:
            text = cells[place]
            if strip and type(text) is not SheetNumber:  # strip() would make a plain str of it
                text = text.strip()
            if text:
                value = read(text)
                record[name] = str(value) if type(value) is SheetNumber else value
            elif required:
                raise MissingField(field=name)
            else:
                record[name] = empty
        if layout.given:
            self._give(record)
        return record if layout.transform is None else self._transformed(record)

    def _transformed(self, record: Record) -> Record | None:
        assert self._layout.transform is not None
        transformed = self._layout.transform(record)
        for name in self._required if transformed is not None else ():
            if (transformed or {}).get(name) in (None, ""):
                raise MissingField(field=name)
        return transformed

    def _give(self, record: Record) -> None:
        """Add the values given for all lines. Raises OutOfScope if the line has another one."""
        for name, wanted in self._layout.given.items():
            if record.get(name) is not None and record[name] != wanted:
                raise OutOfScope(field=name, value=record[name], wanted=wanted)
            record[name] = wanted

    def _padded(self, cells: list[str]) -> list[str]:
        width = self._layout.width
        if self._layout.padded and len(cells) < width:
            return cells + [""] * (width - len(cells))
        decimals = [place for place, one in self._layout.placed.items() if one.is_decimal]
        for place in decimals if len(cells) == width + 1 else ():
            text = f"{cells[place]},{cells[place + 1]}"
            if _DECIMAL_COMMA.fullmatch(text):
                raise DecimalCommaBetweenCommas(found=len(cells), wanted=width, text=text)
        raise WrongWidth(found=len(cells), wanted=width)

    def _checked(self, line: Line, record: Record) -> Entry:
        try:
            checked = self._kind.check(record)
            return Entry(line.number, line.raw, checked, None, self._kind.remark(checked))
        except DomainError as error:
            return Entry(line.number, line.raw, None, error)

    def _expanded(self, line: Line, record: Record) -> Iterator[Entry]:
        """One record for each number of a range."""
        ranges = [name for name, value in record.items() if type(value) is NumberRange]
        if not ranges:
            yield self._checked(line, record)
            return
        for number in record[ranges[0]]:
            yield from self._expanded(line, record | {ranges[0]: number})


# `Entry._make` without its checks
_entry: Callable[[tuple[int, str, Record, None, None]], Entry] = partial(tuple.__new__, Entry)


class ColumnsReader:
    """Reads many lines column by column, if none of them is refused or has a remark."""

    def __init__(self, kind: Kind, layout: Layout) -> None:
        self._kind = kind
        self._width = layout.width
        self._given = layout.given
        styles = layout.styles
        self._readers = [
            (place, one, one.column_reader(styles[one.name]))
            for place, one in layout.placed.items()
        ]
        self._is_able = not (
            layout.padded
            or layout.transform
            or layout.nulls
            or layout.unnamed
            or any(style.numbers.ranges for style in styles.values())
        )

    def read(self, lines: list[Line]) -> list[Entry] | None:
        """The entries; None if the lines have to be read one by one."""
        numbers, rows, texts, problems = zip(*lines, strict=True)
        if not self._is_able or any(problems) or set(map(len, rows)) != {self._width}:
            return None
        cells = list(zip(*rows, strict=True))
        columns: dict[str, list[Any]] = {}
        try:
            for place, one, read in self._readers:
                columns[one.name] = _column(cells[place], one, read)
            for name, value in self._given.items():
                if not {value, None}.issuperset(columns.get(name, ())):
                    return None
                columns[name] = [value] * len(lines)
            records = self._kind.check_columns(columns)
        except DomainError:
            return None
        if records is None:
            return None
        return list(map(_entry, zip(numbers, texts, records, repeat(None), repeat(None))))


def _column(cells: Sequence[str], field: Field, read: ReadAll) -> list[Any]:
    """The values of a column. Raises DomainError if one of its cells cannot be read."""
    if cells.count(cells[0]) == len(cells):
        cells, times = cells[:1], len(cells)
    else:
        times = 1
    told = list(cells) if field.as_sent else list(map(str.strip, cells))
    if "" not in told:
        return read(told) * times
    if field.required:
        raise MissingField(field=field.name)
    return [read([text])[0] if text else field.empty for text in told] * times
