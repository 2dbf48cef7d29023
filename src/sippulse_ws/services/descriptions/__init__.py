"""Descriptions of operations and fields in both languages: a file per service, and fields.toml.

The files are read at the first use, so never by a server that answers only SOAP.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from sippulse_ws.services.catalogue import PublishedOperation
from sippulse_ws.wire.fields import Field, fields_of
from sippulse_ws.wording import Wording


@dataclass(frozen=True, slots=True)
class FieldDescription:
    """What a field means, and an example as a JSON value; objects have none."""

    text: Wording
    example: Any = None


@dataclass(frozen=True, slots=True)
class OperationDescription:
    """What an operation does.

    `needed`: paths of required parameters, such as `did.domain`. `faults`: error codes of its own.
    `row_faults`: codes that a row-refused fault may contain.
    """

    text: Wording
    needed: frozenset[str]
    faults: tuple[str, ...]
    effect: Wording | None = None  # on calls, phones, SIP proxies or money
    row_faults: tuple[str, ...] = ()
    example: dict[str, Any] = field(default_factory=dict)  # JSON values by path


def describe_service(service: str) -> Wording:
    return _text(_load(service)["service"])


@cache
def describe_operation(operation: PublishedOperation) -> OperationDescription:
    """The description under the operation's canonical name; KeyError if there is none."""
    entry = _load(operation.service)[operation.canonical]
    effect = Wording(entry["effect_pt"], entry["effect_en"]) if "effect_pt" in entry else None
    return OperationDescription(
        text=_text(entry),
        needed=frozenset(entry["needed"]),
        faults=tuple(entry["faults"]),
        effect=effect,
        row_faults=tuple(entry.get("row_faults", ())),
        example=entry.get("example", {}),
    )


def describe_field(one: Field, of_type: str = "") -> FieldDescription:
    """`of_type` is the contract's name of the field's complex type; KeyError if not described."""
    known = _load("fields")
    if one.model is not None:
        entry = known["objects"][one.wire]
    else:
        entry = known.get(of_type, {}).get(one.wire) or known["any"][one.wire]
    return FieldDescription(_text(entry), entry.get("example"))


def example_arguments(operation: PublishedOperation) -> dict[str, Any]:
    """JSON values of parameters that work on the demo data, without the principal."""
    description = describe_operation(operation)
    return {
        one.wire: _example(one, description, one.wire, "")
        for one in operation.own_parameters
        if one.wire in description.needed or one.wire in _roots(description.example)
    }


def _example(one: Field, description: OperationDescription, path: str, of_type: str) -> Any:
    if path in description.example:
        return description.example[path]
    if one.model is None:
        value = describe_field(one, of_type).example
    else:
        name = one.model.__type_name__
        value = {
            inner.wire: _example(inner, description, f"{path}.{inner.wire}", name)
            for inner in fields_of(one.model)
            if inner.required
            or f"{path}.{inner.wire}" in description.needed
            or f"{path}.{inner.wire}" in description.example
        }
    return [value] if one.many else value


def _roots(paths: dict[str, Any]) -> set[str]:
    return {path.partition(".")[0] for path in paths}


def _text(entry: dict[str, Any]) -> Wording:
    return Wording(entry["pt"], entry["en"])


@cache
def _load(name: str) -> dict[str, Any]:
    text = files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
