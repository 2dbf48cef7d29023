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


def test_numbers_come_in_the_order_of_their_bytes(soap: Soap, platform: Platform) -> None:
    numbers = ["554830258080", "+1", "9", "10", "Ramal", "ramal", "ç1", "😀", "\uffe5"]
    for number in numbers:
        platform.did(number, "1000")
    listed = soap("DidWS", "listByAcc", accountCode=ACCOUNT)
    assert [one.aliasUsername for one in listed] == sorted(numbers, key=str.encode)


def test_a_taken_number_is_a_fault_and_changes_nothing(soap: Soap, platform: Platform) -> None:
    platform.subscriber("1001")
    platform.did("554830258080", "1001")
    before = platform.rows(Did)
    assert "554830258080" in soap.fault("DidWS", "insertDid", did=did("554830258080"))
    assert platform.rows(Did) == before


@pytest.mark.parametrize(("stored", "sent"), [("5548", "+5548"), ("+5548", "5548")])
def test_a_plus_makes_no_other_number(
    stored: str, sent: str, soap: Soap, platform: Platform
) -> None:
    platform.subscriber("1001")
    platform.did(stored, "1001")
    before = platform.rows(Did)
    assert sent in soap.fault("DidWS", "insertDid", did=did(sent))
    assert platform.rows(Did) == before


@pytest.mark.parametrize(("stored", "sent"), [("5548", "+5548"), ("+5548", "5548")])
def test_a_free_number_is_taken_with_and_without_the_plus_as_the_inventory_spells_it(
    stored: str, sent: str, soap: Soap, platform: Platform
) -> None:
    free = platform.free_number(stored)
    assert soap("DidWS", "insertDid", did=did(sent)) == free
    (listed,) = soap("DidWS", "listByAcc", accountCode=ACCOUNT)
    assert listed.aliasUsername == stored
    assert sent in soap.fault("DidWS", "insertDid", did=did(sent))


def test_of_two_spellings_that_are_there_the_one_in_use_counts(
    soap: Soap, platform: Platform
) -> None:
    platform.subscriber("1001")
    platform.did("+5548", "1001")
    platform.free_number("5548")
    assert "5548" in soap.fault("DidWS", "insertDid", did=did("5548"))


def test_a_new_number_is_stored_as_sent(soap: Soap) -> None:
    soap("DidWS", "insertDid", did=did("+5548"))
    (listed,) = soap("DidWS", "listByAcc", accountCode=ACCOUNT)
    assert listed.aliasUsername == "+5548"


def test_names_that_are_no_numbers_are_compared_as_they_are(soap: Soap) -> None:
    soap("DidWS", "insertDid", did=did("+sala"))
    soap("DidWS", "insertDid", did=did("sala"))


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
    platform.subscriber("1000", other)
    fault = soap.fault("DidWS", "insertDid", did=did("1", domain=other), principal=here)
    assert other in fault
    number = soap("DidWS", "insertDid", did=did("1", domain=other))
    missing = soap.fault("DidWS", "deleteDid", didId=number, principal=here)
    assert missing == soap.fault("DidWS", "deleteDid", didId=number + 1, principal=here).replace(
        str(number + 1), str(number)
    )


def test_every_field_of_a_did_is_stored_as_sent(soap: Soap, platform: Platform) -> None:
    platform.subscriber("queue-1")
    values = did(
        "0800123",
        didHeader="X-Did",
        didToRuri=True,
        gwid="7,8",
        localArea="FNS",
        monthlySubscription=19.9,
        reverseBilling=True,
        username="queue-1",
    )
    number = soap("DidWS", "insertDid", did=values)
    (read,) = soap("DidWS", "listByAcc", accountCode=ACCOUNT)
    assert {name: read[name] for name in read} == values | {"id": number}


@pytest.mark.parametrize("username", [None, ""])
def test_without_a_username_the_number_is_the_accounts_own(soap: Soap, username: object) -> None:
    soap("DidWS", "insertDid", did=did("554830258080", username=username))
    (listed,) = soap("DidWS", "listByAcc", accountCode=ACCOUNT)
    assert (listed.username, listed.domain) == ("1000", DOMAIN)


