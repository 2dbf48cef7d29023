"""Lines become records: their cells are read, checked, and ranges made into their numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sippulse_ws.domain.errors import DomainError, MissingField
from sippulse_ws.files.fields import Field, Read, ReadingStyle
from sippulse_ws.files.kind import Kind, Record
from sippulse_ws.files.numbers import NumberRange
from sippulse_ws.files.refusals import DecimalCommaBetweenCommas, OutOfScope, WrongWidth
from sippulse_ws.files.tables import Line

# Of an archive: all names in quotation marks. Its texts are as they were, nothing is before them.
_ARCHIVE = re.compile(r'"[^"]*"(?:,"[^"]*")+\r?\n?')
_DECIMAL_COMMA = re.compile(r"-?[0-9]+,[0-9]{1,6}")

# Makes a record of what other programs write; None: it is none for this table.
Transform = Callable[[Record], "Record | None"]


class Entry(NamedTuple):
    """A record with its line, why it is refused, or neither when it is left out."""

    line: int
    raw: str
    record: Record | None
    error: DomainError | None = None
    remark: DomainError | None = None  # told, though the record is stored


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of a file are, and how their cells are read."""

    placed: Mapping[int, Field]
    styles: Mapping[str, ReadingStyle]
    width: int
    given: Mapping[str, Any] = field(default_factory=dict)
    padded: bool = False  # blank cells at the end of a row are not in the file
    transform: Transform | None = None
    nulls: frozenset[str] = frozenset()  # texts that mean an empty cell


def is_archive(header: str | None) -> bool:
    return header is not None and _ARCHIVE.fullmatch(header) is not None


class LineReader:
    def __init__(self, kind: Kind, layout: Layout) -> None:
        self._kind = kind
        self._layout = layout
        # a transform may fill in what is required
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

    def read(self, lines: Iterator[Line]) -> Iterator[Entry]:
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
        record: Record = {}
        for place, name, read, strip, required, empty in self._cells:
            text = cells[place].strip() if strip else cells[place]
            if text:
                record[name] = read(text)
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
        """What all lines have; a line that says something else is of another scope."""
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
        """A record for each number of a range."""
        ranges = [name for name, value in record.items() if type(value) is NumberRange]
        if not ranges:
            yield self._checked(line, record)
            return
        for number in record[ranges[0]]:
            yield from self._expanded(line, record | {ranges[0]: number})
