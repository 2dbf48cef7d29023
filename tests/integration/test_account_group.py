"""AccountGroupWS: accounts billed to a managing account."""

from typing import Any

import pytest

from sippulse_ws.models import AccountGroup, AccountGroupMember
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap

OTHER = "other.example.com"
MANAGER = f"1000@{DOMAIN}"
A, B, C = (f"{n}@{DOMAIN}" for n in (1001, 1002, 1003))


@pytest.fixture(autouse=True)
def accounts(platform: Platform) -> None:
    for username in ("1000", "1001", "1002", "1003"):
        platform.subscriber(username)


def group(*accounts: str, manager: str = MANAGER, profile: str = "DEFAULT") -> dict[str, Any]:
    return {"accountManager": manager, "managerProfile": profile, "account": list(accounts)}


def members(soap: Soap, manager: str = MANAGER) -> list[str]:
    return list(soap("AccountGroupWS", "retrieveAccountGroup", accountManager=manager).account)


def test_a_group_is_made_and_added_to(soap: Soap, platform: Platform) -> None:
    platform.profile("PREMIUM")
    soap("AccountGroupWS", "addAccountGroup", **group(B))
    soap("AccountGroupWS", "addAccountGroup", **group(A, B, profile="PREMIUM"))
    found = soap("AccountGroupWS", "retrieveAccountGroup", accountManager=MANAGER)
    assert (found.accountManager, found.managerProfile) == (MANAGER, "PREMIUM")
    assert found.account == [A, B]


def test_the_documents_name_of_the_accounts_is_read(soap: Soap) -> None:
    soap.xml(
        "AccountGroupWS",
        "addAccountGroup",
        f"<accountManager>{MANAGER}</accountManager><managerProfile>DEFAULT</managerProfile>"
        f"<accounts>{A}</accounts><accounts>1002@EXAMPLE.com</accounts>",
    )
    assert members(soap) == [A, B]


def test_an_account_belongs_to_one_group(soap: Soap) -> None:
    soap("AccountGroupWS", "addAccountGroup", **group(A))
    fault = soap.fault("AccountGroupWS", "addAccountGroup", **group(B, A, manager=C))
    assert fault == f"Account already belongs to another group: {A}"
    missing = soap.fault("AccountGroupWS", "retrieveAccountGroup", accountManager=C)
    assert C in missing
    soap("AccountGroupWS", "removeAccountGroup", **group(A))
    soap("AccountGroupWS", "addAccountGroup", **group(B, A, manager=C))
    assert members(soap, C) == [A, B]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"account": []}, "account"),
        ({"account": [A, ""]}, "account"),
        ({"account": [A, MANAGER]}, "account"),
        ({"account": [A, f"2000@{OTHER}"]}, OTHER),
        ({"account": [A, f"9@{DOMAIN}"]}, f"9@{DOMAIN}"),
        ({"accountManager": f"9@{DOMAIN}"}, f"9@{DOMAIN}"),
        ({"accountManager": None}, "accountManager"),
        ({"managerProfile": "NONE"}, "NONE"),
        ({"managerProfile": None}, "managerProfile"),
    ],
)
def test_what_cannot_be_grouped(
    soap: Soap, platform: Platform, wrong: dict[str, Any], why: str
) -> None:
    platform.domain(OTHER)
    platform.subscriber("2000", OTHER)
    assert why in soap.fault("AccountGroupWS", "addAccountGroup", **group(A) | wrong)
    assert platform.rows(AccountGroup) == []


def test_accounts_leave_and_the_group_goes_when_none_are_named(
    soap: Soap, platform: Platform
) -> None:
    soap("AccountGroupWS", "addAccountGroup", **group(A, B, C))
    soap("AccountGroupWS", "removeAccountGroup", **group(A, C))
    assert members(soap) == [B]
    fault = soap.fault("AccountGroupWS", "removeAccountGroup", **group(B, A))
    assert fault == f"Account not in the group: {A}"
    assert members(soap) == [B]
    assert "account" in soap.fault("AccountGroupWS", "removeAccountGroup", **group(""))
    soap("AccountGroupWS", "removeAccountGroup", **group())
    assert platform.rows(AccountGroup) == []
    assert platform.rows(AccountGroupMember) == []
    assert MANAGER in soap.fault("AccountGroupWS", "removeAccountGroup", **group())


def test_a_removed_subscriber_leaves_its_group(soap: Soap, platform: Platform) -> None:
    soap("AccountGroupWS", "addAccountGroup", **group(A, B))
    soap("SubscriberWS", "removeSubscriber", username="1001", domain=DOMAIN)
    assert members(soap) == [B]
    soap("SubscriberWS", "removeSubscriber", username="1000", domain=DOMAIN)
    assert platform.rows(AccountGroup) == []
