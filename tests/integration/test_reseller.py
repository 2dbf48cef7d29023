"""ResellerWS: resellers and their credit."""

from decimal import Decimal
from typing import Any

import pytest

from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import CreditLedger, Reseller
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap


def reseller(**values: Any) -> dict[str, Any]:
    return {
        "domain": DOMAIN,
        "name": "Revenda ACME",
        "manager": "Ana Souza",
        "email": "ana@example.com",
        "username": "acme",
        "password": "s3nha-do-portal",
    } | values


def test_a_new_reseller_is_listed_without_its_password(soap: Soap, platform: Platform) -> None:
    number = soap("ResellerWS", "insertReseller", reseller=reseller(phone="48 3025-8080"))
    (listed,) = soap("ResellerWS", "listByDomain", domain=DOMAIN)
    assert (listed.id, listed.name, listed.username) == (number, "Revenda ACME", "acme")
    assert (listed.phone, listed.mobile, listed.credit) == ("48 3025-8080", None, 0.0)
    assert listed.password is None
    sealed = platform.one(Reseller, id=number).password
    assert Vault().open(sealed, f"Revenda ACME@{DOMAIN}", "password") == "s3nha-do-portal"


@pytest.mark.parametrize("name", ["name", "manager", "email", "username", "password"])
def test_what_a_reseller_needs(soap: Soap, platform: Platform, name: str) -> None:
    assert name in soap.fault("ResellerWS", "insertReseller", reseller=reseller(**{name: ""}))
    assert platform.rows(Reseller) == []


def test_names_are_unique_in_the_domain_and_portal_users_everywhere(
    soap: Soap, platform: Platform
) -> None:
    other = platform.domain("other.example.com")
    soap("ResellerWS", "insertReseller", reseller=reseller())
    fault = soap.fault("ResellerWS", "insertReseller", reseller=reseller(username="acme2"))
    assert "Revenda ACME" in fault
    fault = soap.fault("ResellerWS", "insertReseller", reseller=reseller(domain=other))
    assert fault == "Portal user already in use: username acme"
    soap("ResellerWS", "insertReseller", reseller=reseller(domain=other, username="acme2"))


def test_the_first_credit_stands_in_the_ledger(soap: Soap, platform: Platform) -> None:
    number = soap("ResellerWS", "insertReseller", reseller=reseller(credit=12.5))
    assert soap("ResellerWS", "retrieveResellerCredit", resellerId=number) == 12.5
    row = platform.one(CreditLedger, kind="reseller", account_id=number)
    assert (row.value, row.balance, row.administrator) == (Decimal("12.5"), Decimal("12.5"), "root")


def add(soap: Soap, value: Any, name: str = "ACME") -> Any:
    args = {"resellerName": name, "domain": DOMAIN, "value": value, "obs": "recarga"}
    return soap("ResellerWS", "addResellerCredit", **args)


def test_credit_is_added_and_taken_exactly_with_its_ledger(soap: Soap, platform: Platform) -> None:
    number = platform.reseller("ACME")
    for value in (0.1, 0.2, -0.05):
        add(soap, value)
    assert soap("ResellerWS", "retrieveResellerCredit", resellerId=number) == 0.25
    rows = platform.rows(CreditLedger, kind="reseller", account=f"ACME@{DOMAIN}")
    assert [(row.value, row.balance, row.obs) for row in rows] == [
        (Decimal("0.1"), Decimal("0.1"), "recarga"),
        (Decimal("0.2"), Decimal("0.3"), "recarga"),
        (Decimal("-0.05"), Decimal("0.25"), "recarga"),
    ]


@pytest.mark.parametrize("value", [None, 0.0, 1e-9, 1e12, -1e12])
def test_an_amount_that_cannot_be_meant_changes_nothing(
    soap: Soap, platform: Platform, value: Any
) -> None:
    platform.reseller("ACME")
    args = {"resellerName": "ACME", "domain": DOMAIN, "value": value}
    assert "value" in soap.fault("ResellerWS", "addResellerCredit", **args)
    assert platform.one(Reseller, name="ACME").credit == 0
    assert platform.rows(CreditLedger) == []


def test_credit_of_an_unknown_reseller(soap: Soap, platform: Platform) -> None:
    platform.reseller("ACME", platform.domain("other.example.com"))
    args = {"resellerName": "ACME", "domain": DOMAIN, "value": 1.0}
    assert f"ACME@{DOMAIN}" in soap.fault("ResellerWS", "addResellerCredit", **args)


def test_a_reseller_with_subscribers_stays(soap: Soap, platform: Platform) -> None:
    number = platform.reseller("ACME")
    for username in ("1000", "1001"):
        platform.subscriber(username, reseller_id=number)
    fault = soap.fault("ResellerWS", "deleteReseller", resellerId=number)
    assert fault == "Reseller in use by 2 subscriber(s)"
    for username in ("1000", "1001"):
        soap("SubscriberWS", "removeSubscriber", username=username, domain=DOMAIN)
    soap("ResellerWS", "deleteReseller", resellerId=number)
    assert soap("ResellerWS", "listByDomain", domain=DOMAIN) == []
    assert str(number) in soap.fault("ResellerWS", "deleteReseller", resellerId=number)
