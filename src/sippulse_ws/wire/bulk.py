"""Reads long lists of objects in requests by columns, if all their rows have the same simple form.

Any other request is left to the element readers (`reading.py`), so that its values and faults do
not depend on the length of a list.
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
    place: int  # its index among the parameters
    plan: Plan  # how one object is read


class ReadRows(NamedTuple):
    """A document in which only the first row of a list is left, and all rows of that list."""

    document: etree._Element
    place: int  # index of the parameter that is the list
    rows: RowColumns


class BulkReader:
    """Reads requests of the operations that take a list of objects, which are given by tag."""

    def __init__(self, operations: Mapping[str, RepeatedObject]) -> None:
        self._operations = operations
        self._names = {one.field.wire for one in operations.values()}

    def read(self, body: bytes) -> ReadRows | None:
        """None if the request is short, or if its rows have to be read as elements."""
        # xsi:nil always has a prefix, and XML has no other way to write the name.
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
        # the mark follows the only row left; if not, it was put inside of another element
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
    """The columns by attribute; None if a field comes twice or a text is not of its type."""
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
