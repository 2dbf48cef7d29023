"""Plain values: whether they are there and fit their columns, and how errors name their fields."""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sippulse_ws.domain.errors import InvalidField, MissingField
from sippulse_ws.domain.values import (
    amount,
    domain_text,
    finite,
    password_text,
    present,
    required,
    rows_fit,
    storable,
    username_text,
    wire_name,
    within,
)
from sippulse_ws.models import Subscriber
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


def refused(check: Callable[..., Any], *arguments: Any, **named: Any) -> str:
    """What the InvalidField of this call says, in English."""
    with pytest.raises(InvalidField) as caught:
        check(*arguments, **named)
    return caught.value.message("en").removeprefix("Invalid value in field ")


@pytest.mark.parametrize("value", [None, ""])
def test_a_required_field_is_there_and_no_empty_text(value: str | None) -> None:
    with pytest.raises(MissingField) as caught:
        required({"rate_id": 1, "account_code": value}, "rate_id", "account_code")
    assert caught.value.values == {"field": "accountCode"}
    with pytest.raises(MissingField):
        required({}, "account_code")


@pytest.mark.parametrize("value", [0, False, 0.0, "0", " "])
def test_zero_and_no_are_values_too(value: object) -> None:
    required({"credit": value}, "credit")


def test_what_was_not_sent_is_not_present() -> None:
    sent = {"city": "", "cps": 0, "state": None, "zip": "88"}
    assert present(sent, ["city", "cps", "state", "number"]) == {"city": "", "cps": 0}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1, "0.100000"),
        (1, "1.000000"),
        (0.0000005, "0.000000"),
        (0.0000015, "0.000002"),
        (-0.0000025, "-0.000002"),
        (999_999_999_999.5, "999999999999.500000"),
        (Decimal("999999999999.999999"), "999999999999.999999"),
        (Decimal("-999999999999.999999"), "-999999999999.999999"),
    ],
)
def test_an_amount_is_what_its_shortest_writing_says_half_even(
    value: float | Decimal, expected: str
) -> None:
    assert str(amount(value, "credit")) == expected


@pytest.mark.parametrize("value", [1e12, -1e12, 1e13, -1e13, Decimal(10) ** 12, 1e308])
def test_an_amount_has_twelve_digits_before_the_point(value: float | Decimal) -> None:
    assert refused(amount, value, "credit") == "credit: value too large"


@pytest.mark.parametrize("check", [amount, finite])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_are_finite(check: Callable[..., Any], value: float) -> None:
    assert refused(check, value, "markup") == "markup: not a finite number"


def test_a_finite_number_stays_as_it_is() -> None:
    assert finite(-1e300, "markup") == -1e300


@pytest.mark.parametrize("value", [None, 3, 4, 5])
def test_both_ends_are_within_a_range(value: int | None) -> None:
    within(value, 3, 5, "mask")


@pytest.mark.parametrize("value", [-4, 2, 6])
def test_outside_a_range_is_refused_with_its_ends(value: int) -> None:
    assert refused(within, value, 3, 5, "mask") == "mask: must be between 3 and 5"


def test_names_are_those_of_sip_addresses() -> None:
    assert username_text("+55(48)3025'~1000") == "+55(48)3025'~1000"
    said = "username: contains a character that a SIP address does not allow"
    for name in ("a b", "a@b", "a:b", "a;b", "a,b", "a/b", "a?b", "a\\b", "a\x00", "a\x7f", '"a'):
        assert refused(username_text, name) == said
    assert refused(username_text, "a b", "alias") == said.replace("username", "alias")


def test_domains_are_lower_case() -> None:
    assert domain_text("Example.COM") == "example.com"
    assert domain_text("[2001:DB8::1]") == "[2001:db8::1]"
    assert refused(domain_text, "exa mple.com") == "domain: not a domain name"
    assert refused(domain_text, "Ü.com", "aliasDomain") == "aliasDomain: not a domain name"


def test_a_password_has_at_most_128_characters() -> None:
    assert password_text("x" * 128, "password") == "x" * 128
    assert refused(password_text, "x" * 129, "password") == "password: more than 128 characters"


