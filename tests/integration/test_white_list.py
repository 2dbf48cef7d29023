"""WhiteListWS: numbers that a subscriber may always call."""

from typing import Any

import pytest

from sippulse_ws.models import UserWhiteList
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap

KEY: dict[str, Any] = {"username": "1000", "domain": DOMAIN}


@pytest.fixture(autouse=True)
def owner(platform: Platform) -> int:
    return platform.subscriber("1000")


def insert(soap: Soap, prefix: str) -> Any:
    return soap("WhiteListWS", "insertWhiteList", whiteList=KEY | {"prefix": prefix})


def test_numbers_are_listed_in_order(soap: Soap) -> None:
    ids = {prefix: insert(soap, prefix) for prefix in ("+55483025", "190", "*80#")}
    listed = soap("WhiteListWS", "listWhiteList", **KEY)
    assert [(one.prefix, one.id) for one in listed] == sorted(ids.items())
    assert {(one.username, one.domain) for one in listed} == {("1000", DOMAIN)}


@pytest.mark.parametrize("prefix", ["", "+", "5 5", "55-48", "5+5", "abc", "٣", "1\n"])
def test_what_is_no_number_is_refused(soap: Soap, platform: Platform, prefix: str) -> None:
    fault = soap.fault("WhiteListWS", "insertWhiteList", whiteList=KEY | {"prefix": prefix})
    assert "prefix" in fault
    assert platform.rows(UserWhiteList) == []


def test_a_number_stands_once_on_each_list(soap: Soap, platform: Platform) -> None:
    platform.subscriber("1001")
    insert(soap, "190")
    fault = soap.fault("WhiteListWS", "insertWhiteList", whiteList=KEY | {"prefix": "190"})
    assert fault == "Number already in the white list: 190"
    other = {"username": "1001", "domain": DOMAIN, "prefix": "190"}
    soap("WhiteListWS", "insertWhiteList", whiteList=other)
    assert len(platform.rows(UserWhiteList)) == 2


@pytest.mark.parametrize("operation", ["deletetWhiteList", "deleteWhiteList"])
def test_a_number_is_deleted_under_both_spellings(soap: Soap, operation: str) -> None:
    kept, gone = insert(soap, "190"), insert(soap, "193")
    soap("WhiteListWS", operation, whiteListId=gone)
    assert [one.id for one in soap("WhiteListWS", "listWhiteList", **KEY)] == [kept]
    assert str(gone) in soap.fault("WhiteListWS", operation, whiteListId=gone)


def test_both_paths_serve_the_same(soap: Soap) -> None:
    insert(soap, "190")
    listed = soap("WhitelistWS", "listWhiteList", **KEY)
    assert [one.prefix for one in listed] == ["190"]


def test_an_unknown_subscriber_has_no_list(soap: Soap) -> None:
    nobody: dict[str, Any] = {"username": "9", "domain": DOMAIN}
    account = f"9@{DOMAIN}"
    assert account in soap.fault("WhiteListWS", "listWhiteList", **nobody)
    entry = nobody | {"prefix": "190"}
    assert account in soap.fault("WhiteListWS", "insertWhiteList", whiteList=entry)
