"""Every operation and every field is described, in both languages."""

from typing import Any

import pytest

from sippulse_ws.domain.errors import DomainError
from sippulse_ws.services import SERVICES
from sippulse_ws.services.catalogue import PublishedOperation, every_operation
from sippulse_ws.services.descriptions import (
    describe_field,
    describe_operation,
    describe_service,
)
from sippulse_ws.services.faults import possible_faults
from sippulse_ws.web.json_values import ObjectReader
from sippulse_ws.wire.fields import Field, fields_of

OPERATIONS = list(every_operation())


def errors(kind: type[DomainError] = DomainError) -> set[str]:
    codes = {kind.code} if hasattr(kind, "code") else set()
    return codes.union(*(errors(one) for one in kind.__subclasses__()))


def described(pt: str, en: str) -> bool:
    return len(pt) > 2 and len(en) > 2 and pt.endswith(".") and en.endswith(".")


def every_field(fields: tuple[Field, ...], of_type: str = "") -> list[tuple[Field, str]]:
    found = []
    for one in fields:
        found.append((one, of_type))
        if one.model is not None:
            found += every_field(tuple(fields_of(one.model)), one.model.__type_name__)
    return found


@pytest.mark.parametrize("service", [one.__name__ for one in SERVICES])
def test_services_are_described(service: str) -> None:
    text = describe_service(service)
    assert described(text.pt, text.en)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.service}.{one.name}")
def test_operations_are_described(operation: PublishedOperation) -> None:
    told = describe_operation(operation)
    assert described(told.text.pt, told.text.en)
    assert told.effect is None or described(told.effect.pt, told.effect.en)
    assert {*told.faults, *told.row_faults} <= errors()
    assert bool(told.row_faults) == ("row-refused" in told.faults)
    assert possible_faults(operation) <= errors()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.service}.{one.name}")
def test_fields_are_described_with_an_example_of_their_type(operation: PublishedOperation) -> None:
    returns = (operation.returns,) if operation.returns else ()
    for one, of_type in every_field((*operation.parameters, *returns)):
        told = describe_field(one, of_type)
        assert described(told.text.pt, told.text.en), one.wire
        if one.model is None and one.wire != "return":
            given: Any = [told.example] if one.many else told.example
            assert given is not None, one.wire
            ObjectReader([one]).values({one.wire: given})


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.service}.{one.name}")
def test_what_is_needed_is_a_parameter(operation: PublishedOperation) -> None:
    paths = set()
    for one in operation.own_parameters:
        paths.add(one.wire)
        if one.model is not None:
            paths |= {f"{one.wire}.{inner.wire}" for inner in fields_of(one.model)}
    told = describe_operation(operation)
    assert told.needed <= paths
    assert told.example.keys() <= paths
