"""A column of SubscriberDto is declared once; whatever handles subscribers takes it from there."""

import pytest
from sqlalchemy.sql import ClauseElement, Select

from sippulse_ws.domain import subscribers
from sippulse_ws.domain.new_subscribers import DEFAULTS
from sippulse_ws.files.kinds.subscribers import Subscribers
from sippulse_ws.wire.fields import Dto, fields_of
from sippulse_ws.wire.types import (
    SubscriberBillingInfoDto,
    SubscriberClassVDto,
    SubscriberDto,
    SubscriberServicesDto,
)

PASSWORDS = {"password", "password_portal"}
KEY = {"username", "domain"}
# What no request changes.
FIXED = {"id", "account_code", *KEY}


def names_of(dto: type[Dto]) -> list[str]:
    return [one.attribute for one in fields_of(dto)]


def selected(statement: ClauseElement) -> set[str]:
    assert isinstance(statement, Select)
    return {*statement.selected_columns.keys()}


DECLARED = [name for name in names_of(SubscriberDto) if name not in PASSWORDS]


def test_the_record_has_the_columns_of_the_dto_in_its_order() -> None:
    assert subscribers.CORE == DECLARED


@pytest.mark.parametrize(
    ("consumer", "names"),
    [
        ("retrieved", selected(subscribers.RETRIEVE)),
        ("retrieved with the principal", selected(subscribers.SUBSCRIBER.prepared.statement)),
        ("stored", {*DEFAULTS, "id"}),
        ("inserted and updated", {*subscribers.WRITTEN} | FIXED),
        ("in files", {one.name for one in Subscribers.fields} - PASSWORDS | {"id"}),
    ],
)
def test_what_handles_subscribers_has_them_all(consumer: str, names: set[str]) -> None:
    assert {*DECLARED} <= names, consumer


@pytest.mark.parametrize(
    ("dto", "columns"),
    [
        (SubscriberBillingInfoDto, subscribers.BILLING),
        (SubscriberClassVDto, subscribers.CLASS_V),
        (SubscriberServicesDto, [*subscribers.SERVICES, "email"]),
    ],
)
def test_a_part_has_the_columns_of_its_dto(dto: type[Dto], columns: list[str]) -> None:
    assert {*names_of(dto)} == {*columns} | KEY


def test_a_file_has_the_columns_in_the_order_of_the_dto_after_its_own() -> None:
    names = [one.name for one in Subscribers.fields]

    assert names[:5] == ["username", "domain", "profile", "password", "password_portal"]
    assert names[5:] == [name for name in DECLARED if name not in {*FIXED, "profile"}] + [
        "account_code"
    ]
