"""CustomerWS: the subscriber's own username, domain and password."""

from typing import Any

import pytest

from sippulse_ws.models import Subscriber
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap

KEY: dict[str, Any] = {"username": "1000", "domain": DOMAIN}
FAILED = "Invalid login or password"
SIP, PORTAL = "sip-Senha", "portal-Senha"


@pytest.fixture(autouse=True)
def customer(platform: Platform) -> int:
    platform.domain("other.example.com")
    platform.subscriber("1000", "other.example.com")
    return platform.subscriber("1000", password=SIP, password_portal=PORTAL, first_name="Ana")


@pytest.mark.parametrize(
    ("setting", "accepted"),
    [("either", (SIP, PORTAL)), ("sip", (SIP,)), ("portal", (PORTAL,))],
)
def test_which_password_counts_is_a_setting(
    setting: str, accepted: tuple[str, ...], app_with: Any
) -> None:
    soap = app_with(customer_password=setting, language="en")
    for password in (SIP, PORTAL):
        for operation in ("authenticate", "retrieveCustomerCredit"):
            if password in accepted:
                soap("CustomerWS", operation, **KEY, password=password)
            else:
                assert soap.fault("CustomerWS", operation, **KEY, password=password) == FAILED


def test_authenticate_answers_the_subscriber_without_passwords(soap: Soap, customer: int) -> None:
    read = soap("CustomerWS", "authenticate", username="1000", domain=DOMAIN.upper(), password=SIP)
    assert (read.id, read.firstName, read.password, read.passwordPortal) == (
        customer,
        "Ana",
        None,
        None,
    )


def test_the_customers_credit_is_the_subscribers(soap: Soap) -> None:
    soap("SubscriberWS", "addCredit", **KEY, value=12.34)
    assert soap("CustomerWS", "retrieveCustomerCredit", **KEY, password=PORTAL) == 12.34


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "wrong"},
        {"password": ""},
        {"password": None},
        {"password": SIP.upper()},
        {"username": "1001"},
        {"username": "1000 "},
        {"username": None},
        {"domain": "other.example.com"},
        {"domain": "nowhere.example.com"},
        {"domain": None},
    ],
)
def test_whatever_is_wrong_the_fault_is_the_same(wrong: dict[str, Any], soap: Soap) -> None:
    values = KEY | {"password": SIP} | wrong
    assert soap.fault("CustomerWS", "authenticate", **values) == FAILED
    assert soap.fault("CustomerWS", "retrieveCustomerCredit", **values) == FAILED


def test_an_administrator_is_no_customer(soap: Soap, platform: Platform) -> None:
    values: dict[str, Any] = {"username": "root", "domain": DOMAIN}
    values["password"] = platform.principal["password"]
    assert soap.fault("CustomerWS", "authenticate", **values) == FAILED


@pytest.mark.parametrize(("used", "other"), [(SIP, PORTAL), (PORTAL, SIP)])
def test_the_password_that_matched_is_the_one_that_changes(
    used: str, other: str, soap: Soap
) -> None:
    change(soap, used, "nova")
    retrieve = {SIP: "retrievePassword", PORTAL: "retrievePasswordWEB"}
    assert soap("SubscriberWS", retrieve[used], **KEY) == "nova"
    assert soap("SubscriberWS", retrieve[other], **KEY) == other
    soap("CustomerWS", "authenticate", **KEY, password="nova")
    assert soap.fault("CustomerWS", "authenticate", **KEY, password=used) == FAILED


def test_the_setting_holds_for_changes_too(app_with: Any, platform: Platform) -> None:
    soap = app_with(customer_password="portal", language="en")
    before = platform.rows(Subscriber)
    assert refused(soap, SIP, "nova", "nova") == FAILED
    assert platform.rows(Subscriber) == before
    change(soap, PORTAL, "nova")


def test_a_change_needs_a_confirmed_password(soap: Soap, platform: Platform) -> None:
    before = platform.rows(Subscriber)
    assert "confirmation" in refused(soap, SIP, "nova", "outra")
    assert "newPassword" in refused(soap, SIP, "", "")
    assert "newPassword" in refused(soap, SIP, None, None)
    assert platform.rows(Subscriber) == before


def change(soap: Soap, actual: str, new: str) -> None:
    values: dict[str, Any] = {"newPassword": new, "confirmNewPassword": new}
    values["actualPassword"] = actual
    soap("CustomerWS", "changeCustomerPassword", **KEY, **values)


def refused(soap: Soap, actual: str, new: str | None, again: str | None) -> str:
    values: dict[str, Any] = {"newPassword": new, "confirmNewPassword": again}
    values["actualPassword"] = actual
    return soap.fault("CustomerWS", "changeCustomerPassword", **KEY, **values)
