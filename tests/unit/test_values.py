"""Names under which errors tell a client of its fields."""

import pytest

from sippulse_ws.domain.values import wire_name
from sippulse_ws.services import SERVICES
from sippulse_ws.wire.fields import fields_of

FIELDS = {
    field.attribute: field.wire
    for service in SERVICES
    for method in service.public_methods.values()
    for part in fields_of(method.in_message)
    for field in (fields_of(part.model) if part.model is not None else [part])
}


@pytest.mark.parametrize("attribute", FIELDS)
def test_a_field_is_named_as_the_contract_names_it(attribute: str) -> None:
    assert wire_name(attribute) == FIELDS[attribute]
