"""Reads requests with long lists of objects by columns, where their rows are plain and all alike.

Whatever is unusual in a request is left to the readers of elements, so that what it means, and
what is said of it, is the same.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from lxml import etree
from spyne import Fault

from sippulse_ws.row_columns import RowColumns

from .envelope import open_envelope, parse
from .faults import WSException
from .fields import Field
from .lexical import WHITE, parse_string
from .plain_rows import LEAST_BYTES, MARK, cut_rows
from .reading import Plan

_doubles = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?<)*").fullmatch


class RepeatedObject(NamedTuple):
    """A parameter that is a list of objects."""

    field: Field
    place: int  # among the parameters
    plan: Plan  # how one object is read


class ReadRows(NamedTuple):
    """A document with the first row of a list, and all the rows for the parameter."""

    document: etree._Element
    place: int
    rows: RowColumns


class BulkReader:
    """Knows the operations of an endpoint that take a list of objects, by their tags."""

    def __init__(self, operations: Mapping[str, RepeatedObject]) -> None:
        self._operations = operations
        self._names = {one.field.wire for one in operations.values()}

    def read(self, body: bytes) -> ReadRows | None:
        """None if there are few rows, or if they are to be read as elements."""
        # An attribute name stands in the bytes as it is, and this one has a prefix.
        if not self._names or len(body) < LEAST_BYTES or b":nil" in body:
            return None
        for name in self._names:
            cut = cut_rows(body, name)
            if cut is not None:
                return self._read(cut.document, cut.columns)
        return None

    def _read(self, document: bytes, columns: list[list[str]]) -> ReadRows | None:
        try:
            root = parse(document)
            element, _ = open_envelope(root)
        except Fault:
            return None
        if (repeated := self._operations.get(element.tag)) is None:
            return None
        children = list(element)
        tags = [child.tag for child in children]
        fields = repeated.plan.fields
        of_rows = [place for place, tag in enumerate(tags) if _is(tag, repeated.field)]
        # the mark stands where it was put, and all rows are before it
        if len(of_rows) != 1 or tags[of_rows[0] + 1 : of_rows[0] + 2] != [MARK]:
            return None
        first = [fields.get(child.tag) for child in children[of_rows[0]]]
        if len(first) != len(columns) or None in first:
            return None
        read = _values([one for one in first if one is not None], columns, repeated.plan)
        if read is None:
            return None
        element.remove(children[of_rows[0] + 1])
        absent = dict.fromkeys(repeated.plan.absent, [None] * len(columns[0]))
        return ReadRows(root, repeated.place, RowColumns({**absent, **read}))


def _is(tag: str, field: Field) -> bool:
    return tag.rpartition("}")[2].lower() == field.wire.lower()


def _values(
    fields: list[Field], columns: list[list[str]], plan: Plan
) -> dict[str, list[Any]] | None:
    """The columns by attribute; None if a field comes twice or a text is none of its values."""
    values: dict[str, list[Any]] = {}
    for field, texts in zip(fields, columns, strict=True):
        if field.model is not None or field.many or field.attribute in values:
            return None
        parse_text = plan.parsers[field.wire]
        if parse_text is parse_string:
            values[field.attribute] = texts
        elif field.kind == "double" and _doubles("<".join(texts) + "<"):
            values[field.attribute] = list(map(float, texts))
        else:
            try:
                known = {text: parse_text(text) for text in set(texts)}
            except WSException:
                return None
            if any(value is None and text.strip(WHITE) for text, value in known.items()):
                return None
            values[field.attribute] = list(map(known.__getitem__, texts))
    return values
