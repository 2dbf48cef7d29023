"""Batches: many writes of any services in one transaction, all or nothing."""

from typing import Any

import pytest

from sippulse_ws.models import Audit, Did, IdempotencyKey, Subscriber
from sippulse_ws.services import batches
from tests.factories.platform import DOMAIN, Platform
from tests.json_client import JsonClient, problem_of
from tests.soap import Soap

NEW: dict[str, Any] = {"domain": DOMAIN, "password": "Secret-1234", "profile": "DEFAULT"}

ANA: dict[str, Any] = {"username": "ana", "domain": DOMAIN}
NO_OBJECT: dict[str, Any] = {"service": "SubscriberWS", "operation": "addCredit"}
CONTACT = "sip:ana@192.0.2.1"


@pytest.fixture
def api(soap: Soap) -> JsonClient:
    return JsonClient(soap)


def item(service: str, operation: str, **parameters: Any) -> dict[str, Any]:
    return {"service": service, "operation": operation, "parameters": parameters}


def new(username: str, **values: Any) -> dict[str, Any]:
    subscriber = {**NEW, "username": username, **values}
    return item("SubscriberWS", "insertSubscriber", subscriber=subscriber)


def credit(username: str, value: float) -> dict[str, Any]:
    return item("SubscriberWS", "addCredit", username=username, domain=DOMAIN, value=value)


def send(api: JsonClient, *operations: Any, **headers: str) -> Any:
    return api.post("batch", {"operations": list(operations)}, headers)


def test_later_operations_see_what_earlier_ones_did(api: JsonClient, platform: Platform) -> None:
    did = {"accountCode": f"ana@{DOMAIN}", "aliasUsername": "554830258080", "username": "ana"}
    answer = send(
        api,
        new("ana"),
        credit("ana", 12.5),
        item("DidWS", "insertDid", did={**did, "domain": DOMAIN}),
    )
    assert answer.status_code == 200, answer.data
    first, second, third = answer.json["results"]
    assert (list(first), second, list(third)) == (["subscriberId"], {}, ["didId"])
    row = platform.one(Subscriber, username="ana")
    assert (row.id, row.credit) == (first["subscriberId"], 12.5)
    assert platform.one(Did).id == third["didId"]
    operations = [one.operation for one in platform.rows(Audit)]
    assert sorted(operations) == ["addCredit", "batch", "insertDid", "insertSubscriber"]


def test_one_that_fails_undoes_all_and_is_named(api: JsonClient, platform: Platform) -> None:
    answer = send(api, new("ana"), credit("ana", 1), new("ana"), new("bia"))
    assert problem_of(answer) == (409, "subscriber-exists", None)
    assert answer.json["index"] == 2
    assert platform.rows(Subscriber) == []
    row = platform.one(Audit)
    assert (row.operation, row.outcome, row.error) == ("batch", "refused", "subscriber-exists")


def test_rights_are_checked_for_all_before_the_first(api: JsonClient, platform: Platform) -> None:
    platform.domain("other.example.com")
    stranger = platform.administrator("stranger", DOMAIN)
    operations = [new("ana"), new("bia", domain="other.example.com")]
    answer = api.post("batch", {"operations": operations}, principal=stranger)
    assert problem_of(answer) == (403, "access-denied", None)
    assert answer.json["index"] == 1
    assert platform.rows(Subscriber) == []
    wrong = {"login": "stranger", "password": "x"}
    answer = api.post("batch", {"operations": operations[:1]}, principal=wrong)
    assert problem_of(answer)[:2] == (401, "login-failed")


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (item("DomainWS", "listDomains"), "not-for-batches"),
        (item("ReloadModulesWS", "reloadAddress"), "not-for-batches"),
        (item("UserLocationWS", "addUserLocation", **ANA, contact=CONTACT), "not-for-batches"),
        (item("UserLocationWS", "removeUserLocation", **ANA, contact=CONTACT), "not-for-batches"),
        (item("DomainWS", "noSuch"), "bad-request"),
        ({"service": "DomainWS", "operation": "listDomains", "more": 1}, "bad-request"),
        (new("bia", noSuch=1), "bad-request"),
        (NO_OBJECT | {"parameters": []}, "unreadable-value"),
        (NO_OBJECT | {"parameters": 0}, "unreadable-value"),
        (NO_OBJECT | {"parameters": ""}, "unreadable-value"),
        ({"service": "\ud800", "operation": "addCredit"}, "bad-request"),
        (
            {"service": "batch", "operation": "batch", "parameters": {"operations": []}},
            "bad-request",
        ),
        (new("bia", callLimit="x"), "unreadable-value"),
        ("x", "unreadable-value"),
    ],
)
def test_what_does_not_fit_is_named(operation: Any, code: str, api: JsonClient) -> None:
    answer = send(api, new("ana"), operation)
    assert problem_of(answer)[1] == code
    assert answer.json["index"] == 1


