"""The audit trail: a row for every write, done, refused or failed; never a password anywhere."""

import datetime as dt
import logging
from typing import Any

import pytest

from sippulse_ws.db import Session
from sippulse_ws.models import Audit, Subscriber
from tests.factories.platform import DOMAIN, PASSWORD, Platform
from tests.factories.requests import new_subscriber
from tests.integration.test_passwords import FIRST_KEY, dump
from tests.soap import ENVELOPE, Soap, principal_xml

KEY: dict[str, Any] = {"username": "1000", "domain": DOMAIN}
SECRETS = ("Seg-redo-1", "Seg-redo-2", "Seg-redo-3", "Seg-redo-4", "password of root")


@pytest.fixture(autouse=True)
def subscriber(platform: Platform) -> int:
    return platform.subscriber("1000", password_portal=PASSWORD)


def rows(platform: Platform) -> list[tuple[str, ...]]:
    return [(row.operation, row.outcome, row.error) for row in platform.rows(Audit)]


def test_a_write_says_when_who_from_where_what_and_how_it_ended(
    soap: Soap, platform: Platform
) -> None:
    before = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    clerk = platform.administrator("clerk", DOMAIN)
    body = f"<username>1000</username><domain>{DOMAIN}</domain><value>1.5</value>"
    answer = soap.http.post(
        "/SipPulse/SubscriberWS",
        data=ENVELOPE.format(operation="addCredit", body=body + principal_xml(clerk)),
        content_type="text/xml",
        environ_base={"REMOTE_ADDR": "192.0.2.7"},
    )
    assert answer.status_code == 200
    row = platform.one(Audit)
    assert (row.login, row.address, row.operation) == ("clerk", "192.0.2.7", "addCredit")
    assert (row.outcome, row.error) == ("done", None)
    assert row.object == f"username=1000 domain={DOMAIN} value=1.5"
    assert before < row.at <= dt.datetime.now(dt.UTC)
    assert row.request_id


def test_refused_writes_are_told_with_the_reason(soap: Soap, platform: Platform) -> None:
    soap.fault("SubscriberWS", "addCredit", **KEY)
    soap.fault("SubscriberWS", "removeSubscriber", username="1001", domain=DOMAIN)
    bad = {"login": "root", "password": "wrong"}
    soap.fault("SubscriberWS", "removeSubscriber", **KEY, principal=bad)
    soap.fault("DidWS", "deleteDid", didId=17)
    assert rows(platform) == [
        ("addCredit", "refused", "missing-field"),
        ("removeSubscriber", "refused", "subscriber-not-found"),
        ("removeSubscriber", "refused", "login-failed"),
        ("deleteDid", "refused", "did-not-found"),
    ]
    assert platform.rows(Audit)[-1].object == "did_id=17"


def test_a_failed_write_is_told_with_the_request_of_the_fault_and_the_log(
    soap: Soap,
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_args: object, **_values: object) -> None:
        raise RuntimeError("SELECT secret FROM somewhere")

    monkeypatch.setattr("sippulse_ws.domain.subscribers.remove_subscriber", broken)
    fault = soap.fault("SubscriberWS", "removeSubscriber", **KEY)
    row = platform.one(Audit)
    assert (row.outcome, row.error) == ("failed", "internal-error")
    assert fault == f"Internal server error (request {row.request_id})"
    (record,) = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert getattr(record, "request_id", None) == row.request_id


def test_reads_leave_none(soap: Soap, platform: Platform) -> None:
    soap("SubscriberWS", "retrieveSubscriber", **KEY)
    soap.fault("SubscriberWS", "retrieveSubscriber", username="1001", domain=DOMAIN)
    assert platform.rows(Audit) == []


def test_a_customers_change_is_told_with_its_account(soap: Soap, platform: Platform) -> None:
    change: dict[str, Any] = {"newPassword": "nova", "confirmNewPassword": "nova"}
    soap.fault("CustomerWS", "changeCustomerPassword", **KEY, **change, actualPassword="wrong")
    soap("CustomerWS", "changeCustomerPassword", **KEY, **change, actualPassword=PASSWORD)
    told = [(row.login, row.outcome, row.error) for row in platform.rows(Audit)]
    assert told == [
        (f"1000@{DOMAIN}", "refused", "login-failed"),
        (f"1000@{DOMAIN}", "done", None),
    ]


def test_long_logins_and_objects_are_cut(soap: Soap, platform: Platform) -> None:
    long = {"login": "x" * 1000, "password": "y"}
    soap.fault("SubscriberWS", "removeSubscriber", username="u" * 500, domain="d", principal=long)
    row = platform.one(Audit)
    assert (row.login, len(row.object)) == ("x" * 160, 255)


def every_use_of_passwords(soap: Soap) -> list[str]:
    """Faults and answers of everything that takes a password, but what gives one back."""
    first, second, third, fourth, _ = SECRETS
    change: dict[str, Any] = {"actualPassword": first}
    change |= {"newPassword": second, "confirmNewPassword": second}
    heard = [
        soap.fault("SubscriberWS", "changePassword", **KEY, **change),
        soap.fault("SubscriberWS", "changePasswordWEB", **KEY, **change),
        soap.fault("CustomerWS", "authenticate", **KEY, password=first),
        soap.fault("CustomerWS", "changeCustomerPassword", **KEY, **change),
    ]
    new = {"username": "1001", "password": third, "passwordPortal": fourth}
    soap.xml("SubscriberWS", "insertSubscriber", new_subscriber(**new))
    wrong: list[dict[str, str]] = [{}, {"username": "a b"}, {"profile": "none"}]
    heard += [
        soap.xml_fault("SubscriberWS", "insertSubscriber", new_subscriber(**new | one))
        for one in [*wrong, {"password": third * 20}]
    ]
    other = KEY | {"username": "1001"}
    change = {"actualPassword": third, "newPassword": first, "confirmNewPassword": second}
    heard.append(soap.fault("SubscriberWS", "changePassword", **other, **change))
    change |= {"confirmNewPassword": first}
    soap("SubscriberWS", "changePassword", **other, **change)
    bad = {"login": "root", "password": second}
    heard.append(soap.fault("DomainWS", "listDomains", principal=bad))
    heard.append(repr(soap("SubscriberWS", "retrieveSubscriber", **other)))
    return heard


def test_no_password_is_told_stored_or_logged(
    app_with: Any, db: Session, platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "sippulse_ws")
    heard = every_use_of_passwords(app_with(language="en", password_key=FIRST_KEY))
    assert len(platform.rows(Audit)) > 8
    assert platform.find(Subscriber, username="1001") is not None
    for secret in SECRETS:
        assert secret not in "\n".join(heard)
        assert secret not in dump(db)
        assert secret not in caplog.text
