"""JSON beside SOAP: the same operations, rights and results, in the contract's names."""

import base64
import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sippulse_ws.domain.load_errors import Busy
from sippulse_ws.models import Audit, CreditLedger, Subscriber
from sippulse_ws.observability.operation_log import OperationLog
from sippulse_ws.services.catalogue import every_operation
from sippulse_ws.serving.refusals import Refusals, refuse
from tests.factories.platform import DOMAIN, Platform
from tests.json_client import JsonClient, problem_of
from tests.soap import Soap

NEW: dict[str, Any] = {
    "username": "ana",
    "domain": DOMAIN,
    "password": "Secret-1234",
    "profile": "DEFAULT",
}
KEY: dict[str, Any] = {"username": "ana", "domain": DOMAIN}


@pytest.fixture
def api(soap: Soap) -> JsonClient:
    return JsonClient(soap)


def test_a_subscriber_is_made_read_changed_and_removed(api: JsonClient, soap: Soap) -> None:
    made = api.result("SubscriberWS", "insertSubscriber", subscriber={**NEW, "firstName": "João ☎"})
    assert list(made) == ["subscriberId"]
    read = api.result("SubscriberWS", "retrieveSubscriber", **KEY)["return"]
    assert (read["id"], read["firstName"], read["accountCode"]) == (
        made["subscriberId"],
        "João ☎",
        f"ana@{DOMAIN}",
    )
    assert "lastName" not in read
    change = {**KEY, "callLimit": 3, "lowCreditLimit": 1, "voicemail": True}
    assert api.result("SubscriberWS", "updateSubscriber", subscriber=change) == {}
    by_soap = soap("SubscriberWS", "retrieveSubscriber", **KEY)
    assert (by_soap.callLimit, by_soap.lowCreditLimit, by_soap.voicemail) == (3, 1.0, True)
    assert api.result("SubscriberWS", "removeSubscriber", **KEY) == {}
    assert api.problem("SubscriberWS", "retrieveSubscriber", **KEY) == (
        404,
        "subscriber-not-found",
        None,
    )


def test_both_doors_give_the_same_values(api: JsonClient, soap: Soap, platform: Platform) -> None:
    platform.subscriber("ana", first_name="Ana", low_credit_limit=0.1, phone=554830258080)
    by_json = api.result("SubscriberWS", "retrieveSubscriber", **KEY)["return"]
    by_soap = soap("SubscriberWS", "retrieveSubscriber", **KEY)
    by_soap = {name: by_soap[name] for name in by_soap if by_soap[name] is not None}
    assert by_json == by_soap
    assert (type(by_json["phone"]), type(by_json["lowCreditLimit"])) == (int, float)


def test_lists_of_none_one_and_many(api: JsonClient, platform: Platform) -> None:
    assert api.result("HuntGroupWS", "listHuntGroups", domain=DOMAIN) == {"huntGroup": []}
    for number in range(3):
        platform.free_number(f"55483025808{number}")
    numbers = api.result("DidWS", "listAvailablesNumbers", domain=DOMAIN)
    assert numbers == {"did": [f"55483025808{number}" for number in range(3)]}
    assert api.result("DomainWS", "listDomains")["domain"][0]["domain"] == DOMAIN


def test_money_is_exact_and_audited(api: JsonClient, platform: Platform) -> None:
    platform.subscriber("ana")
    for _ in range(3):
        api.result("SubscriberWS", "addCredit", **KEY, value=0.1, obs="top-up")
    assert platform.one(Subscriber, username="ana").credit == Decimal("0.3")
    assert len(platform.rows(CreditLedger)) == 3
    assert api.result("SubscriberWS", "retrieveCredit", **KEY) == {"return": 0.3}
    assert {row.operation for row in platform.rows(Audit)} == {"addCredit"}


def test_every_published_name_has_a_path(api: JsonClient) -> None:
    operations = list(every_operation())
    assert len(operations) == 103
    for one in operations:
        answer = api.post(f"{one.service}/{one.name}", {"noSuchMember": 1})
        assert problem_of(answer) == (400, "bad-request", "noSuchMember"), one.name


def test_an_unknown_member_is_named_at_any_depth(api: JsonClient, platform: Platform) -> None:
    problem = api.problem("SubscriberWS", "insertSubscriber", subscriber={**NEW, "fristName": "A"})
    assert problem == (400, "bad-request", "subscriber.fristName")
    rates = [{"domain": DOMAIN}, {"domain": DOMAIN, "preço": 1}]
    assert api.problem("RateWS", "insertRates", rate=rates) == (
        400,
        "bad-request",
        "rate[1].preço",
    )
    assert platform.rows(Subscriber) == []


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"callLimit": "2"}, "subscriber.callLimit"),
        ({"callLimit": 2.5}, "subscriber.callLimit"),
        ({"callLimit": 2**31}, "subscriber.callLimit"),
        ({"callLimit": True}, "subscriber.callLimit"),
        ({"phone": 2**63}, "subscriber.phone"),
        ({"voicemail": "true"}, "subscriber.voicemail"),
        ({"voicemail": 1}, "subscriber.voicemail"),
        ({"firstName": 7}, "subscriber.firstName"),
        ({"firstName": "a\x00b"}, "subscriber.firstName"),
        ({"firstName": "\ud800"}, "subscriber.firstName"),
        ({"lowCreditLimit": "0.1"}, "subscriber.lowCreditLimit"),
        ({"lowCreditLimit": 10**400}, "subscriber.lowCreditLimit"),
        ([], "subscriber"),
        ("x", "subscriber"),
    ],
)
def test_a_value_of_another_type_is_named(api: JsonClient, value: Any, field: str) -> None:
    subscriber = {**NEW, **value} if isinstance(value, dict) else value
    problem = api.problem("SubscriberWS", "insertSubscriber", subscriber=subscriber)
    assert problem == (400, "unreadable-value", field)


