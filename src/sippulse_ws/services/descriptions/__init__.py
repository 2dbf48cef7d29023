"""What operations and fields mean, in both languages: a file per service, and fields.toml.

Read at the first use: a server that answers SOAP alone never does.
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
    """A field's meaning, and an example as JSON; None for an object."""

    text: Wording
    example: Any = None


@dataclass(frozen=True, slots=True)
class OperationDescription:
    """`needed`: paths of parameters without which it is a fault; `faults`: codes of its own.

    `row_faults`: the reasons of row-refused.
    """

    text: Wording
    needed: frozenset[str]
    faults: tuple[str, ...]
    effect: Wording | None = None  # beyond the database
    row_faults: tuple[str, ...] = ()
    example: dict[str, Any] = field(default_factory=dict)  # values by path, instead of the fields'


def describe_service(service: str) -> Wording:
    return _text(_load(service)["service"])


@cache
def describe_operation(operation: PublishedOperation) -> OperationDescription:
    """KeyError for an operation that nobody has described."""
    told = _load(operation.service)[operation.canonical]
    effect = Wording(told["effect_pt"], told["effect_en"]) if "effect_pt" in told else None
    return OperationDescription(
        text=_text(told),
        needed=frozenset(told["needed"]),
        faults=tuple(told["faults"]),
        effect=effect,
        row_faults=tuple(told.get("row_faults", ())),
        example=told.get("example", {}),
    )


def describe_field(one: Field, of_type: str = "") -> FieldDescription:
    """`of_type` is the contract's name of the complex type it stands in; KeyError if unknown."""
    known = _load("fields")
    if one.model is not None:
        told = known["objects"][one.wire]
    else:
        told = known.get(of_type, {}).get(one.wire) or known["any"][one.wire]
    return FieldDescription(_text(told), told.get("example"))


def example_arguments(operation: PublishedOperation) -> dict[str, Any]:
    """Parameters of a call that works on the demo data, as JSON, without the principal."""
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


def _text(told: dict[str, Any]) -> Wording:
    return Wording(told["pt"], told["en"])


@cache
def _load(name: str) -> dict[str, Any]:
    text = files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
