"""Idempotency keys: a request that is sent again gets the first one's outcome, done once."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from sippulse_ws.config import Settings
from sippulse_ws.db import Session
from sippulse_ws.domain.idempotency import purge
from sippulse_ws.jobs.work import list_work
from sippulse_ws.models import Audit, CreditLedger, IdempotencyKey, Location, Subscriber
from tests.factories.platform import DOMAIN, PASSWORD, Platform
from tests.fixtures.proxies import KamailioStandIn
from tests.integration.test_user_location import CONTACT, Registrar
from tests.json_client import JsonClient
from tests.soap import ENVELOPE, Soap, principal_xml

KEY: dict[str, Any] = {"username": "1000", "domain": DOMAIN}
CREDIT = f"<username>1000</username><domain>{DOMAIN}</domain><value>{{value}}</value>"
BLOCK = (
    '<S:Header><k:IdempotencyKey xmlns:k="urn:sippulse-ws:headers"{attributes}>{key}'
    "</k:IdempotencyKey></S:Header><S:Body>"
)
REUSED = "Idempotency-Key already used with another request"
BAD = "Bad Idempotency-Key"


@pytest.fixture(autouse=True)
def subscriber(platform: Platform) -> int:
    return platform.subscriber("1000", password_portal=PASSWORD)


def keyed(key: str) -> dict[str, Any]:
    return {"headers": {"Idempotency-Key": key}}


def audited(platform: Platform) -> list[tuple[str, str | None]]:
    return [(row.outcome, row.error) for row in platform.rows(Audit)]


def with_block(soap: Soap, key: str, attributes: str = "", value: float = 10) -> Any:
    """addCredit with the key in a SOAP header block."""
    body = CREDIT.format(value=value) + principal_xml(soap.principal)
    envelope = ENVELOPE.format(operation="addCredit", body=body)
    envelope = envelope.replace("<S:Body>", BLOCK.format(key=key, attributes=attributes))
    return soap.http.post(
        "/SipPulse/SubscriberWS", data=envelope.encode(), content_type="text/xml; charset=utf-8"
    )


def test_the_same_request_is_done_once(soap: Soap, platform: Platform) -> None:
    for _ in range(3):
        soap("SubscriberWS", "addCredit", **KEY, value=10, **keyed("a-1"))
    assert soap("SubscriberWS", "retrieveCredit", **KEY) == 10
    assert len(platform.rows(CreditLedger)) == 1
    assert audited(platform) == [("done", None), ("repeated", None), ("repeated", None)]


def test_another_key_and_none_are_other_requests(soap: Soap) -> None:
    for headers in (keyed("a-1"), keyed("A-1"), {}, {}):
        soap("SubscriberWS", "addCredit", **KEY, value=10, **headers)
    assert soap("SubscriberWS", "retrieveCredit", **KEY) == 40


def test_the_key_is_one_with_and_without_quotes_and_in_a_block(soap: Soap) -> None:
    for text in ("a-1", '"a-1"', ' "a-1" ', '"a-1";v=1'):
        soap("SubscriberWS", "addCredit", **KEY, value=10, **keyed(text))
    for attributes in ("", ' S:mustUnderstand="1"'):
        assert with_block(soap, "a-1", attributes).status_code == 200
    assert with_block(soap, '"a-1"').status_code == 200
    assert soap("SubscriberWS", "retrieveCredit", **KEY) == 10


@pytest.mark.parametrize(
    "other",
    [
        ("SubscriberWS", "addCredit", {"value": 11}),
        ("SubscriberWS", "addCredit", {"value": 10, "obs": "again"}),
        ("SubscriberWS", "blockSubscriber", {}),
    ],
)
def test_the_key_of_another_request_is_a_fault(
    other: tuple[str, str, dict[str, Any]], soap: Soap, platform: Platform
) -> None:
    soap("SubscriberWS", "addCredit", **KEY, value=10, **keyed("a-1"))
    service, operation, arguments = other
    assert soap.fault(service, operation, **KEY, **arguments, **keyed("a-1")) == REUSED
    row = platform.one(Subscriber)
    assert (row.credit, row.active) == (Decimal(10), True)
    assert audited(platform)[-1] == ("refused", "idempotency-key-reused")
    soap("SubscriberWS", "addCredit", **KEY, value=10, **keyed("a-1"))  # still the first one's


def test_what_is_no_parameter_does_not_make_another_request(soap: Soap, app_with: Any) -> None:
    body = CREDIT.format(value="10.0") + principal_xml(soap.principal)
    for value, extra in (("10.0", {}), (" 1e1 ", {"X-Request-Id": "7", "SOAPAction": '"x"'})):
        told = body.replace("10.0", value)
        headers = {"Idempotency-Key": "a-1", **extra}
        assert soap.post("SubscriberWS", "addCredit", told, **headers).status_code == 200
    assert soap("SubscriberWS", "retrieveCredit", **KEY) == 10


def test_a_refusal_is_an_outcome(soap: Soap, platform: Platform) -> None:
    late: Any = {"username": "1001", "domain": DOMAIN, "value": 10}
    fault = soap.fault("SubscriberWS", "addCredit", **late, **keyed("a-1"))
    platform.subscriber("1001")
    assert soap.fault("SubscriberWS", "addCredit", **late, **keyed("a-1")) == fault
    assert fault == f"Subscriber not found: 1001@{DOMAIN}"
    assert audited(platform) == [
        ("refused", "subscriber-not-found"),
        ("repeated", "subscriber-not-found"),
    ]
    soap("SubscriberWS", "addCredit", **late, **keyed("a-2"))


def test_a_refusal_speaks_the_language_of_today(app_with: Any) -> None:
    late: Any = {"username": "1001", "domain": DOMAIN, "value": 10}
    english, portuguese = app_with(language="en"), app_with(language="pt")
    english.fault("SubscriberWS", "addCredit", **late, **keyed("a-1"))
    fault = portuguese.fault("SubscriberWS", "addCredit", **late, **keyed("a-1"))
    assert fault == f"Assinante não encontrado: 1001@{DOMAIN}"


def test_a_refusal_that_an_earlier_version_kept_is_repeated(soap: Soap, db: Session) -> None:
    api, rate = JsonClient(soap), {"domain": DOMAIN, "rateId": 1, "prefix": "x", "rateValue": 1}
    refused: dict[str, Any] = {"headers": {"Idempotency-Key": "a-1"}, "rate": [rate]}
    first = api("RateWS", "insertRates", **refused)
    texts = {"code": "row-refused", "pt": "Linha 1: …", "en": "Row 1: …"}
    db.execute(
        sa.update(IdempotencyKey).values(answer=json.dumps({"$kind": "row", "$value": texts}))
    )
    again = api("RateWS", "insertRates", **refused)
    assert (first.status_code, first.json["row"], first.json["code"]) == (422, 1, "row-refused")
    assert (again.status_code, again.json["detail"], again.json["code"]) == (
        422,
        "Row 1: …",
        "row-refused",
    )


@pytest.mark.parametrize(
    "error", [OperationalError("UPDATE", {}, Exception(1, "away")), RuntimeError("a mistake")]
)
def test_a_failure_is_no_outcome(
    error: Exception, soap: Soap, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("sippulse_ws.domain.credit.add_credit", fail)
        soap.fault("SubscriberWS", "addCredit", **KEY, value=10, **keyed("a-1"))
    soap("SubscriberWS", "addCredit", **KEY, value=10, **keyed("a-1"))
    assert soap("SubscriberWS", "retrieveCredit", **KEY) == 10


def test_keys_are_the_logins_own(soap: Soap, platform: Platform) -> None:
    clerk = platform.administrator("clerk", DOMAIN)
    for principal in (soap.principal, clerk, clerk):
        soap("SubscriberWS", "addCredit", **KEY, value=10, principal=principal, **keyed("a-1"))
    assert soap("SubscriberWS", "retrieveCredit", **KEY) == 20


def test_a_wrong_password_meets_no_key(soap: Soap, platform: Platform) -> None:
    wrong = soap.principal | {"password": "guess"}
    call = {**KEY, "value": 10, **keyed("a-1")}
    assert "Invalid login" in soap.fault("SubscriberWS", "addCredit", **call, principal=wrong)
    assert platform.rows(IdempotencyKey) == []
    soap("SubscriberWS", "addCredit", **call)
    assert "Invalid login" in soap.fault("SubscriberWS", "addCredit", **call, principal=wrong)


def test_a_denied_domain_takes_no_key(soap: Soap, platform: Platform) -> None:
    clerk = platform.administrator("clerk")
    call = {**KEY, "value": 10, "principal": clerk, **keyed("a-1")}
    assert "denied" in soap.fault("SubscriberWS", "addCredit", **call)
    assert platform.rows(IdempotencyKey) == []


@pytest.mark.parametrize(
    "text", ['""', '"a', '"a" "b"', "x" * 256, "é", "", " ", '"a\\b"', '"a", "b"']
)
def test_a_bad_key_is_a_fault_and_nothing_is_done(
    text: str, soap: Soap, platform: Platform
) -> None:
    fault = soap.fault("SubscriberWS", "addCredit", **KEY, value=10, **keyed(text))
    assert fault.startswith(BAD)
    assert platform.rows(CreditLedger) == []
    assert audited(platform) == [("refused", "invalid-idempotency-key")]


def test_header_and_block_must_say_the_same(soap: Soap) -> None:
    body = CREDIT.format(value=10) + principal_xml(soap.principal)
    envelope = ENVELOPE.format(operation="addCredit", body=body).replace(
        "<S:Body>", BLOCK.format(key="a-1", attributes="")
    )
    for header, status in (("a-2", 500), ('"a-1"', 200)):
        answer = soap.http.post(
            "/SipPulse/SubscriberWS",
            data=envelope.encode(),
            content_type="text/xml",
            headers={"Idempotency-Key": header},
        )
        assert answer.status_code == status
    assert soap("SubscriberWS", "retrieveCredit", **KEY) == 10


def test_reading_takes_no_key(soap: Soap, platform: Platform) -> None:
    for value in (0, 10):
        assert soap("SubscriberWS", "retrieveCredit", **KEY, **keyed("a-1")) == value
        soap("SubscriberWS", "addCredit", **KEY, value=10)
    assert platform.rows(IdempotencyKey) == []


def test_results_are_given_again(soap: Soap, platform: Platform) -> None:
    group = {"domain": DOMAIN, "description": "Vendas", "groupList": "1000", "method": "serial"}
    plan = {
        "domain": DOMAIN,
        "name": "Plano",
        "rateId": 1,
        "markup": 2.5,
        "prepaid": True,
        "cadency": 6,
        "txConnection": 30,
        "freeMinutes": 0,
        "blockCallsWithoutRate": False,
        "limitToCreditExpires": 0,
        "txDelay": 0,
        "txDiscard": 0,
    }
    rate = {"domain": DOMAIN, "name": "SP", "prefix": "5511", "rateId": 1, "rateValue": 0.1}
    soap("RateWS", "insertRates", rate=[rate])
    (listed,) = soap("RateWS", "listRatesByParams", domain=DOMAIN)
    calls = [
        ("DidWS", "insertDid", {"did": did()}),
        ("HuntGroupWS", "insertHuntGroup", {"huntGroup": group | {"timeout": 20}}),
        ("RatePlanWS", "insertRatePlan", {"ratePlan": plan}),
        ("RateWS", "updateRate", {"rate": rate | {"id": listed.id, "rateValue": 0.123456}}),
        ("SubscriberWS", "insertDBAliases", {"dbAliases": {**KEY, "aliasUsername": "ana"}}),
    ]
    for number, (service, operation, arguments) in enumerate(calls):
        first = soap(service, operation, **arguments, **keyed(f"a-{number}"))
        assert first is not None
        assert soap(service, operation, **arguments, **keyed(f"a-{number}")) == first


def did() -> dict[str, Any]:
    return {
        "accountCode": f"1000@{DOMAIN}",
        "aliasUsername": "554830258080",
        "didToRuri": False,
        "monthlySubscription": 0,
        "reverseBilling": False,
        **KEY,
    }


def test_an_outcome_is_kept_for_the_hours_of_the_setting(
    app_with: Any, platform: Platform, db: Session
) -> None:
    soap = app_with(language="en", idempotency_hours=2)
    call = {**KEY, "value": 10, **keyed("a-1")}
    soap("SubscriberWS", "addCredit", **call)
    now = dt.datetime.now(dt.UTC)
    platform.update(IdempotencyKey, at=now - dt.timedelta(minutes=119))
    soap("SubscriberWS", "addCredit", **call)
    assert soap("SubscriberWS", "retrieveCredit", **KEY) == 10
    assert purge(db, 2) == 0
    platform.update(IdempotencyKey, at=now - dt.timedelta(minutes=121))
    soap("SubscriberWS", "addCredit", **call)  # nobody has purged it yet
    assert soap("SubscriberWS", "retrieveCredit", **KEY) == 20
    soap("SubscriberWS", "addCredit", **call)
    assert soap("SubscriberWS", "retrieveCredit", **KEY) == 20
    platform.update(IdempotencyKey, at=now - dt.timedelta(minutes=121))
    assert purge(db, 2) == 1
    assert platform.rows(IdempotencyKey) == []


def test_a_customer_may_repeat_a_change_of_password(soap: Soap, platform: Platform) -> None:
    change = {
        **KEY,
        "actualPassword": PASSWORD,
        "newPassword": "nova-Senha",
        "confirmNewPassword": "nova-Senha",
        **keyed("a-1"),
    }
    for _ in range(2):  # the second time the current password is another
        soap("CustomerWS", "changeCustomerPassword", **change)
    wrong = change | {"actualPassword": "guess"}
    assert "Invalid login" in soap.fault("CustomerWS", "changeCustomerPassword", **wrong)
    assert len(platform.rows(IdempotencyKey)) == 1
    again = change | {"actualPassword": "nova-Senha"}  # another password: another one's key
    soap("CustomerWS", "changeCustomerPassword", **again)


def test_what_a_proxy_was_told_is_not_told_again(
    app_with: Any, kamailio_stand_in: KamailioStandIn, platform: Platform
) -> None:
    soap = app_with(language="en", proxies=[kamailio_stand_in.settings])
    registrar = Registrar(kamailio_stand_in)
    for _ in range(2):
        soap("UserLocationWS", "addUserLocation", **KEY, contact=CONTACT, **keyed("a-1"))
    assert registrar.contacts == [CONTACT]
    assert audited(platform) == [("done", None), ("repeated", None)]


def test_a_proxy_that_failed_is_told_again(
    app_with: Any, kamailio_stand_in: KamailioStandIn, platform: Platform
) -> None:
    soap = app_with(language="en", proxies=[kamailio_stand_in.settings])
    soap.fault("UserLocationWS", "addUserLocation", **KEY, contact=CONTACT, **keyed("a-1"))
    assert platform.rows(IdempotencyKey) == []
    registrar = Registrar(kamailio_stand_in)
    soap("UserLocationWS", "addUserLocation", **KEY, contact=CONTACT, **keyed("a-1"))
    assert registrar.contacts == [CONTACT]
    assert audited(platform) == [("failed", "proxy-failed"), ("done", None)]


def test_a_proxys_refusal_is_an_outcome(
    app_with: Any, kamailio_stand_in: KamailioStandIn, platform: Platform
) -> None:
    soap = app_with(language="en", proxies=[kamailio_stand_in.settings])
    late: dict[str, Any] = {"username": "1001", "domain": DOMAIN, "contact": CONTACT}
    fault = soap.fault("UserLocationWS", "addUserLocation", **late, **keyed("a-1"))
    platform.subscriber("1001")
    assert soap.fault("UserLocationWS", "addUserLocation", **late, **keyed("a-1")) == fault


def test_a_request_without_a_transaction_says_that_it_runs(soap: Soap, platform: Platform) -> None:
    call = {**KEY, "contact": CONTACT, **keyed("a-1")}
    soap("UserLocationWS", "addUserLocation", **call)
    platform.update(IdempotencyKey, outcome=None, answer=None)  # as it is while it runs
    assert "still running" in soap.fault("UserLocationWS", "addUserLocation", **call)
    died = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=11)
    platform.update(IdempotencyKey, at=died)
    platform.db.execute(sa.delete(Location))
    soap("UserLocationWS", "addUserLocation", **call)


def test_neither_keys_nor_parameters_are_stored(soap: Soap, platform: Platform) -> None:
    change: Any = {"newPassword": "Seg-1", "confirmNewPassword": "Seg-1"}
    change["actualPassword"] = PASSWORD
    soap("SubscriberWS", "changePasswordWEB", **KEY, **change, **keyed("the-key-itself"))
    (row,) = platform.rows(IdempotencyKey)
    for secret in ("the-key-itself", "Seg-1", PASSWORD):
        assert secret not in str(row)


def test_the_background_process_forgets_old_keys(
    soap: Soap, platform: Platform, database: Any
) -> None:
    for number in range(3):
        soap("SubscriberWS", "addCredit", **KEY, value=10, **keyed(f"a-{number}"))
    jobs = {job.name: job for job in list_work(Settings(idempotency_hours=1), [])}
    assert jobs["idempotency_keys"].run(database) is False
    assert len(platform.rows(IdempotencyKey)) == 3
    old = dt.datetime.now(dt.UTC) - dt.timedelta(hours=2)
    platform.update(IdempotencyKey, at=old)
    assert jobs["idempotency_keys"].run(database) is False
    assert platform.rows(IdempotencyKey) == []
