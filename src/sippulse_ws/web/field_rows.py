"""The parameters and answers of an operation as rows of a table or of a form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from sippulse_ws.services.catalogue import PublishedOperation
from sippulse_ws.services.descriptions import (
    describe_field,
    describe_operation,
    example_arguments,
)
from sippulse_ws.web.markup import marked
from sippulse_ws.wire.fields import Field, fields_of
from sippulse_ws.wording import Wording

_LIST_OF = Wording("lista de {type}", "list of {type}")


@dataclass(frozen=True, slots=True)
class FieldRow:
    """`depth` counts enclosing objects; `path` has the names from the top, `[]` for lists."""

    name: str
    path: str
    depth: int
    kind: str  # "" for an object
    type: str
    many: bool
    needed: bool
    text: Markup
    example: str | None
    value: str  # the initial value in a form

    @property
    def id(self) -> str:
        return self.path.replace(".", "-").replace("[]", "")


def field_rows(
    operation: PublishedOperation, language: str, *, answer: bool = False
) -> list[FieldRow]:
    fields = operation.parameters
    if answer:
        fields = (operation.returns,) if operation.returns else ()
    return list(_rows(fields, operation, language))


def input_rows(operation: PublishedOperation, language: str) -> list[FieldRow]:
    """The parameters as rows, without the principal, which has fields of its own in a form."""
    return list(_rows(operation.own_parameters, operation, language))


def _rows(
    fields: tuple[Field, ...],
    operation: PublishedOperation,
    language: str,
    path: str = "",
    of_type: str = "",
) -> Iterator[FieldRow]:
    needed = describe_operation(operation).needed
    for one in fields:
        told = describe_field(one, of_type)
        here = f"{path}.{one.wire}" if path else one.wire
        plain = here.replace("[]", "")
        is_principal = plain == "principal" or plain.startswith("principal.")
        example = told.example
        yield FieldRow(
            name=one.wire,
            path=here,
            depth=here.count("."),
            kind=one.kind,
            type=_type_of(one, language),
            many=one.many,
            needed=plain in needed or is_principal,
            text=marked(told.text.text(language)),
            example=None if example is None else _shown(example),
            value=_value(operation, plain),
        )
        if one.model is not None:
            inner = f"{here}[]" if one.many else here
            name = one.model.__type_name__
            yield from _rows(tuple(fields_of(one.model)), operation, language, inner, name)


def _type_of(one: Field, language: str) -> str:
    name = one.kind if one.model is None else one.model.__type_name__
    if not one.many:
        return name
    return _LIST_OF.text(language, type=name)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _value(operation: PublishedOperation, path: str) -> str:
    """The example's value at a path, as text for a form."""
    value: Any = example_arguments(operation)
    for step in path.split("."):
        if isinstance(value, list):
            value = value[0]
        if not isinstance(value, dict) or step not in value:
            return ""
        value = value[step]
    if isinstance(value, list):
        return " ".join(map(_shown, value)) if not isinstance(value[0], dict) else ""
    return "" if isinstance(value, dict) else _shown(value)
