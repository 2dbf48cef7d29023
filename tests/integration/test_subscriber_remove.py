"""removeSubscriber and changeProfile."""

import datetime as dt
from typing import Any

import pytest

from sippulse_ws.models import (
    AccountGroup,
    AccountGroupMember,
    Address,
    Base,
    CreditLedger,
    DbAlias,
    Did,
    HuntGroup,
    HuntGroupMember,
    Location,
    Subscriber,
    UserWhiteList,
)
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap

KEY: dict[str, Any] = {"username": "1000", "domain": DOMAIN}
GO_TOO = (
    DbAlias, UserWhiteList, Address, Location, HuntGroupMember, AccountGroupMember, AccountGroup
)  # fmt: skip


def furnish(platform: Platform, username: str) -> int:
    """A subscriber with one of everything that can belong to it."""
    owner = platform.subscriber(username)
    member = {"subscriber_id": owner}
    platform.insert(DbAlias, alias_username=f"a{username}", alias_domain=DOMAIN, **member)
    platform.insert(UserWhiteList, prefix="55", **member)
    address = {"ip_address": "192.0.2.1", "mask": 32, "method": "iponly", "group": "1"}
    platform.insert(Address, port=int(username), **address, **member)
    platform.insert(
        Location,
        ruid=username,
        username=username,
        domain=DOMAIN,
        contact=f"sip:{username}@192.0.2.1",
        expires=dt.datetime(2040, 1, 1),  # noqa: DTZ001 - as Kamailio writes it
    )
    group = {"domain": DOMAIN, "description": "G", "method": "serial", "timeout": 5, "uri": ""}
    hunt_group = platform.insert(HuntGroup, **group)
    platform.insert(HuntGroupMember, hunt_group_id=hunt_group, position=0, **member)
    accounts = platform.insert(AccountGroup, manager_id=owner, manager_profile="DEFAULT")
    platform.insert(AccountGroupMember, account_group_id=accounts, **member)
    return owner


def test_a_removed_subscriber_takes_its_own_along_and_nobody_elses(
    soap: Soap, platform: Platform
) -> None:
    other = platform.domain("other.example.com")
    platform.subscriber("1000", other)
    furnish(platform, "1001")
    left = {model: platform.rows(model) for model in GO_TOO}
    furnish(platform, "1000")
    soap("SubscriberWS", "addCredit", **KEY, value=5)
    soap("SubscriberWS", "removeSubscriber", **KEY)
    assert {model: platform.rows(model) for model in GO_TOO} == left
    assert [(row.username, row.domain) for row in platform.rows(Subscriber)] == [
        ("1000", other),
        ("1001", DOMAIN),
    ]
    assert [row.account for row in platform.rows(CreditLedger)] == [f"1000@{DOMAIN}"]
    assert f"1000@{DOMAIN}" in soap.fault("SubscriberWS", "removeSubscriber", **KEY)


def test_its_numbers_are_free_again_or_gone(soap: Soap, platform: Platform) -> None:
    platform.subscriber("1000")
    platform.did("1", "1000")
    platform.did("2", "1000", inventory_domain=DOMAIN, gwid="7", reverse_billing=True)
    soap("SubscriberWS", "removeSubscriber", **KEY)
    assert soap("DidWS", "listAvailablesNumbers", domain=DOMAIN) == ["2"]
    free = platform.one(Did)
    assert (free.subscriber_id, free.username, free.domain, free.gwid) == (None, None, None, None)
    assert not free.reverse_billing


def test_a_removal_that_fails_removes_nothing(
    soap: Soap, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(platform, "1000")
    platform.did("1", "1000")
    models: tuple[type[Base], ...] = (*GO_TOO, Did, Subscriber)
    before = {model: platform.rows(model) for model in models}

    def broken(*_args: object, **_values: object) -> None:
        raise RuntimeError("after everything was deleted")

    monkeypatch.setattr("sippulse_ws.domain.audit.record", broken)
    assert "Internal" in soap.fault("SubscriberWS", "removeSubscriber", **KEY)
    assert {model: platform.rows(model) for model in models} == before


def test_a_removed_name_can_be_given_again_with_credit_of_its_own(
    soap: Soap, platform: Platform
) -> None:
    platform.subscriber("1000")
    soap("SubscriberWS", "addCredit", **KEY, value=5)
    soap("SubscriberWS", "removeSubscriber", **KEY)
    platform.subscriber("1000")
    assert soap("SubscriberWS", "retrieveCredit", **KEY) == 0.0


def test_a_profile_is_changed_by_its_id_within_the_domain(soap: Soap, platform: Platform) -> None:
    platform.subscriber("1000")
    gold = platform.profile("GOLD")
    soap("SubscriberWS", "changeProfile", **KEY, newProfileId=gold)
    assert soap("SubscriberWS", "retrieveSubscriber", **KEY).profile == "GOLD"
    foreign = platform.profile("GOLD", platform.domain("other.example.com"))
    for wrong in (foreign, foreign + 1000, 0):
        fault = soap.fault("SubscriberWS", "changeProfile", **KEY, newProfileId=wrong)
        assert fault == f"Profile not found: {wrong}"
    assert "newProfileId" in soap.fault("SubscriberWS", "changeProfile", **KEY)
    nobody = {"username": "1001", "domain": DOMAIN}
    assert "1001" in soap.fault("SubscriberWS", "changeProfile", **nobody, newProfileId=gold)
    assert platform.one(Subscriber).profile == "GOLD"
