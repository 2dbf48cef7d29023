"""Rights: who may do what, and what somebody without the grant can learn (nothing)."""

from typing import Any

import pytest

from sippulse_ws.models import Audit, Base, DbAlias, Did, HuntGroup, RatePlan, Subscriber
from sippulse_ws.services import SERVICES
from tests.factories.platform import DOMAIN, Platform
from tests.soap import NAMESPACE, Soap, parsed_wsdl, principal_xml

OTHER = "other.example.com"
CUSTOMERS = "CustomerWS"
OPERATIONS = [
    (service.__name__, name)
    for service in SERVICES
    if service.__name__ != CUSTOMERS
    for name in sorted(service.public_methods)
]
LOGIN_FAILED = "Invalid login or password"


@pytest.fixture
def stranger(platform: Platform) -> dict[str, str]:
    """An administrator of another domain only."""
    return platform.administrator("stranger", platform.domain(OTHER))


def test_the_list_of_operations_is_that_of_the_wsdls(soap: Soap) -> None:
    published = set()
    for service in SERVICES:
        client = parsed_wsdl(soap.http.get(f"/SipPulse/{service.__name__}?wsdl").data)
        binding = client.wsdl.bindings[f"{{{NAMESPACE}}}{service.__name__}PortBinding"]
        published |= {(service.__name__, name) for name in binding._operations}
    assert {one for one in published if one[0] != CUSTOMERS} == set(OPERATIONS)
    assert len(OPERATIONS) > 50


@pytest.mark.parametrize(
    "bad",
    [
        {"login": "root", "password": "wrong"},
        {"login": "root", "password": ""},
        {"login": "Root", "password": "password of root"},
        {"login": "root ", "password": "password of root"},
        {"login": "", "password": "password of root"},
        {"login": "nobody", "password": "password of root"},
        {"login": "x" * 500, "password": "password of root"},
        None,
    ],
)
def test_every_operation_refuses_bad_credentials_with_the_same_words(
    bad: dict[str, str] | None, soap: Soap, platform: Platform
) -> None:
    platform.subscriber("1000")
    key = f"<username>1000</username><domain>{DOMAIN}</domain>"
    for service, operation in OPERATIONS:
        for body in ("", key):
            answer = soap.post(service, operation, body + (principal_xml(bad) if bad else ""))
            assert (answer.status_code, LOGIN_FAILED in answer.text) == (500, True), operation


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_no_operation_is_without_a_right(
    service: str, operation: str, soap: Soap, platform: Platform
) -> None:
    """One who is granted nothing gets a fault, an empty list, or is told what is missing."""
    platform.subscriber("1000")
    platform.free_number("1")
    nobody = principal_xml(platform.administrator("nobody"))
    before = contents(platform)
    for domain in (DOMAIN, "nowhere.example.com"):
        fields = f"<username>1000</username><domain>{domain}</domain>"
        answer = soap.post(service, operation, fields + nobody)
        text = answer.text
        assert "1000" not in text.replace(f"1000@{domain}", "") or answer.status_code == 500
        assert answer.status_code == 500 or text.count("<") <= 8, text
    assert contents(platform) == before


def contents(platform: Platform) -> dict[str, list[Any]]:
    tables: list[type[Base]] = [Subscriber, Did, DbAlias, HuntGroup, RatePlan]
    return {table.__tablename__: platform.rows(table) for table in tables}


IN_DOMAIN: list[tuple[str, str, dict[str, Any]]] = [
    ("SubscriberWS", "retrieveSubscriber", {"username": "1000"}),
    ("SubscriberWS", "retrieveSubscriberClassV", {"username": "1000"}),
    ("SubscriberWS", "retrievePassword", {"username": "1000"}),
    ("SubscriberWS", "retrievePasswordWEB", {"username": "1000"}),
    ("SubscriberWS", "retrieveCredit", {"username": "1000"}),
    ("SubscriberWS", "addCredit", {"username": "1000", "value": 1}),
    ("SubscriberWS", "retrieveDailyQuota", {"username": "1000"}),
    ("SubscriberWS", "retrieveMonthlyQuotaDTO", {"username": "1000"}),
    ("SubscriberWS", "listDBAliases", {"username": "1000"}),
    ("SubscriberWS", "removeSubscriber", {"username": "1000"}),
    ("SubscriberWS", "blockSubscriber", {"username": "1000"}),
    ("SubscriberWS", "activateVoicemail", {"username": "1000", "voicemailPassword": 1}),
    ("SubscriberWS", "changeProfile", {"username": "1000", "newProfileId": 1}),
    ("SubscriberWS", "changePassword", {"username": "1000", "actualPassword": "x"}),
    ("DidWS", "listAvailablesNumbers", {}),
    ("ProfileWS", "listProfilesByDomain", {}),
    ("HuntGroupWS", "listHuntGroups", {}),
    ("HuntGroupWS", "removeHuntGroup", {"huntGroupId": 1}),
]


