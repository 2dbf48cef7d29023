"""X-Dry-Run: the answer that a write would have given, and nothing of it stays."""

import json
from typing import Any

import pytest
import sqlalchemy as sa
from lxml import etree
from werkzeug.test import Client

from sippulse_ws.models import Audit, Base, CreditLedger, IdempotencyKey, Subscriber
from sippulse_ws.services.catalogue import every_operation
from sippulse_ws.web import samples
from tests.factories.platform import DOMAIN, Platform
from tests.fixtures.demo import Demo
from tests.json_client import JsonClient, problem_of
from tests.soap import NAMESPACE, Soap, principal_xml

KEY: dict[str, Any] = {"username": "ana", "domain": DOMAIN}
NEW: dict[str, Any] = {**KEY, "password": "Secret-1234", "profile": "DEFAULT"}
DRY = {"X-Dry-Run": "true"}


@pytest.fixture
def api(soap: Soap) -> JsonClient:
    return JsonClient(soap)


def test_the_answer_is_what_it_would_have_been_and_nothing_is_stored(
    api: JsonClient, platform: Platform
) -> None:
    answer = api("SubscriberWS", "insertSubscriber", headers=DRY, subscriber=NEW)
    assert answer.status_code == 200
    assert answer.json["subscriberId"] > 0
    assert platform.rows(Subscriber) == []
    row = platform.one(Audit)
    assert (row.operation, row.outcome, row.error) == ("insertSubscriber", "dry-run", None)


def test_refusals_are_the_same_and_audited_as_a_dry_run(
    api: JsonClient, platform: Platform
) -> None:
    platform.subscriber("ana")
    answer = api("SubscriberWS", "insertSubscriber", headers=DRY, subscriber=NEW)
    assert problem_of(answer) == (409, "subscriber-exists", None)
    row = platform.one(Audit)
    assert (row.outcome, row.error) == ("dry-run", "subscriber-exists")


def test_no_money_moves_and_no_key_is_used_up(api: JsonClient, platform: Platform) -> None:
    platform.subscriber("ana")
    headers = {**DRY, "Idempotency-Key": "top-up-1"}
    assert api("SubscriberWS", "addCredit", headers=headers, **KEY, value=5).json == {}
    assert platform.one(Subscriber).credit == 0
    assert platform.rows(CreditLedger) + platform.rows(IdempotencyKey) == []
    headers = {"X-Dry-Run": "false", "Idempotency-Key": "top-up-1"}
    assert api("SubscriberWS", "addCredit", headers=headers, **KEY, value=7).json == {}
    assert platform.one(Subscriber).credit == 7


@pytest.mark.parametrize("value", ["yes", "1", "", "True", "FALSE", "true, false", "verdade"])
def test_any_other_value_is_refused_and_never_a_real_write(
    value: str, api: JsonClient, platform: Platform
) -> None:
    headers = {"X-Dry-Run": value}
    answer = api("SubscriberWS", "insertSubscriber", headers=headers, subscriber=NEW)
    assert problem_of(answer) == (422, "invalid-dry-run", None)
    assert platform.rows(Subscriber) == []


def test_what_acts_on_a_proxy_refuses_it(api: JsonClient) -> None:
    answer = api("ReloadModulesWS", "reloadAddress", headers=DRY)
    assert problem_of(answer) == (422, "dry-run-impossible", None)
    for operation in ("addUserLocation", "removeUserLocation"):
        answer = api("UserLocationWS", operation, headers=DRY, **KEY, contact="sip:a@192.0.2.1")
        assert problem_of(answer) == (422, "dry-run-impossible", None)


def test_a_wrong_login_is_told_first(api: JsonClient) -> None:
    wrong = {"login": "root", "password": "x"}
    answer = api("SubscriberWS", "insertSubscriber", headers=DRY, principal=wrong, subscriber=NEW)
    assert problem_of(answer)[:2] == (401, "login-failed")


def test_soap_has_a_header_block_for_it(soap: Soap, platform: Platform) -> None:
    envelope = (
        '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Header>'
        '<h:DryRun xmlns:h="urn:sippulse-ws:headers" S:mustUnderstand="1">true</h:DryRun>'
        f'</S:Header><S:Body><ns2:insertSubscriber xmlns:ns2="{NAMESPACE}"><subscriber>'
        f"<username>ana</username><domain>{DOMAIN}</domain><password>Secret-1234</password>"
        f"<profile>DEFAULT</profile></subscriber>{principal_xml(soap.principal)}"
        "</ns2:insertSubscriber></S:Body></S:Envelope>"
    )
    answer = soap.http.post("/SipPulse/SubscriberWS", data=envelope, content_type="text/xml")
    assert answer.status_code == 200, answer.text
    assert etree.fromstring(answer.data).find(".//subscriberId") is not None
    assert platform.rows(Subscriber) == []


def test_no_example_of_any_write_leaves_anything_but_its_row_in_the_audit_trail(
    demo: Demo,
) -> None:
    http = Client(demo.app)
    before = stored(demo)
    tried = 0
    for one in samples.in_running_order(list(every_operation())):
        if not one.changes or one.declaration.tells_proxies or one.name.startswith("retrieve"):
            continue
        body = samples.json_body(one)
        body = body.replace(samples.CURRENT_PASSWORD, demo.passwords["1000@demo.example.com"])
        answer = http.post(
            f"/SipPulse/api/{one.service}/{one.name}",
            json=json.loads(body),
            auth=("demo", demo.passwords["demo"]),
            headers={**DRY, "Idempotency-Key": "one for all, since it is not used up"},
        )
        assert answer.status_code == 200, (one.name, answer.text)
        tried += 1
    assert tried > 50
    after = stored(demo)
    assert {name for name in after if after[name] != before[name]} == set()


def stored(demo: Demo) -> dict[str, list[str]]:
    """The rows of every table but the audit trail's."""
    tables = [one for one in Base.metadata.sorted_tables if one.name != Audit.__tablename__]
    return {
        one.name: sorted(str(tuple(row)) for row in demo.session.execute(sa.select(one)))
        for one in tables
    }
