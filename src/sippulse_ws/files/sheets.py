"""Reads rows of an .xlsx spreadsheet with openpyxl (the extra `excel`), as texts like a CSV's.

Numbers come as `SheetNumber`, exact and with a decimal point, so that their decimal sign is known.
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

# The digits of a number that a spreadsheet keeps.
PRECISION = 15
FORMULA = "\0formula"  # stands for a formula whose result is not in the file


_CODED = re.compile("_x([0-9A-Fa-f]{4})_")
# Characters that XML cannot hold, and texts that look like their codes (_x000D_).
_TO_CODE = re.compile("[\\x00-\\x08\\x0b-\\x1f\\ufffe\\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


class SheetNumber(str):
    """A number of a spreadsheet as text, with a decimal point."""

    __slots__ = ()


@contextmanager
def opened_sheet(file: IO[bytes], wanted: str | None) -> Iterator[tuple[str, Iterator[Any]]]:
    """(name, rows) of the sheet `wanted`, or of the only one that is not empty.

    Rows are (number, cells), without blank cells at the end.
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
    """The rows that are not empty."""
    if not hasattr(sheet, "iter_rows"):  # a chart sheet
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
    """The values, with FORMULA where a formula has no stored result."""
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
    """A text as spreadsheets store it: control characters are coded, such as `_x000D_`."""
    return _TO_CODE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def _unescaped(text: str) -> str:
    return _CODED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _number(value: float) -> str:
    """The number as text; an integer with more than 15 digits in E notation: digits were lost."""
    if isinstance(value, int) or value.is_integer():
        digits = str(int(value))
        return digits if len(digits.lstrip("-")) <= PRECISION else f"{value:.{PRECISION - 1}E}"
    text = f"{value:.{PRECISION}g}"
    return text.replace("e", "E")
