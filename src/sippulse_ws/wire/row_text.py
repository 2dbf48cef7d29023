"""Lists whose rows the database sends as one text, and how that becomes XML.

A row by itself costs a driver more than all that is done with it here. So the database joins the
values of all rows to one text, each followed by the mark of its column, and the marks become tags.
They are characters that XML cannot have: where they do not follow each other as in whole rows, one
stands in a value, and the list has to be read row by row. So has one with a number that is not
written here.
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
_DONE = b"\0"  # for a moment, the mark of what has no more zeros to lose
_NO_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())
_KINDS = {"string", *DEFAULTS}


class Shape:
    """What the text of rows has to look like, for a repeated field of a complex type.

    `below` is what doubles have to be less than; they must not be negative either.
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

    def elements(self, told: RowText) -> bytes | None:
        """The elements of all rows; None if the text alone does not tell what they are."""
        if not told.rows:
            return b""
        made = told.text.encode()
        if not self._has_rows(made, told) or any(one in made for one in _NO_CHARACTERS):
            return None
        made = self._row[-1:] + _escaped(made)
        for mark in self._doubles:
            made = _with_doubles(made, mark)
        if told.nulls:
            for null, default in self._defaults:
                made = made.replace(null, default)
        for mark, tags in self._tags:
            made = made.replace(mark, tags)
        made = made[self._cut]
        if told.nulls:
            for empty in self._empty:
                made = made.replace(empty, b"")
        return made

    def _has_rows(self, made: bytes, told: RowText) -> bool:
        """Whether nothing but the marks of so many rows and NULLs are control characters in it."""
        controls = made.translate(None, _NO_CONTROLS)
        marks = controls.replace(_NULL, b"")
        return len(controls) - len(marks) == told.nulls and marks == self._row * told.rows


@cache
def shape_of(returns: Field | None) -> Shape | None:
    """For a repeated field of plain values, in so far as there are marks for them."""
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
    """Decimals as Java writes a double: no zeros at the end but one after the point."""
    for zeros in range(DECIMALS - 1, 0, -1):
        made = made.replace(b"0" * zeros + mark, _DONE)
    made = made.replace(_DONE, mark)
    if b"0.000" in made:  # below a thousandth, perhaps
        small = re.compile(rb"(?<![0-9])0\.000[0-9]+" + mark)
        made = small.sub(lambda found: _small(found[0][:-1]) + mark, made)
    return made


def _small(text: bytes) -> bytes:
    return print_double(Decimal(text.decode())).encode()