def test_a_failure_that_is_no_refusal_is_named_too(
    api: JsonClient, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = batches._do

    def fail_at_the_second(runner: Any, call: Any, request: Any) -> Any:
        if request.values.get("value") == 2:
            raise RuntimeError("made to fail")
        return done(runner, call, request)

    monkeypatch.setattr(batches, "_do", fail_at_the_second)
    answer = send(api, new("ana"), credit("ana", 2), credit("ana", 3))
    assert (answer.status_code, answer.json["code"], answer.json["index"]) == (
        500,
        "internal-error",
        1,
    )
    assert platform.rows(Subscriber) == []


@pytest.mark.parametrize("operations", [[], "x", None, [1] * 1001])
def test_a_batch_has_one_to_a_thousand_operations(operations: Any, api: JsonClient) -> None:
    answer = api.post("batch", {"operations": operations})
    assert problem_of(answer) == (400, "unreadable-value", "operations")


def test_a_thousand_writes(api: JsonClient, platform: Platform) -> None:
    operations = [new("ana"), *(credit("ana", 0.01) for _ in range(999))]
    answer = send(api, *operations)
    assert answer.status_code == 200, answer.data
    assert len(answer.json["results"]) == 1000
    assert str(platform.one(Subscriber).credit) in ("9.990000", "9.99")


def test_a_batch_can_be_repeated_and_tried(api: JsonClient, platform: Platform) -> None:
    tried = send(api, new("ana"), credit("ana", 1), **{"X-Dry-Run": "true"})
    assert tried.status_code == 200
    assert platform.rows(Subscriber) == []
    key = {"Idempotency-Key": "batch-1"}
    first = send(api, new("ana"), credit("ana", 1), **key)
    again = send(api, new("ana"), credit("ana", 1), **key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json == first.json
    assert platform.one(Subscriber).credit == 1
    assert len(platform.rows(IdempotencyKey)) == 1
    other = send(api, new("bia"), **key)
    assert problem_of(other)[:2] == (422, "idempotency-key-reused")


RATE = {"domain": DOMAIN, "rateId": 1, "name": "x", "rateValue": 1}


@pytest.mark.parametrize(
    "operation",
    [
        credit("nobody", 1),
        new("bia", callLimit=2**31 - 1, city="x" * 1000),
        new("bia", password=""),
        item("RateWS", "insertRates", rate=[{**RATE, "prefix": "55"}, {**RATE, "prefix": "x"}]),
        item("RateWS", "insertRates", rate=[{**RATE, "prefix": "55", "domain": "no.example.com"}]),
    ],
)
def test_a_refusal_is_repeated_with_all_that_it_told(operation: Any, api: JsonClient) -> None:
    def single() -> Any:
        where = f"{operation['service']}/{operation['operation']}"
        return api.post(where, operation["parameters"], {"Idempotency-Key": "one"})

    def in_a_batch() -> Any:
        return send(api, new("ana"), operation, **{"Idempotency-Key": "batch"})

    for ask in (single, in_a_batch):
        told = []
        for _ in range(3):
            answer = ask()
            assert answer.status_code >= 400
            told.append((answer.status_code, answer.json | {"requestId": ""}))
        assert told[0] == told[1] == told[2]


def test_no_key_keeps_that_a_right_was_missing(api: JsonClient, platform: Platform) -> None:
    platform.domain("other.example.com")
    stranger = platform.administrator("stranger", DOMAIN)
    operations = [new("ana"), new("bia", domain="other.example.com")]
    key = {"Idempotency-Key": "batch-1"}
    answer = api.post("batch", {"operations": operations}, key, principal=stranger)
    assert problem_of(answer) == (403, "access-denied", None)
    assert platform.rows(IdempotencyKey) == []
