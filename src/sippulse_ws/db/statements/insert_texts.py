"""An INSERT of many rows as text, written column by column.

The driver's quoting is not called for a column of strings without a character to escape; a value
that is the same in all rows is written once, into the pattern of which every row is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from sippulse_ws.db.statements.drivers import LITERALS, Literal

PACKET = 500_000  # bytes of rows in one statement; max_allowed_packet is 1 MiB or more
_ESCAPED = "\\'\"\0\n\r\x1a"  # by mysql_real_escape_string() and PyMySQL, whatever the SQL mode
_STEP = 1000  # rows that are written together


class NumberTexts(list[str]):
    """A column of exact numbers as text, as `12.50`; it goes into the SQL unchanged."""

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return NumberTexts(found) if isinstance(index, slice) else found

    def decimals(self) -> list[Decimal]:
        return list(map(Decimal, self))


def insert_texts(
    head: bytes, columns: Sequence[Sequence[Any]], tail: bytes, quote: Literal
) -> Iterator[bytes]:
    """Statements with PACKET bytes of rows at most, or one longer row. `columns`: bound values."""
    written: list[bytes] = []
    length = 0
    for start in range(0, len(columns[0]), _STEP):
        rows = _rows([column[start : start + _STEP] for column in columns], quote)
        together = ",".join(rows).encode()
        for text in [together] if len(together) <= PACKET else map(str.encode, rows):
            if written and length + len(text) > PACKET:
                yield head + b",".join(written) + tail
                written, length = [], 0
            written.append(text)
            length += len(text)
    if written:
        yield head + b",".join(written) + tail


def _rows(columns: Sequence[Sequence[Any]], quote: Literal) -> list[str]:
    """`(1,'a',NULL)` of each row."""
    patterns, varying = [], []
    for column in columns:
        pattern, values = _column(column, quote)
        patterns.append(pattern)
        if values is not None:
            varying.append(values)
    pattern = f"({','.join(patterns)})"
    if not varying:
        return [pattern % ()] * len(columns[0])
    return list(map(pattern.__mod__, zip(*varying, strict=True)))


def _column(values: Sequence[Any], quote: Literal) -> tuple[str, Sequence[str] | None]:
    """A column's part of the row pattern, and each row's text for it; None if all are the same."""

    def literal(value: Any) -> str:
        kind = type(value)
        return (quote(value) if kind is str else LITERALS[kind](value)).decode()

    if isinstance(values, NumberTexts):
        return "%s", values
    if values.count(values[0]) == len(values):
        return literal(values[0]).replace("%", "%%"), None
    if set(map(type, values)) == {str}:
        together = "".join(values)
        if not any(one in together for one in _ESCAPED):
            return "'%s'", values
    known = {one: literal(one) for one in set(values)}
    return "%s", list(map(known.__getitem__, values))
