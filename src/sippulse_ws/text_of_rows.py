"""Rows as one text: what the database that makes it and the wire that reads it agree on."""

from __future__ import annotations

from typing import NamedTuple

DECIMALS = 6  # of what is a double on the wire and exact in the database


class Column(NamedTuple):
    """A value of each row, and what follows it in the text. A double comes with `DECIMALS`."""

    attribute: str
    kind: str
    mark: str


class RowText(NamedTuple):
    """The whole text, how many rows it is, and how many values in it are the mark of NULL."""

    text: str
    rows: int
    nulls: int
