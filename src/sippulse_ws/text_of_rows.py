"""Rows as one text: the format in which the database writes it and the wire reads it."""

from __future__ import annotations

from typing import NamedTuple

DECIMALS = 6  # of what is a double on the wire and exact in the database


class Column(NamedTuple):
    """A column, and the mark that follows its values in the text. Doubles have `DECIMALS`."""

    attribute: str
    kind: str
    mark: str


class RowText(NamedTuple):
    """The text, the number of rows, and the number of NULL marks in it."""

    text: str
    rows: int
    nulls: int
