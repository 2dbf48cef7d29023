"""Values that cannot be read are absent, as with the Java server, but leave a trace."""

import datetime as dt
import logging
import os
from typing import Any

import pytest
from prometheus_client import REGISTRY

from sippulse_ws.app import create_app
from sippulse_ws.config import Settings
from sippulse_ws.models import Subscriber
from sippulse_ws.observability.dropped_values import DroppedValues
from tests.factories.platform import DOMAIN, Platform
from tests.fixtures.app import TestDatabase
from tests.soap import Soap

REQUIRED = f"<username>1000</username><domain>{DOMAIN}</domain><password>p</password>"
REQUIRED += "<profile>DEFAULT</profile>"
EVENT = "unreadable value taken as absent"


@pytest.fixture
def fresh(database: TestDatabase, platform: Platform) -> Soap:
    """Over an application that has told nothing yet."""
    return Soap(create_app(Settings(language="en"), database), platform.principal)


def counted(field: str) -> float:
    return REGISTRY.get_sample_value("sippulse_ws_dropped_values_total", {"field": field}) or 0.0


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[Any, ...]]:
    return [
        (vars(one)["login"], vars(one)["operation"], vars(one)["field"])
        for one in caplog.records
        if one.message == EVENT
    ]


def insert(soap: Soap, fields: str) -> None:
    soap.xml("SubscriberWS", "insertSubscriber", f"<subscriber>{REQUIRED}{fields}</subscriber>")


def test_a_dropped_value_is_counted_and_told(
    fresh: Soap, platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    soap = fresh
    before = {field: counted(field) for field in ("callLimit", "activeOutgoingCalls", "phone")}
    insert(
        soap,
        "<callLimit>2,0</callLimit><activeOutgoingCalls>FALSE</activeOutgoingCalls>"
        "<phone>ramal 12</phone><mobile/><id>?</id><firstName>Top-secret</firstName>",
    )
    stored = platform.one(Subscriber, username="1000")
    assert (stored.call_limit, stored.phone) == (None, None)
    login = soap.principal["login"]
    fields = ["activeOutgoingCalls", "callLimit", "id", "phone"]
    assert told(caplog) == [(login, "insertSubscriber", field) for field in fields]
    assert {field: counted(field) - before[field] for field in before} == dict.fromkeys(before, 1)
    assert "ramal" not in caplog.text
    assert "2,0" not in caplog.text


def test_it_is_told_once_a_day_for_each_login_operation_and_field(
    fresh: Soap, platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    soap, other = fresh, platform.administrator("other", superuser=True)
    platform.subscriber("1000")
    key = f"<username>1000</username><domain>{DOMAIN}</domain>"
    before = counted("callLimit")
    for _ in range(3):
        body = f"<subscriber>{key}<callLimit>two</callLimit></subscriber>"
        soap.xml("SubscriberWS", "updateSubscriber", body)
    Soap(soap.app, other).xml("SubscriberWS", "updateSubscriber", body)
    login = soap.principal["login"]
    expected = [
        (login, "updateSubscriber", "callLimit"),
        ("other", "updateSubscriber", "callLimit"),
    ]
    assert told(caplog) == expected
    assert counted("callLimit") - before == 4


def test_a_login_that_is_not_proven_fills_no_log(
    fresh: Soap, caplog: pytest.LogCaptureFixture
) -> None:
    soap = fresh
    body = f"<subscriber>{REQUIRED}<callLimit>x</callLimit></subscriber>"
    body += "<principal><login>made up</login><password>x</password></principal>"
    assert soap.post("SubscriberWS", "insertSubscriber", body).status_code == 500
    assert told(caplog) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("(11) 3333-4444", 1133334444),
        ("+55 (48) 99999-0000", 5548999990000),
        ("55.11.98765.4321", 5511987654321),
        ("[11] 3333\u20134444", 1133334444),
        (" 1133334444 ", 1133334444),
        ("11\u00a033334444", 1133334444),
        ("190", 190),
        # none of them is one number
        ("3333-4444/5555", None),
        ("11 3333-4444, 11 3333-5555", None),
        ("3333-4444 ramal 2", None),
        ("48.5", None),
        ("5-5", None),
        ("(11) 3333-4444 9999-8888 7777", None),
        ("?", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("field", ["phone", "mobile"])
@pytest.mark.parametrize("lexical", ["compatible", "strict-writes"])
def test_digits_among_punctuation_are_the_number(
    app_with: Any, platform: Platform, field: str, text: str, number: int | None, lexical: str
) -> None:
    soap = app_with(language="en", lexical=lexical)
    body = f"<subscriber>{REQUIRED}<{field}>{text}</{field}></subscriber>"
    if lexical != "compatible" and number is None:
        fault = soap.xml_fault("SubscriberWS", "insertSubscriber", body)
        assert field in fault
        assert platform.rows(Subscriber) == []
    else:
        soap.xml("SubscriberWS", "insertSubscriber", body)
        assert getattr(platform.one(Subscriber, username="1000"), field) == number


def test_strict_writes_refuses_in_writes_and_not_in_reads(
    app_with: Any, platform: Platform
) -> None:
    soap = app_with(language="en", lexical="strict-writes")
    for field, text in [("callLimit", "2,0"), ("activeOutgoingCalls", "FALSE"), ("id", "?")]:
        body = f"<subscriber>{REQUIRED}<{field}>{text}</{field}></subscriber>"
        assert field in soap.xml_fault("SubscriberWS", "insertSubscriber", body)
    assert platform.rows(Subscriber) == []
    reload_number = "<didId>x</didId>"
    assert "didId" in soap.xml_fault("ReloadModulesWS", "reloadDid", reload_number)
    rates = f"<domain>{DOMAIN}</domain><rateId>x</rateId>"
    soap.xml("RateWS", "listRatesByParams", rates)  # the filter is absent


def test_strict_refuses_in_reads_too(app_with: Any) -> None:
    soap = app_with(language="en", lexical="strict")
    rates = f"<domain>{DOMAIN}</domain><rateId>x</rateId>"
    assert "rateId" in soap.xml_fault("RateWS", "listRatesByParams", rates)


class Dropping:
    """A request of which a value was dropped."""

    service, operation, fault, request_id = "SubscriberWS", "insertSubscriber", "", "id"

    def __init__(self, login: str, *fields: str) -> None:
        self.login, self.dropped = login, frozenset(fields)


def test_processes_tell_together_and_every_day_anew(caplog: pytest.LogCaptureFixture) -> None:
    now = dt.datetime(2026, 1, 31, 23, 59, tzinfo=dt.UTC).timestamp()
    clock = [now]
    values = DroppedValues(lambda: clock[0])
    if (child := os.fork()) == 0:
        logging.disable()
        values.note(Dropping("in the other process", "a", "b"))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    values.note(Dropping("in the other process", "a", "b", "c"))
    values.note(Dropping("here", "a"))
    both = ("in the other process", "insertSubscriber", "c"), ("here", "insertSubscriber", "a")
    assert told(caplog) == list(both)
    clock[0] += 120
    values.note(Dropping("here", "a"))
    values.note(Dropping("here", "a"))
    assert told(caplog) == [*both, both[1]]


def test_more_than_there_is_room_for_are_counted_only(caplog: pytest.LogCaptureFixture) -> None:
    values, before = DroppedValues(), counted("many")
    for number in range(8200):
        values.note(Dropping(str(number), "many"))
    assert len(told(caplog)) == 8192
    assert counted("many") - before == 8200
