"""Protects texts that a spreadsheet would take for formulas or errors.

Exports put a ' before them; imports remove it.
"""

from __future__ import annotations

import re

from sippulse_ws.files.refusals import FormulaWithoutValue, SpreadsheetError
from sippulse_ws.files.sheets import FORMULA

_SHEET_ERRORS = frozenset(
    (
        *("#N/A", "#N/D", "#REF!", "#VALUE!", "#VALOR!", "#DIV/0!"),
        *("#NAME?", "#NOME?", "#NULL!", "#NULO!", "#NUM!", "#NÚM!"),  # data
    )
)
# Guarded texts, and texts that look like guarded ones, which get one more '.
_GUARDED = re.compile(rf"'+(?:[=+\-@]|(?:{'|'.join(map(re.escape, _SHEET_ERRORS))})$)")
_NUMBER_LIKE = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
# First characters of the texts that `from_spreadsheet` may change or refuse.
MARKS = "'#\0"


def guarded(text: str) -> str:
    """The text with a ' before it, if it looks like a formula."""
    if text in _SHEET_ERRORS:
        return "'" + text
    if text[:1] in ("=", "+", "-", "@") and not _NUMBER_LIKE.fullmatch(text):
        return "'" + text
    return "'" + text if _GUARDED.match(text) else text


def guarded_in_sheet(text: str) -> str:
    """The same for a text cell of a spreadsheet: only texts that imports would change get a '."""
    return "'" + text if text in _SHEET_ERRORS or _GUARDED.match(text) else text


def from_spreadsheet(text: str, name: str) -> str:
    """The text of a cell without the ' of an export."""
    if text == FORMULA:
        raise FormulaWithoutValue(name)
    if text in _SHEET_ERRORS:
        raise SpreadsheetError(name, text)
    return text[1:] if _GUARDED.match(text) else text
