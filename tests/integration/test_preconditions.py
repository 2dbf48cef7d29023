"""ETag and If-Match, by both doors: an update of what was changed in between is refused."""

from typing import Any

import pytest

from sippulse_ws.models import Audit, Subscriber
from sippulse_ws.services.catalogue import every_operation
from tests.factories.platform import DOMAIN, Platform
from tests.json_client import JsonClient, problem_of
from tests.soap import Soap, principal_xml

KEY: dict[str, Any] = {"username": "ana", "domain": DOMAIN}
HEADERS = "urn:sippulse-ws:headers"


@pytest.fixture
def api(soap: Soap, platform: Platform) -> JsonClient:
    platform.subscriber("ana", first_name="Ana", low_credit_limit=0.1)
    return JsonClient(soap)


def tag(api: JsonClient, operation: str = "retrieveSubscriber") -> str:
    return str(api("SubscriberWS", operation, **KEY).headers["ETag"])


def test_an_update_with_the_tag_that_was_read_is_done_once(api: JsonClient) -> None:
    before = tag(api)
    assert tag(api) == before
    first = {"subscriber": {**KEY, "firstName": "Bia"}}
    done = api("SubscriberWS", "updateSubscriber", headers={"If-Match": before}, **first)
    assert done.status_code == 200
    again = api("SubscriberWS", "updateSubscriber", headers={"If-Match": before}, **first)
    assert problem_of(again) == (412, "precondition-failed", None)
    assert tag(api) != before


def test_both_doors_give_the_same_tag_and_soap_refuses_too(
    api: JsonClient, soap: Soap, platform: Platform
) -> None:
    body = f"<username>ana</username><domain>{DOMAIN}</domain>" + principal_xml(soap.principal)
    by_soap = soap.post("SubscriberWS", "retrieveSubscriber", body).headers["ETag"]
    assert by_soap == tag(api)
    update = (
        f"<subscriber><username>ana</username><domain>{DOMAIN}</domain><city>Natal</city>"
        "</subscriber>" + principal_xml(soap.principal)
    )
    done = soap.post("SubscriberWS", "updateSubscriber", update, **{"If-Match": by_soap})
    assert done.status_code == 200
    refused = soap.post("SubscriberWS", "updateSubscriber", update, **{"If-Match": by_soap})
    assert refused.status_code == 500
    assert "precondition-failed" in refused.text
    assert platform.one(Subscriber, username="ana").city == "Natal"


@pytest.mark.parametrize("refused", ["updateSubscriber", "addCredit"])
def test_a_key_keeps_no_refusal_of_an_if_match(
    refused: str, api: JsonClient, platform: Platform
) -> None:
    change: dict[str, Any] = {"subscriber": {**KEY, "firstName": "Bia"}}
    sent = change if refused == "updateSubscriber" else {**KEY, "value": 5}
    key = {"Idempotency-Key": "k-1"}
    for _ in range(2):
        answer = api("SubscriberWS", refused, headers={**key, "If-Match": '"old"'}, **sent)
        assert answer.status_code in (412, 422)
    # read anew, sent again: then it is done, once
    anew = {"If-Match": tag(api)} if refused == "updateSubscriber" else {}
    for _ in range(2):
        answer = api("SubscriberWS", refused, headers=key | anew, **sent)
        assert answer.status_code == 200, answer.data
    outcomes = [row.outcome for row in platform.rows(Audit)]
    assert outcomes == ["refused", "refused", "done", "repeated"]
    # other refusals are outcomes as ever
    gone = {"subscriber": {**KEY, "username": "eva", "firstName": "Eva"}}
    key = {"Idempotency-Key": "k-2"}
    assert api("SubscriberWS", "updateSubscriber", headers=key, **gone).status_code == 404
    platform.subscriber("eva")
    assert api("SubscriberWS", "updateSubscriber", headers=key, **gone).status_code == 404


@pytest.mark.parametrize("header", ['"other"', 'W/"other"', "nonsense", '"a", "b"', ""])
def test_another_tag_is_412_and_changes_nothing(
    header: str, api: JsonClient, platform: Platform
) -> None:
    change = {"subscriber": {**KEY, "firstName": "Bia"}}
    answer = api("SubscriberWS", "updateSubscriber", headers={"If-Match": header}, **change)
    assert problem_of(answer)[:2] == (412, "precondition-failed")
    assert platform.one(Subscriber, username="ana").first_name == "Ana"


