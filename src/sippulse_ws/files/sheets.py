"""Rows of an .xlsx spreadsheet, by openpyxl (the extra `excel`), as texts like those of a CSV.

A number of the spreadsheet comes as `SheetNumber`, exact and with a decimal point, so that nothing
has to be found out about its decimal sign.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest
from typing import IO, Any

from sippulse_ws.files.refusals import (
    NotASpreadsheet,
    SeveralSheets,
    SheetNotFound,
    SpreadsheetExtraMissing,
)

# Digits that a spreadsheet keeps of a number.
PRECISION = 15
FORMULA = "\0formula"  # instead of a cell whose result is not in the file


_CODED = re.compile("_x([0-9A-Fa-f]{4})_")
# What XML cannot hold, and what would be taken for such a code.
_TO_CODE = re.compile("[\\x00-\\x08\\x0b-\\x1f\\ufffe\\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


class SheetNumber(str):
    """A number as the spreadsheet holds it, in digits with a point."""

    __slots__ = ()


@contextmanager
def opened_sheet(file: IO[bytes], wanted: str | None) -> Iterator[tuple[str, Iterator[Any]]]:
    """(name, rows) of the sheet that is wanted, or of the only one with anything in it.

    Rows are (number, cells), without blank cells at their end.
    """
    values = _workbook(file, data_only=True)
    formulas = None
    try:
        name = _sheet(values, wanted)
        rows = _rows(values[name])
        if _has_formulas(file):
            formulas = _workbook(file, data_only=False)
            rows = _checked(rows, _rows(formulas[name]))
        yield name, ((number, _texts(cells)) for number, cells in rows)
    finally:
        values.close()
        if formulas is not None:
            formulas.close()


def _workbook(file: IO[bytes], *, data_only: bool) -> Any:
    try:
        import openpyxl  # noqa: PLC0415 - an extra
    except ImportError:
        raise SpreadsheetExtraMissing from None
    try:
        return openpyxl.load_workbook(file, read_only=True, data_only=data_only)
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise NotASpreadsheet(error=error) from None


def _sheet(workbook: Any, wanted: str | None) -> str:
    names = list(workbook.sheetnames)
    if wanted is not None:
        if wanted in names:
            return wanted
        if wanted.isdigit() and 1 <= int(wanted) <= len(names):
            return str(names[int(wanted) - 1])
        raise SheetNotFound(sheet=wanted, sheets=", ".join(names))
    filled = [name for name in names if next(_rows(workbook[name]), None) is not None]
    if len(filled) > 1:
        raise SeveralSheets(sheets=", ".join(filled))
    return str((filled or names)[0])


def _rows(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    """Rows with anything in them."""
    if not hasattr(sheet, "iter_rows"):  # a sheet that is a chart
        return
    for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        row = list(cells)
        while row and row[-1] in (None, ""):
            row.pop()
        if row:
            yield number, row


def _has_formulas(file: IO[bytes]) -> bool:
    with zipfile.ZipFile(file) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
        for name in sheets:
            if name.endswith(".xml"):
                with parts.open(name) as part:
                    tail = b""
                    while block := part.read(1 << 16):
                        if b"<f>" in tail + block or b"<f " in tail + block:
                            return True
                        tail = block[-3:]
    return False


def _checked(values: Iterator[Any], formulas: Iterator[Any]) -> Iterator[tuple[int, list[Any]]]:
    """Values, with a mark where there is a formula and no value."""
    results = dict[int, list[Any]]()
    for number, row in formulas:
        while number not in results and (found := next(values, None)) is not None:
            results[found[0]] = found[1]
        result = results.pop(number, [])
        yield (
            number,
            [
                FORMULA if _is_formula(formula) and value is None else value
                for value, formula in zip_longest(result, row)
            ],
        )


def _is_formula(cell: Any) -> bool:
    return (isinstance(cell, str) and cell.startswith("=")) or type(cell).__name__ in (
        "ArrayFormula",
        "DataTableFormula",
    )


def _texts(cells: list[Any]) -> list[str]:
    return list(map(_text, cells))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value if value == FORMULA else _unescaped(value)
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float):
        return SheetNumber(_number(value))
    return value.isoformat(" ") if isinstance(value, dt.datetime) else str(value)


def escaped(text: str) -> str:
    """A text as spreadsheets keep it: control characters are coded, as `_x000D_`."""
    return _TO_CODE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def _unescaped(text: str) -> str:
    return _CODED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _number(value: float) -> str:
    """As exact as the spreadsheet is: what has more digits than it keeps shows that."""
    if isinstance(value, int) or value.is_integer():
        digits = str(int(value))
        return digits if len(digits.lstrip("-")) <= PRECISION else f"{value:.{PRECISION - 1}E}"
    text = f"{value:.{PRECISION}g}"
    return text.replace("e", "E")
