"""DidWS: numbers of accounts, and the inventory of a domain."""

import pytest

from sippulse_ws.models import Did
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap

ACCOUNT = f"1000@{DOMAIN}"


@pytest.fixture(autouse=True)
def owner(platform: Platform) -> int:
    return platform.subscriber("1000")


def did(number: str, **values: object) -> dict[str, object]:
    return {
        "accountCode": ACCOUNT,
        "aliasUsername": number,
        "username": "1000",
        "domain": DOMAIN,
        "didToRuri": False,
        "reverseBilling": False,
    } | values


def test_insert_did_creates_a_number_and_lists_it(soap: Soap) -> None:
    number = soap("DidWS", "insertDid", did=did("554830258080", monthlySubscription=12.5))
    listed = soap("DidWS", "listByAcc", accountCode=ACCOUNT)
    assert [(one.id, one.aliasUsername, one.accountCode) for one in listed] == [
        (number, "554830258080", ACCOUNT)
    ]
    assert listed[0].monthlySubscription == 12.5


def test_insert_did_takes_a_free_number_of_the_domain(soap: Soap, platform: Platform) -> None:
    free = platform.free_number("554830258080")
    assert soap("DidWS", "insertDid", did=did("554830258080")) == free
    assert soap("DidWS", "listAvailablesNumbers", domain=DOMAIN) == []


def test_a_taken_number_is_a_fault_and_changes_nothing(soap: Soap, platform: Platform) -> None:
    platform.subscriber("1001")
    platform.did("554830258080", "1001")
    before = platform.rows(Did)
    assert "554830258080" in soap.fault("DidWS", "insertDid", did=did("554830258080"))
    assert platform.rows(Did) == before


def test_a_free_number_of_another_domain_is_taken(soap: Soap, platform: Platform) -> None:
    platform.free_number("554830258080", platform.domain("other.example.com"))
    assert "554830258080" in soap.fault("DidWS", "insertDid", did=did("554830258080"))


def test_delete_did_frees_an_inventory_number_and_keeps_it_free(
    soap: Soap, platform: Platform
) -> None:
    platform.free_number("554830258080")
    number = soap("DidWS", "insertDid", did=did("554830258080"))
    soap("DidWS", "deleteDid", didId=number)
    assert soap("DidWS", "listAvailablesNumbers", domain=DOMAIN) == ["554830258080"]
    soap("DidWS", "deleteDid", didId=number)
    assert soap("DidWS", "listAvailablesNumbers", domain=DOMAIN) == ["554830258080"]


def test_delete_did_removes_a_number_that_was_never_in_the_inventory(
    soap: Soap, platform: Platform
) -> None:
    number = soap("DidWS", "insertDid", did=did("554830258080"))
    soap("DidWS", "deleteDid", didId=number)
    assert platform.rows(Did) == []
    assert str(number) in soap.fault("DidWS", "deleteDid", didId=number)


def test_both_domains_of_a_did_must_be_granted(soap: Soap, platform: Platform) -> None:
    other = platform.domain("other.example.com")
    here = platform.administrator("here", DOMAIN)
    fault = soap.fault("DidWS", "insertDid", did=did("1", domain=other), principal=here)
    assert other in fault
    number = soap("DidWS", "insertDid", did=did("1", domain=other))
    missing = soap.fault("DidWS", "deleteDid", didId=number, principal=here)
    assert missing == soap.fault("DidWS", "deleteDid", didId=number + 1, principal=here).replace(
        str(number + 1), str(number)
    )