def test_a_star_and_a_list_of_tags(api: JsonClient) -> None:
    change = {"subscriber": {**KEY, "firstName": "Bia"}}
    for form in ("*", '"other", {tag}'):
        header = {"If-Match": form.format(tag=tag(api))}
        answer = api("SubscriberWS", "updateSubscriber", headers=header, **change)
        assert answer.status_code == 200
    gone = {"subscriber": {**KEY, "username": "nobody"}}
    answer = api("SubscriberWS", "updateSubscriber", headers={"If-Match": "*"}, **gone)
    assert problem_of(answer)[:2] == (404, "subscriber-not-found")


@pytest.mark.parametrize(
    ("retrieve", "update", "parameter", "change"),
    [
        ("retrieveSubscriber", "updateSubscriberBillingInfo", "subscriber", {"city": "Natal"}),
        ("retrieveSubscriber", "updateSubscriberServices", "subscriber", {"callLimit": 7}),
        ("retrieveSubscriberClassV", "updateSubscriberClassV", "subscriber", {"pinCode": "1"}),
        ("retrieveDailyQuota", "updateDailyQuota", "dailyQuotaDTO", {"dailyQuotaLimit": 7}),
        (
            "retrieveMonthlyQuotaDTO",
            "updateMonthlyQuota",
            "monthlyQuotaDTO",
            {"monthlyQuotaLimit": 7},
        ),
    ],
)
def test_each_update_has_its_retrieve(
    retrieve: str, update: str, parameter: str, change: dict[str, Any], api: JsonClient
) -> None:
    before = {"If-Match": tag(api, retrieve)}
    body = {parameter: {**KEY, **change}}
    assert api("SubscriberWS", update, headers=before, **body).status_code == 200
    assert api("SubscriberWS", update, headers=before, **body).status_code == 412
    assert api("SubscriberWS", update, **body).status_code == 200  # without the header as ever


def test_where_there_is_nothing_to_compare_the_header_is_refused(
    api: JsonClient, platform: Platform
) -> None:
    answer = api("SubscriberWS", "addCredit", headers={"If-Match": "*"}, **KEY, value=1)
    assert problem_of(answer)[:2] == (422, "precondition-unsupported")
    answer = api("ReloadModulesWS", "reloadAddress", headers={"If-Match": "*"})
    assert problem_of(answer)[:2] == (422, "precondition-unsupported")
    assert platform.one(Subscriber, username="ana").credit == 0


def test_a_key_does_not_keep_that_a_header_was_refused(api: JsonClient, platform: Platform) -> None:
    key = {"Idempotency-Key": '"a-1"'}
    answer = api("SubscriberWS", "addCredit", headers={**key, "If-Match": "*"}, **KEY, value=1)
    assert problem_of(answer)[:2] == (422, "precondition-unsupported")
    for _ in range(2):
        assert api("SubscriberWS", "addCredit", headers=key, **KEY, value=1).status_code == 200
    assert platform.one(Subscriber, username="ana").credit == 1


def test_whatever_is_retrieved_has_a_tag_but_passwords() -> None:
    retrieves = {one.name: one.declaration for one in every_operation()}
    untagged = {
        name for name, one in retrieves.items() if name.startswith("retrieve") and one.tag is None
    }
    assert untagged == {"retrievePassword", "retrievePasswordWEB"}
    assert {name for name, one in retrieves.items() if one.secret} >= untagged


def test_a_group_has_another_tag_when_it_is_another_group(
    api: JsonClient, platform: Platform
) -> None:
    for username in ("bia", "eva", "boss"):
        platform.subscriber(username)
    named: dict[str, Any] = {"accountManager": f"boss@{DOMAIN}"}
    tags = []
    for accounts in (["bia"], ["eva"]):
        group: dict[str, Any] = {
            **named,
            "managerProfile": "DEFAULT",
            "account": [f"{accounts[0]}@{DOMAIN}"],
        }
        added = api("AccountGroupWS", "addAccountGroup", **group)
        assert added.status_code == 200, added.data
        for _ in range(2):
            answer = api("AccountGroupWS", "retrieveAccountGroup", **named)
            tags.append(answer.headers["ETag"])
    assert tags[0] == tags[1] != tags[2] == tags[3]


def test_no_tag_tells_of_a_password(api: JsonClient) -> None:
    assert "ETag" not in api("SubscriberWS", "retrievePassword", **KEY).headers


def test_a_tag_is_the_same_whether_passwords_are_answered_or_not(
    api: JsonClient, app_with: Any
) -> None:
    open_api = JsonClient(app_with(retrieve_passwords=True))
    answer = open_api("SubscriberWS", "retrieveSubscriber", **KEY)
    assert "password" in answer.json["return"]
    assert answer.headers["ETag"] == tag(api)