@pytest.mark.parametrize(("service", "operation", "arguments"), IN_DOMAIN)
def test_a_foreign_domain_looks_like_one_that_is_not_there(
    service: str,
    operation: str,
    arguments: dict[str, Any],
    soap: Soap,
    platform: Platform,
    stranger: dict[str, str],
) -> None:
    platform.subscriber("1000")
    before = contents(platform)
    there = soap.fault(service, operation, domain=DOMAIN, principal=stranger, **arguments)
    gone = soap.fault(
        service, operation, domain="gone.example.com", principal=stranger, **arguments
    )
    assert there == "Access to domain example.com denied"
    assert there == gone.replace("gone.", "")
    if "username" in arguments:
        nobody = arguments | {"username": "1001"}
        assert there == soap.fault(service, operation, domain=DOMAIN, principal=stranger, **nobody)
    assert contents(platform) == before


def test_a_granted_domain_is_open_and_only_that(
    soap: Soap, platform: Platform, stranger: dict[str, str]
) -> None:
    platform.subscriber("1000", OTHER)
    key = {"username": "1000", "domain": OTHER.upper()}
    assert soap("SubscriberWS", "retrieveSubscriber", principal=stranger, **key).domain == OTHER
    found = soap("DomainWS", "listDomains", principal=stranger)
    assert [one.domain for one in found] == [OTHER]
    assert [one.domain for one in soap("DomainWS", "listDomains")] == [DOMAIN, OTHER]
    profiles = soap("ProfileWS", "listProfilesByDomain", domain=OTHER, principal=stranger)
    assert [(one.domain, one.profile) for one in profiles] == [(OTHER, "DEFAULT")]


def test_a_domain_must_be_said(soap: Soap) -> None:
    assert "domain" in soap.fault("SubscriberWS", "retrieveSubscriber", username="1000")
    assert "domain" in soap.fault("SubscriberWS", "retrieveSubscriber", username="1", domain="")


def test_accounts_are_checked_by_their_domain(
    soap: Soap, platform: Platform, stranger: dict[str, str]
) -> None:
    platform.subscriber("1000")
    platform.did("1", "1000")
    for account in (f"1000@{DOMAIN}", f"1001@{DOMAIN}", f"x@y@{DOMAIN}"):
        fault = soap.fault("DidWS", "listByAcc", accountCode=account, principal=stranger)
        assert fault == "Access to domain example.com denied"
    assert "1001" in soap.fault("DidWS", "listByAcc", accountCode=f"1001@{DOMAIN}")
    found = soap("DidWS", "listByAcc", accountCode=f"1000@{DOMAIN.upper()}")
    assert [one.aliasUsername for one in found] == ["1"]


def test_the_http_authorization_header_is_no_login(soap: Soap) -> None:
    answer = soap.post(
        "DomainWS", "listDomains", "", Authorization="Basic cm9vdDpwYXNzd29yZCBvZiByb290"
    )
    assert LOGIN_FAILED in answer.text


def test_a_refusal_before_the_login_says_nothing_of_the_object(soap: Soap) -> None:
    bad = {"login": "root", "password": "wrong"}
    answer = soap.post("SubscriberWS", "insertSubscriber", principal_xml(bad))
    assert LOGIN_FAILED in answer.text
    assert "subscriber" not in answer.text


def test_refused_writes_by_a_stranger_are_audited(
    soap: Soap, platform: Platform, stranger: dict[str, str]
) -> None:
    key = {"username": "1000", "domain": DOMAIN}
    soap.fault("SubscriberWS", "removeSubscriber", principal=stranger, **key)
    row = platform.one(Audit)
    assert (row.login, row.outcome, row.error) == ("stranger", "refused", "access-denied")


@pytest.mark.parametrize("operation", ["insertSubscriber", "retrieveSubscriber"])
def test_no_text_is_too_long_for_the_database_before_the_login_is_checked(
    operation: str, soap: Soap
) -> None:
    """Packets of MariaDB hold 16 MB; one that holds more costs everybody the connection."""
    domain = f"<domain>{'x' * 9_000_000}</domain><username>1000</username>"
    body = f"<subscriber>{domain}</subscriber>" if operation == "insertSubscriber" else domain
    guess = principal_xml({"login": "root", "password": "wrong"})
    assert LOGIN_FAILED in soap.post("SubscriberWS", operation, body + guess).text