# One column of each kind: text, key, money, double, integer, long, grammar, moment.
FITTING: dict[str, Any] = {
    "first_name": "José",
    "username": "1000",
    "account_code": "x" * 129,
    "credit": Decimal("0.500000"),
    "reseller_markup": 12.5,
    "call_limit": 2**31 - 1,
    "cps": -(2**31),
    "phone": 2**40,
    "rpid": "",
    "call_fwd": "sip:1@example.com",
    "credit_expires_at": None,
    "active": True,
}


def test_what_fits_its_columns_is_stored_as_it_is() -> None:
    assert storable(Subscriber, FITTING) == FITTING
    assert storable(Subscriber, FITTING | {"credit": 0.5}) == FITTING


def test_of_named_fields_those_that_are_there_are_stored() -> None:
    names = ["credit", "phone", "credit_expires_at", "city"]
    stored = storable(Subscriber, FITTING | {"credit": 0.5}, names=names)
    assert stored == {"credit": Decimal("0.500000"), "phone": 2**40}
    assert storable(Subscriber, FITTING, names=[]) == {}


UNFIT = [
    ("account_code", "x" * 130, "accountCode: more than 129 characters"),
    ("zip", "x" * 33, "zip: more than 32 characters"),
    ("call_limit", 2**31, "callLimit: number too large"),
    ("call_limit", -(2**31) - 1, "callLimit: number too large"),
    ("credit", 1e12, "credit: value too large"),
    ("reseller_markup", math.inf, "resellerMarkup: not a finite number"),
    ("username", "a\x01", "username: contains a control character"),
    ("call_fwd", "a b", "callFwd: neither a number nor a SIP address"),
    ("call_fwd", "x" * 300, "callFwd: more than 255 characters"),
]


@pytest.mark.parametrize(("name", "value", "said"), UNFIT)
def test_what_does_not_fit_its_column_is_named(name: str, value: object, said: str) -> None:
    assert refused(storable, Subscriber, {"city": "x", name: value}) == said
    assert refused(storable, Subscriber, {name: value}, "subscriber.") == f"subscriber.{said}"
    assert refused(storable, Subscriber, {name: value}, names=["city", name]) == said
    of_a_row = refused(storable, Subscriber, {name: value}, "2.", names=[name])
    assert of_a_row == f"2.{said}"
    assert storable(Subscriber, {name: value}, names=["city"]) == {}


@pytest.mark.parametrize(
    ("name", "values", "fit"),
    [
        ("low_credit_limit", [Decimal("1.5"), Decimal(0)], True),
        ("low_credit_limit", [Decimal(5), None], True),
        ("low_credit_limit", [5, Decimal(5)], False),  # equal, and yet not what is stored
        ("low_credit_limit", [Decimal(5), 5], False),
        ("low_credit_limit", [0.5], False),
        ("low_credit_limit", ["0.5"], False),
        ("low_credit_limit", [Decimal("0.0000001")], False),
        ("call_limit", [1, None, 2**31 - 1], True),
        ("call_limit", [1, 2**31], False),
        ("reseller_markup", [0.5, 2.0], True),
        ("reseller_markup", [0.5, math.inf], False),
        ("city", ["Natal", "São Paulo"], True),
        ("city", ["Natal", None], True),
        ("city", ["x" * 1000], False),
        ("username", ["ana", "a\x01"], False),
        ("call_fwd", ["5548999990000", "sip:ana@example.com"], True),
        ("call_fwd", ["5548999990000", "a b"], False),
    ],
)
def test_rows_fit_where_what_is_stored_is_the_same_in_type_and_value(
    name: str, values: list[Any], fit: bool
) -> None:
    assert rows_fit(Subscriber, [{name: value} for value in values]) is fit
    stored = []
    for value in values:
        try:
            stored.append(storable(Subscriber, {name: value})[name])
        except InvalidField:
            break
    same = [(type(one), one) for one in stored] == [(type(one), one) for one in values]
    assert same is fit
