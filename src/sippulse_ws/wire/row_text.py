"""Turns the rows of a list, which the database sends as one text, into XML.

Fetching a row costs the driver more than all that is done with it here. So the database joins the
values of all rows into one text, with a mark after each value that names its column, and here the
marks are replaced by tags. The marks are control characters, which XML does not allow. If they do
not stand in the order of whole rows, a value contains one, and the list has to be read row by row.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache

from sippulse_ws.text_of_rows import DECIMALS, Column, RowText

from .fields import Field, fields_of
from .lexical import DEFAULTS, print_double

_ALL = [*range(0x01, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20)]
*_MARKS, _NULL = (bytes([one]) for one in _ALL)
_NO_CONTROLS = bytes(set(range(256)) - {0, *_ALL})
_DONE = b"\0"  # the mark of a double while it has no more zeros at its end
_NO_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())
_KINDS = {"string", *DEFAULTS}


class Shape:
    """The format of the text for a repeated field of a complex type.

    Doubles must be at least 0 and less than `below`, from which on Java writes an exponent.
    """

    null = _NULL.decode()
    below = 10**7

    def __init__(self, wire: str, fields: list[Field]) -> None:
        marked = list(zip(fields, _MARKS, strict=False))
        self.columns = tuple(Column(one.attribute, one.kind, mark.decode()) for one, mark in marked)
        starts = [f"<{one.wire}>".encode() for one in fields]
        between = f"</{wire}><{wire}>".encode()
        follow = [*starts[1:], between + starts[0]]
        ends = [f"</{one.wire}>".encode() for one in fields]
        self._tags = [
            (mark, end + start) for (_, mark), end, start in zip(marked, ends, follow, strict=True)
        ]
        self._row = b"".join(mark for _, mark in marked)
        self._cut = slice(len(ends[-1]) + len(f"</{wire}>"), -len(f"<{wire}>") - len(starts[0]))
        self._doubles = [mark for one, mark in marked if one.kind == "double"]
        self._defaults = [
            (_NULL + mark, DEFAULTS[one.kind].encode() + mark)
            for one, mark in marked
            if one.required and one.kind in DEFAULTS
        ]
        self._empty = [start + _NULL + end for start, end in zip(starts, ends, strict=True)]

    def elements(self, source: RowText) -> bytes | None:
        """The XML of all rows; None if a value contains a character that XML does not allow."""
        if not source.rows:
            return b""
        made = source.text.encode()
        if not self._has_rows(made, source) or any(one in made for one in _NO_CHARACTERS):
            return None
        made = self._row[-1:] + _escaped(made)
        for mark in self._doubles:
            made = _with_doubles(made, mark)
        if source.nulls:
            for null, default in self._defaults:
                made = made.replace(null, default)
        for mark, tags in self._tags:
            made = made.replace(mark, tags)
        made = made[self._cut]
        if source.nulls:
            for empty in self._empty:
                made = made.replace(empty, b"")
        return made

    def _has_rows(self, made: bytes, source: RowText) -> bool:
        """Whether the control characters are exactly the marks of all rows and the NULLs."""
        controls = made.translate(None, _NO_CONTROLS)
        marks = controls.replace(_NULL, b"")
        return len(controls) - len(marks) == source.nulls and marks == self._row * source.rows


@cache
def shape_of(returns: Field | None) -> Shape | None:
    """The shape of a repeated field; None if its type is not flat or has too many fields."""
    if returns is None or returns.model is None or not returns.many:
        return None
    fields = fields_of(returns.model)
    plain = all(one.kind in _KINDS and not one.many for one in fields)
    return Shape(returns.wire, fields) if plain and len(fields) <= len(_MARKS) else None


def _escaped(made: bytes) -> bytes:
    for raw, written in ((b"&", b"&amp;"), (b"<", b"&lt;"), (b">", b"&gt;"), (b"\r", b"&#13;")):
        if raw in made:
            made = made.replace(raw, written)
    return made


def _with_doubles(made: bytes, mark: bytes) -> bytes:
    """Decimals as Java writes a double: no trailing zeros, except one after the point."""
    for zeros in range(DECIMALS - 1, 0, -1):
        made = made.replace(b"0" * zeros + mark, _DONE)
    made = made.replace(_DONE, mark)
    if b"0.000" in made:  # below a thousandth, perhaps
        small = re.compile(rb"(?<![0-9])0\.000[0-9]+" + mark)
        made = small.sub(lambda found: _small(found[0][:-1]) + mark, made)
    return made


def _small(text: bytes) -> bytes:
    return print_double(Decimal(text.decode())).encode()
