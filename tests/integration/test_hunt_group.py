"""HuntGroupWS: groups with their members in order, under both spellings of the operations."""

from typing import Any

import pytest

from sippulse_ws.models import HuntGroup, HuntGroupMember
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap

OTHER = "other.example.com"
GROUP: dict[str, Any] = {
    "description": "Vendas",
    "domain": DOMAIN,
    "groupList": "jose;maria;joao",
    "method": "paralell",
    "timeout": 20,
}
INSERTS = ("insertHuntGroup", "insertHuntGroups")
UPDATES = ("updateHuntGroup", "updateHuntGroups")


@pytest.fixture(autouse=True)
def members(platform: Platform) -> None:
    platform.domain(OTHER)
    for username in ("joao", "maria", "jose"):
        platform.subscriber(username)
    platform.subscriber("pedro", OTHER)


def insert(soap: Soap, operation: str = INSERTS[0], **values: Any) -> dict[str, Any]:
    answer = soap("HuntGroupWS", operation, huntGroup=GROUP | values)
    return {name: answer[name] for name in answer}


def refused(soap: Soap, operation: str = INSERTS[0], **values: Any) -> str:
    return soap.fault("HuntGroupWS", operation, huntGroup=GROUP | values)


def listed(soap: Soap, domain: str = DOMAIN) -> list[dict[str, Any]]:
    found = soap("HuntGroupWS", "listHuntGroups", domain=domain)
    return [{name: one[name] for name in one} for one in found]


@pytest.mark.parametrize("operation", INSERTS)
@pytest.mark.parametrize("method", ["paralell", "parallel", "serial"])
def test_a_group_comes_back_with_its_id_and_uri(operation: str, method: str, soap: Soap) -> None:
    group = insert(soap, operation, method=method, id=999999, uri="sip:mine@example.com")
    uri = f"sip:huntgroup-{group['id']}@{DOMAIN}"
    assert group == GROUP | {"method": method, "id": group["id"], "uri": uri}
    assert group["id"] != 999999
    assert listed(soap) == [group]
    assert listed(soap, OTHER) == []


def test_the_answer_bears_the_name_of_the_parameter(soap: Soap) -> None:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in GROUP.items())
    answer = soap.xml("HuntGroupWS", "insertHuntGroup", f"<huntGroup>{inner}</huntGroup>")
    assert [child.tag for child in answer] == ["huntGroup"]


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("method", "random", "method"),
        ("method", "Serial", "method"),
        ("timeout", 0, "timeout"),
        ("timeout", -5, "timeout"),
        ("description", "x" * 256, "description"),
        ("groupList", "joao;ana", "ana"),
        ("groupList", "joao;pedro", "pedro"),
        ("groupList", "João", "João"),
        ("groupList", " ; ", "groupList"),
        ("domain", "nowhere.example.com", "nowhere.example.com"),
        *((name, "", name) for name in ("description", "groupList", "method", "domain")),
        *((name, None, name) for name in GROUP),
    ],
)
def test_what_cannot_be_is_named_and_nothing_stored(
    field: str, value: Any, named: str, soap: Soap, platform: Platform
) -> None:
    assert named in refused(soap, **{field: value})
    assert platform.rows(HuntGroup) == []


@pytest.mark.parametrize("operation", UPDATES)
def test_an_update_changes_what_was_sent(operation: str, soap: Soap) -> None:
    group = insert(soap)
    other = insert(soap)
    key = {"domain": DOMAIN, "id": group["id"]}
    answer = soap("HuntGroupWS", operation, huntGroup=key | {"groupList": "maria"})
    group["groupList"] = "maria"
    assert {name: answer[name] for name in answer} == group
    changes = {"description": "Suporte", "method": "serial", "timeout": 1}
    soap("HuntGroupWS", operation, huntGroup=key | changes)
    assert listed(soap) == [group | changes, other]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"groupList": "joao;ana"}, "ana"),
        ({"groupList": ""}, "groupList"),
        ({"description": ""}, "description"),
        ({"method": "x"}, "method"),
        ({"timeout": 0}, "timeout"),
        ({"id": None}, "id"),
        ({"id": 0}, "0"),
    ],
)
def test_an_update_that_cannot_be_changes_nothing(
    values: dict[str, Any], named: str, soap: Soap
) -> None:
    group = insert(soap)
    fault = refused(soap, UPDATES[0], **{"id": group["id"], "timeout": 3} | values)
    assert named in fault
    assert listed(soap) == [group]


def test_a_group_of_another_domain_is_not_found(soap: Soap, platform: Platform) -> None:
    group = insert(soap)
    there = platform.administrator("there", OTHER)
    values = {"domain": OTHER, "id": group["id"], "timeout": 3}
    foreign = soap.fault("HuntGroupWS", "updateHuntGroup", huntGroup=values, principal=there)
    values["id"] += 1
    missing = soap.fault("HuntGroupWS", "updateHuntGroup", huntGroup=values, principal=there)
    assert foreign == missing.replace(str(values["id"]), str(group["id"]))
    fault = soap.fault("HuntGroupWS", "removeHuntGroup", domain=OTHER, huntGroupId=group["id"])
    assert fault == foreign
    assert listed(soap) == [group]


def test_a_group_is_removed_by_domain_and_id(soap: Soap, platform: Platform) -> None:
    first, second = insert(soap), insert(soap)
    soap("HuntGroupWS", "removeHuntGroup", domain=DOMAIN, huntGroupId=first["id"])
    assert listed(soap) == [second]
    assert {row.hunt_group_id for row in platform.rows(HuntGroupMember)} == {second["id"]}
    again = {"domain": DOMAIN, "huntGroupId": first["id"]}
    assert str(first["id"]) in soap.fault("HuntGroupWS", "removeHuntGroup", **again)
    assert "huntGroupId" in soap.fault("HuntGroupWS", "removeHuntGroup", domain=DOMAIN)


def test_the_documents_name_of_the_id_is_understood(soap: Soap) -> None:
    group = insert(soap)
    body = f"<domain>{DOMAIN}</domain><id>{group['id']}</id>"
    soap.xml("HuntGroupWS", "removeHuntGroup", body)
    assert listed(soap) == []


def test_members_keep_their_order_around_one_that_is_removed(soap: Soap) -> None:
    insert(soap, groupList="maria;jose;joao")
    soap("SubscriberWS", "removeSubscriber", username="jose", domain=DOMAIN)
    assert listed(soap)[0]["groupList"] == "maria;joao"


def test_a_domain_that_is_not_there_has_no_groups_to_list(soap: Soap) -> None:
    fault = soap.fault("HuntGroupWS", "listHuntGroups", domain="nowhere.example.com")
    assert "nowhere.example.com" in fault
