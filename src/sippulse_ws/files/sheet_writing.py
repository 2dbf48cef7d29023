"""Writes rows into an .xlsx spreadsheet with openpyxl (the extra `excel`), a row at a time.

`import` reads the same values back: texts are texts, even if they look like numbers, formulas or
dates; a number or moment that a spreadsheet would round is a text too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import IO, Any

from sqlalchemy.sql import ColumnElement

from sippulse_ws.files.formula_texts import guarded_in_sheet
from sippulse_ws.files.refusals import CellTooLong, SheetFull, WritingExtraMissing
from sippulse_ws.files.sheets import PRECISION, escaped

MOST_ROWS = 2**20  # of a sheet, the row of names included
MOST_CHARACTERS = 32_767  # of a cell
_TEXT, _MOMENT, _DAY = "@", "yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd"
_FIRST_DAY = dt.date(1900, 3, 1)  # before it, spreadsheets count 1900-02-29, which never was


class SheetWriter:
    """`guards` are columns of which `import` removes a '; `phones` hold telephone numbers."""

    def __init__(
        self,
        file: IO[bytes],
        columns: Sequence[ColumnElement[Any]],
        guards: frozenset[str],
        phones: frozenset[str],
    ) -> None:
        try:
            import openpyxl  # noqa: PLC0415 - an extra
            from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
        except ImportError:
            raise WritingExtraMissing(format="Excel", package="openpyxl", extra="excel") from None
        self._file = file
        self._book: Any = openpyxl.Workbook(write_only=True)
        self._sheet: Any = self._book.create_sheet("sippulse-ws")
        self._sheet.freeze_panes = "A2"
        self._cell = WriteOnlyCell
        self._names = [str(column.key) for column in columns]
        self._guards, self._phones = guards, phones
        self._count = 0
        self._append([self._text(name, name) for name in self._names])

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            self._append(list(map(self._made, self._names, row)))

    def close(self) -> None:
        self._book.save(self._file)

    def discard(self) -> None:
        """Delete openpyxl's temporary files."""
        self._sheet.close()
        self._sheet._writer.cleanup()

    def _append(self, cells: list[Any]) -> None:
        self._count += 1
        if self._count > MOST_ROWS:
            raise SheetFull(most=MOST_ROWS - 1)
        self._sheet.append(cells)

    def _made(self, name: str, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, dt.date):
            return self._moment(name, value)
        if isinstance(value, int | float | Decimal) and name not in self._phones:
            number = _exact(value)
            return self._text(name, _digits(value)) if number is None else number
        text = str(value)
        return self._text(name, guarded_in_sheet(text) if name in self._guards else text)

    def _text(self, name: str, text: str) -> Any:
        text = escaped(text)
        if len(text) > MOST_CHARACTERS:
            raise CellTooLong(column=name, most=MOST_CHARACTERS)
        return self._formatted(text, "s", _TEXT)

    def _moment(self, name: str, value: dt.date) -> Any:
        """A date cell; a moment with a zone is written in UTC, as `import` reads it."""
        if not isinstance(value, dt.datetime):
            return self._formatted(value, "d", _DAY)
        if value.tzinfo is not None:
            value = value.astimezone(dt.UTC).replace(tzinfo=None)
        if value.microsecond or value.date() < _FIRST_DAY:
            return self._text(name, value.isoformat(" "))
        return self._formatted(value, "d", _MOMENT)

    def _formatted(self, value: Any, kind: str, number_format: str) -> Any:
        cell: Any = self._cell(self._sheet, None)
        cell._value, cell.data_type = value, kind  # keeps openpyxl from guessing what a text is
        cell.number_format = number_format
        return cell


def _exact(value: float | Decimal) -> int | Decimal | None:
    """The number; None if it has more digits than a spreadsheet keeps."""
    if isinstance(value, int):
        return value if len(str(abs(value))) <= PRECISION else None
    text = _digits(value)
    digits = text.partition("e")[0].replace("-", "").replace(".", "").strip("0")
    return Decimal(text) if len(digits) <= PRECISION else None


def _digits(value: float | Decimal) -> str:
    """The number's digits, without trailing zeros of a fraction."""
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    if "." in text and "e" not in text:
        text = text.rstrip("0").rstrip(".")
    return text
