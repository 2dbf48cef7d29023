"""Finds out a column's decimal sign and reads numbers with it. Nothing is guessed."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

from sippulse_ws.files.refusals import CellRefused, DecimalMixed, DecimalUnclear, NotADecimal

Sign = Literal[".", ","]

_EXPONENT = r"(?:[eE][+-]?[0-9]{1,3})?"
_PLAIN = {
    ".": re.compile(rf"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+){_EXPONENT}"),
    ",": re.compile(rf"[+-]?(?:[0-9]+(?:,[0-9]*)?|,[0-9]+){_EXPONENT}"),
}
# Numbers with the other sign between groups of thousands.
_GROUPED = {
    ".": re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?"),
    ",": re.compile(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]*)?"),
}
_EXAMPLES = {".": "0.35", ",": "0,35"}
_DIGITS = 40  # the most digits of a number that is read; no amount has more


class DecimalReader:
    """Reads numbers with one decimal sign; `grouped` also takes 1.234,56."""

    def __init__(self, sign: Sign, *, grouped: bool = False) -> None:
        self.sign = sign
        self._plain = _PLAIN[sign]
        self._grouped = _GROUPED[sign] if grouped else None
        self._other = "." if sign == "," else ","

    def __call__(self, text: str, field: str) -> Decimal:
        if self._plain.fullmatch(text) and len(text) <= _DIGITS:
            return Decimal(text if self.sign == "." else text.replace(",", "."))
        if self._grouped and self._grouped.fullmatch(text) and len(text) <= _DIGITS:
            return Decimal(text.replace(self._other, "").replace(",", "."))
        raise self.refusal(text, field)

    def refusal(self, text: str, field: str) -> CellRefused:
        return NotADecimal(field, text, example=_EXAMPLES[self.sign])


class SignFinder:
    """Collects what a column's cells show of its decimal sign; `12` fits both signs."""

    def __init__(self, column: str) -> None:
        self._column = column
        self._first: dict[Sign, int] = {}
        self._unclear: tuple[int, str] | None = None

    def look_at(self, line: int, text: str) -> None:
        if text.isdigit():
            return
        point, comma = _reads(text, "."), _reads(text, ",")
        if point == comma:  # neither sign, or not a number
            return
        if point is not None and comma is not None:
            self._unclear = self._unclear or (line, text)
        else:
            self._first.setdefault("," if point is None else ".", line)

    def sign(self) -> Sign:
        """The column's sign. Raises FileRefused if nothing decides, or lines contradict."""
        if len(self._first) == 2:
            lines = self._first
            raise DecimalMixed(column=self._column, point_line=lines["."], comma_line=lines[","])
        if self._first:
            return next(iter(self._first))
        if self._unclear:
            line, text = self._unclear
            raise DecimalUnclear(
                column=self._column,
                line=line,
                value=text,
                point=_reads(text, "."),
                comma=_reads(text, ","),
            )
        return "."


def _reads(text: str, sign: Sign) -> Decimal | None:
    """The number read with this sign; None if the text is not a number then."""
    try:
        return _READERS[sign](text, "")
    except CellRefused:
        return None


_READERS: dict[Sign, DecimalReader] = {
    ".": DecimalReader(".", grouped=True),
    ",": DecimalReader(",", grouped=True),
}