def test_whole_numbers_may_have_a_point_and_doubles_none(api: JsonClient) -> None:
    new = {**NEW, "callLimit": 2.0, "lowCreditLimit": 3}
    api.result("SubscriberWS", "insertSubscriber", subscriber=new)
    read = api.result("SubscriberWS", "retrieveSubscriber", **KEY)["return"]
    assert (read["callLimit"], read["lowCreditLimit"]) == (2, 3.0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b'{"a":1,"a":2}',
        b"\xff",
        b"[" * 100_000,
        b'{"value": NaN}',
        b'{"value": ' + b"9" * 5000 + b"}",
        b'{"username": "ana", "\\u0075sername": "bia"}',
        b'{"\\ud800": 1}',
        b"\xef\xbb\xbf{}",
        b"{} {}",
    ],
)
def test_a_body_that_is_no_json_object_is_refused(api: JsonClient, body: bytes) -> None:
    status, code, _ = problem_of(api.post("SubscriberWS/addCredit", body))
    assert (status, code) == (400, "bad-request")


def test_what_is_missing_or_invalid_is_named(api: JsonClient, platform: Platform) -> None:
    assert api.problem("SubscriberWS", "insertSubscriber", subscriber=KEY) == (
        422,
        "missing-field",
        "password",
    )
    assert api.problem("SubscriberWS", "insertSubscriber") == (422, "missing-field", "subscriber")
    platform.subscriber("ana")
    assert api.problem("SubscriberWS", "insertSubscriber", subscriber=NEW)[:2] == (
        409,
        "subscriber-exists",
    )
    assert api.problem("SubscriberWS", "addCredit", **KEY, value=0)[:2] == (422, "invalid-field")


def test_whoever_is_not_known_gets_401_and_a_stranger_403(
    api: JsonClient, platform: Platform
) -> None:
    wrong = {"login": api.principal["login"], "password": "wrong"}
    answer = api("DomainWS", "listDomains", principal=wrong)
    assert problem_of(answer) == (401, "login-failed", None)
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert problem_of(api.http.post("/SipPulse/api/DomainWS/listDomains", json={}))[0] == 401
    stranger = platform.administrator("stranger")
    answer = api("SubscriberWS", "retrieveSubscriber", principal=stranger, **KEY)
    assert problem_of(answer) == (403, "access-denied", None)


def test_the_principal_may_stand_in_the_body(api: JsonClient) -> None:
    path = "/SipPulse/api/DomainWS/listDomains"
    assert api.http.post(path, json={"principal": api.principal}).status_code == 200
    both = api.post("DomainWS/listDomains", {"principal": api.principal})
    assert both.status_code == 200
    other = api.post("DomainWS/listDomains", {"principal": {"login": "other", "password": "x"}})
    assert problem_of(other) == (400, "bad-request", "principal")


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !!!", "Basic " + base64.b64encode(b"nocolon").decode(), "Basic /w=="]
)
def test_an_unreadable_authorization_is_told(api: JsonClient, header: str) -> None:
    answer = api.http.post(
        "/SipPulse/api/DomainWS/listDomains", json={}, headers={"Authorization": header}
    )
    assert problem_of(answer)[:2] == (400, "bad-request")


def test_customers_need_no_principal(api: JsonClient, platform: Platform) -> None:
    platform.subscriber("ana", password="Secret-1234")
    path = "/SipPulse/api/CustomerWS/retrieveCustomerCredit"
    answer = api.http.post(path, json={**KEY, "password": "Secret-1234"})
    assert (answer.status_code, answer.json) == (200, {"return": 0.0})
    assert problem_of(api.http.post(path, json={**KEY, "password": "x"}))[:2] == (
        401,
        "login-failed",
    )


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ('Application/JSON;charset="UTF-8"', 200),
        ("application/json; charset=UTF-8; profile=x", 200),
        ("application/json;charset=utf8", 200),
        ("application/json; charset=iso-8859-1", 415),
        ("application/json, text/xml", 415),
        ("application/vnd.api+json", 415),
        ("text/xml", 415),
        ("text/json", 415),
        ("", 415),
    ],
)
def test_only_json_in_utf_8_is_read(api: JsonClient, content_type: str, status: int) -> None:
    body = json.dumps({"principal": api.principal})
    path = "/SipPulse/api/DomainWS/listDomains"
    answer = api.http.post(path, data=body, content_type=content_type)
    assert answer.status_code == status


