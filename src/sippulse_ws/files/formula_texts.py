"""Texts that a spreadsheet would take for formulas or errors: written so that it does not.

Exports put ' before them; `import` takes it away.
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
# What a spreadsheet would take for a formula; exports put ' before it.
_GUARDED = re.compile(rf"'+(?:[=+\-@]|(?:{'|'.join(map(re.escape, _SHEET_ERRORS))})$)")
_NUMBER_LIKE = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
# Characters of which one begins every text cell that `from_spreadsheet` looks at.
MARKS = "'#\0"


def guarded(text: str) -> str:
    """A text as a spreadsheet shows it: what looks like a formula gets a ' before it."""
    if text in _SHEET_ERRORS:
        return "'" + text
    if text[:1] in ("=", "+", "-", "@") and not _NUMBER_LIKE.fullmatch(text):
        return "'" + text
    return "'" + text if _GUARDED.match(text) else text


def guarded_in_sheet(text: str) -> str:
    """The same in a cell that is a text in any case: only what a reader takes away is added."""
    return "'" + text if text in _SHEET_ERRORS or _GUARDED.match(text) else text


def from_spreadsheet(text: str, name: str) -> str:
    """A text cell of a file without what an export has put before it."""
    if text == FORMULA:
        raise FormulaWithoutValue(name)
    if text in _SHEET_ERRORS:
        raise SpreadsheetError(name, text)
    return text[1:] if _GUARDED.match(text) else text
