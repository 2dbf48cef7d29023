"""Aliases of subscribers: inserted, listed, deleted; a taken one is a fault."""

from typing import Any

import pytest

from sippulse_ws.models import DbAlias
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap

OTHER = "other.example.com"
KEY: dict[str, Any] = {"username": "1000", "domain": DOMAIN}


@pytest.fixture(autouse=True)
def subscriber(platform: Platform) -> int:
    platform.domain(OTHER)
    platform.subscriber("1001")
    return platform.subscriber("1000", first_name="Ana")


def insert(soap: Soap, alias: str, **values: Any) -> Any:
    return soap(
        "SubscriberWS", "insertDBAliases", dbAliases=KEY | {"aliasUsername": alias} | values
    )


def refused(soap: Soap, alias: str, **values: Any) -> str:
    aliases = KEY | {"aliasUsername": alias}
    return soap.fault("SubscriberWS", "insertDBAliases", dbAliases=aliases | values)


def listed(soap: Soap, username: str = "1000") -> list[tuple[str, str]]:
    found = soap("SubscriberWS", "listDBAliases", username=username, domain=DOMAIN)
    return [(one.aliasUsername, one.aliasDomain) for one in found]


def test_an_alias_is_inserted_and_the_subscriber_answered(soap: Soap, subscriber: int) -> None:
    read = insert(soap, "ana", aliasDomain=OTHER.upper())
    assert (read.id, read.username, read.firstName, read.password) == (
        subscriber,
        "1000",
        "Ana",
        None,
    )
    insert(soap, "2000")
    assert listed(soap) == [("2000", DOMAIN), ("ana", OTHER)]
    assert listed(soap, "1001") == []


def test_a_taken_alias_is_a_fault(soap: Soap, platform: Platform) -> None:
    insert(soap, "ana")
    before = platform.rows(DbAlias)
    assert f"ana@{DOMAIN}" in refused(soap, "ana")
    assert f"ana@{DOMAIN}" in refused(soap, "ana", username="1001")
    assert f"1001@{DOMAIN}" in refused(soap, "1001")
    assert platform.rows(DbAlias) == before
    for other in ("Ana", "anã"):
        insert(soap, other)
    insert(soap, "ana", aliasDomain=OTHER)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"aliasUsername": None}, "aliasUsername"),
        ({"aliasUsername": ""}, "aliasUsername"),
        ({"aliasUsername": "a b"}, "aliasUsername"),
        ({"aliasUsername": "x" * 65}, "aliasUsername"),
        ({"aliasDomain": "nowhere.example.com"}, "nowhere.example.com"),
        ({"username": "1002"}, "1002"),
        ({"username": ""}, "username"),
        ({"domain": ""}, "domain"),
    ],
)
def test_what_cannot_be_is_named(
    values: dict[str, Any], named: str, soap: Soap, platform: Platform
) -> None:
    assert named in refused(soap, "ana", **values)
    assert platform.rows(DbAlias) == []


def test_an_alias_is_deleted_by_its_id(soap: Soap, platform: Platform) -> None:
    insert(soap, "ana")
    insert(soap, "bia")
    first, _ = soap("SubscriberWS", "listDBAliases", **KEY)
    soap("SubscriberWS", "deleteDBAliases", dbAliases=first.id)
    assert listed(soap) == [("bia", DOMAIN)]
    assert str(first.id) in soap.fault("SubscriberWS", "deleteDBAliases", dbAliases=first.id)
    assert "dbAliases" in soap.fault("SubscriberWS", "deleteDBAliases")


def test_both_domains_of_an_alias_must_be_granted(soap: Soap, platform: Platform) -> None:
    here = platform.administrator("here", DOMAIN)
    there = platform.administrator("there", OTHER)
    both = platform.administrator("both", DOMAIN, OTHER)
    assert OTHER in refused_to(soap, here)
    assert DOMAIN in refused_to(soap, there)
    values = KEY | {"aliasUsername": "ana", "aliasDomain": OTHER}
    soap("SubscriberWS", "insertDBAliases", dbAliases=values, principal=both)
    alias = platform.one(DbAlias).id
    for principal in (here, there):
        foreign = fault_of_delete(soap, alias, principal)
        missing = fault_of_delete(soap, alias + 1, principal)
        assert foreign == missing.replace(str(alias + 1), str(alias))
    soap("SubscriberWS", "deleteDBAliases", dbAliases=alias, principal=both)
    assert platform.rows(DbAlias) == []


def refused_to(soap: Soap, principal: dict[str, str]) -> str:
    values = KEY | {"aliasUsername": "ana", "aliasDomain": OTHER}
    return soap.fault("SubscriberWS", "insertDBAliases", dbAliases=values, principal=principal)


def fault_of_delete(soap: Soap, alias: int, principal: dict[str, str]) -> str:
    return soap.fault("SubscriberWS", "deleteDBAliases", dbAliases=alias, principal=principal)