def test_other_methods_and_other_paths(api: JsonClient) -> None:
    answer = api.http.get("/SipPulse/api/DomainWS/listDomains")
    assert problem_of(answer) == (405, "method-not-allowed", None)
    assert answer.headers["Allow"] == "POST"
    for path in ("DomainWS/noSuch", "NoWS/listDomains", "DomainWS", "x"):
        assert problem_of(api.post(path, {})) == (404, "unknown-path", None)


def test_too_large_is_413(app_with: Any) -> None:
    api = JsonClient(app_with(max_body=1024))
    answer = api.post("DomainWS/listDomains", b"{" + b" " * 1024 + b"}")
    assert problem_of(answer) == (413, "too-large", None)


def test_messages_are_in_the_language_of_the_server(app_with: Any) -> None:
    for language, words in (("pt", "Membro desconhecido: x"), ("en", "Unknown member: x")):
        answer = JsonClient(app_with(language=language)).post("DomainWS/listDomains", {"x": 1})
        assert answer.json["detail"] == words


@pytest.mark.parametrize(
    ("asked", "language"),
    [("en-GB,en;q=0.9", "en"), ("pt-BR", "pt"), ("de", "pt"), ("", "pt"), ("de, en;q=0.1", "en")],
)
def test_a_problem_is_told_in_the_language_that_is_asked_for(
    asked: str, language: str, app_with: Any
) -> None:
    words = {"pt": "Membro desconhecido: x", "en": "Unknown member: x"}
    client = JsonClient(app_with(language="pt"))
    answer = client.post("DomainWS/listDomains", {"x": 1}, {"Accept-Language": asked})
    assert (answer.json["detail"], answer.headers["Content-Language"]) == (
        words[language],
        language,
    )


@pytest.mark.parametrize(
    ("body", "detail", "field"),
    [
        (b"", "O corpo não é JSON; linha e coluna do erro: 1, 1", None),
        (b'{"a":\n x}', "O corpo não é JSON; linha e coluna do erro: 2, 2", None),
        (b'{"a":1,"a":2}', "Membro repetido: a", "a"),
        (b'{"value": -Infinity}', "Não é um número em JSON: -Infinity", None),
        (b'{"value": ' + b"9" * 5000 + b"}", "Não é um número em JSON", None),
        (b'"\xff"', "O corpo não está em UTF-8", None),
        (b"[" * 100_000, "O corpo JSON é aninhado demais", None),
    ],
)
def test_what_is_wrong_with_a_body_is_told_in_one_language(
    body: bytes, detail: str, field: str | None, app_with: Any
) -> None:
    answer = JsonClient(app_with(language="pt")).post("SubscriberWS/addCredit", body)
    assert (answer.json["detail"], answer.json.get("field")) == (detail, field)


_texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"))


@given(obs=_texts.filter(lambda text: len(text) < 200), city=_texts)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_texts_come_back_as_they_were_sent(
    api: JsonClient, platform: Platform, obs: str, city: str
) -> None:
    subscriber = {**NEW, "username": "texts", "city": city[:60] or "x"}
    api.result("SubscriberWS", "insertSubscriber", subscriber=subscriber)
    key = {"username": "texts", "domain": DOMAIN}
    read = api.result("SubscriberWS", "retrieveSubscriber", **key)["return"]
    assert read["city"] == subscriber["city"]
    api.result("SubscriberWS", "removeSubscriber", **key)


def test_a_request_that_no_thread_will_run_is_told_as_json_too() -> None:
    status, headers, body = refuse("en", "/SipPulse/api/DomainWS/listDomains", Busy(), "4711")
    assert (status, dict(headers)["Content-Type"]) == (429, "application/problem+json")
    assert json.loads(body)["code"] == "busy"
    assert refuse("en", "/SipPulse/DomainWS", Busy(), "4711")[0] == 500


@pytest.mark.parametrize(
    ("hops", "asked", "page", "words"),
    [
        (1, "en", "/voice/SipPulse/errors#busy", "Server busy"),
        (0, "", "/SipPulse/errors#busy", "Servidor ocupado"),
    ],
)
def test_it_is_told_in_the_clients_language_and_under_the_proxys_path(
    hops: int, asked: str, page: str, words: str
) -> None:
    sent = {"accept-language": asked, "x-forwarded-prefix": "/voice"}
    scope: Any = SimpleNamespace(client="127.0.0.1:9", headers=sent)
    refusals = Refusals("pt", OperationLog(0, "error", "json"), hops)
    answer = refusals.turn_away(scope, "/SipPulse/api/DomainWS/listDomains", Busy())
    told = json.loads(answer[2])
    assert (told["type"], told["detail"][: len(words)]) == (page, words)
    assert dict(answer[1])["Content-Language"] == (asked or "pt")
