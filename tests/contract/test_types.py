"""The complex types of the wire are those of contract.json."""

from typing import Any

import pytest

from sippulse_ws.wire import types
from sippulse_ws.wire.faults import WSException
from sippulse_ws.wire.fields import fields_of
from sippulse_ws.wire.names import NAMESPACE, SERVICE_NAME, snake_case

from .contract_services import CONTRACT, MODELS


def notation(model: Any) -> list[str]:
    fields = []
    for field in fields_of(model):
        kind = field.kind if field.model is None else field.model.__type_name__
        mark = "*" if field.many else "" if field.required else "?"
        fields.append(f"{field.wire}:{kind}{mark}")
    return fields


def test_there_is_a_class_for_every_type() -> None:
    assert MODELS.keys() == CONTRACT["types"].keys() - {"wsExceptionMessage"}


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_type_has_the_fields_of_the_contract_in_its_order(name: str) -> None:
    assert notation(MODELS[name]) == CONTRACT["types"][name]["fields"]


@pytest.mark.parametrize("name", sorted(MODELS))
def test_an_attribute_is_the_wire_name_in_snake_case(name: str) -> None:
    fields = fields_of(MODELS[name])
    assert list(MODELS[name]._type_info) == [field.attribute for field in fields]


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_type_has_the_aliases_of_the_contract(name: str) -> None:
    aliases = CONTRACT["types"][name].get("fieldAliases", {})
    assert aliases == MODELS[name].ALIASES


def test_the_fault_is_that_of_the_contract() -> None:
    assert WSException.get_type_name() == CONTRACT["fault"]["type"]
    assert WSException.get_element_name() == CONTRACT["fault"]["element"]
    assert notation(WSException) == CONTRACT["types"]["wsExceptionMessage"]["fields"]


def test_names_are_those_of_the_contract() -> None:
    named = CONTRACT["namespace"], CONTRACT["serviceName"]
    assert named == (NAMESPACE, SERVICE_NAME)


@pytest.mark.parametrize(
    ("wire", "attribute"),
    [
        ("accountCode", "account_code"),
        ("blockEntry0303", "block_entry0303"),
        ("voiceMailPassword", "voice_mail_password"),
        ("emailAddress", "email_address"),
        ("copyPassertedRpid", "copy_passerted_rpid"),
        ("id", "id"),
    ],
)
def test_snake_case(wire: str, attribute: str) -> None:
    assert snake_case(wire) == attribute


def test_classes_bear_the_name_of_their_type() -> None:
    for name in types.__all__:
        model = getattr(types, name)
        assert model.__name__ == name
        wire = model.__type_name__.removesuffix("DTO")
        assert name == f"{wire[0].upper()}{wire[1:]}Dto"