@pytest.mark.parametrize("account", ["1000", f"@{DOMAIN}", "@"])
def test_without_a_username_the_account_must_be_whole(
    soap: Soap, platform: Platform, account: str
) -> None:
    soap.fault("DidWS", "insertDid", did=did("1", username="", accountCode=account))
    assert platform.rows(Did) == []


@pytest.mark.parametrize("field", ["accountCode", "aliasUsername", "domain"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_needed_field_is_named(field: str, value: object, soap: Soap, platform: Platform) -> None:
    fault = soap.fault("DidWS", "insertDid", did=did("1", **{field: value}))
    assert fault == f"Required field missing or unreadable: {field}"
    assert field != "accountCode" or field in soap.fault("DidWS", "listByAcc", accountCode=value)
    assert platform.rows(Did) == []


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"aliasUsername": "1 2"}, "aliasUsername"),
        ({"aliasUsername": "1" * 65}, "aliasUsername"),
        ({"username": "a b"}, "username"),
        ({"monthlySubscription": float("1e12")}, "monthlySubscription"),
        ({"gwid": "x" * 65}, "gwid"),
        ({"domain": "nowhere.example.com"}, "nowhere.example.com"),
        ({"accountCode": f"1001@{DOMAIN}"}, f"1001@{DOMAIN}"),
        ({"accountCode": "1000"}, "1000"),
    ],
)
def test_a_did_that_cannot_be_is_a_fault_and_nothing_is_stored(
    values: dict[str, object], named: str, soap: Soap, platform: Platform
) -> None:
    assert named in soap.fault("DidWS", "insertDid", did=did("1") | values)
    assert platform.rows(Did) == []


def test_numbers_are_listed_in_order_and_only_ones_own(soap: Soap, platform: Platform) -> None:
    platform.subscriber("1001")
    other = platform.domain("other.example.com")
    for number, owner in (("3", "1000"), ("1", "1000"), ("2", "1001")):
        platform.did(number, owner)
    for number, domain in (("9", DOMAIN), ("8", DOMAIN), ("7", other)):
        platform.free_number(number, domain)
    listed = soap("DidWS", "listByAcc", accountCode=ACCOUNT)
    assert [one.aliasUsername for one in listed] == ["1", "3"]
    assert soap("DidWS", "listAvailablesNumbers", domain=DOMAIN) == ["8", "9"]
    assert soap("DidWS", "listAvailablesNumbers", domain=other) == ["7"]


def test_numbers_are_exact_bytes(soap: Soap) -> None:
    for number in ("5548", "a5548", "A5548", "+a5548"):
        soap("DidWS", "insertDid", did=did(number))
    assert len(soap("DidWS", "listByAcc", accountCode=ACCOUNT)) == 4


def test_an_account_code_is_exact_bytes_up_to_the_domain(soap: Soap, platform: Platform) -> None:
    platform.subscriber("joao")
    for wrong in ("João", "JOAO", "joao "):
        assert wrong in soap.fault("DidWS", "listByAcc", accountCode=f"{wrong}@{DOMAIN}")
    assert soap("DidWS", "listByAcc", accountCode=f"joao@{DOMAIN.upper()}") == []


def test_a_number_is_delivered_into_another_granted_domain(soap: Soap, platform: Platform) -> None:
    other = platform.domain("other.example.com")
    both = platform.administrator("both", DOMAIN, other)
    there = platform.administrator("there", other)
    platform.subscriber("1000", other)
    number = soap("DidWS", "insertDid", did=did("1", domain=other), principal=both)
    fault = soap.fault("DidWS", "deleteDid", didId=number, principal=there)
    assert fault == f"DID not found: {number}"
    soap("DidWS", "deleteDid", didId=number, principal=both)
    assert "didId" in soap.fault("DidWS", "deleteDid")


def test_a_free_number_is_touched_by_its_domains_administrators_only(
    soap: Soap, platform: Platform
) -> None:
    free = platform.free_number("1", platform.domain("other.example.com"))
    here = platform.administrator("here", DOMAIN)
    fault = soap.fault("DidWS", "deleteDid", didId=free, principal=here)
    assert fault == f"DID not found: {free}"
