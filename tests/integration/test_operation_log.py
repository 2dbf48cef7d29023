"""A line for each operation: who, what, how it ended, how long; no other value of the request."""

import json
import re
from typing import Any

import pytest

from tests.factories.platform import DOMAIN, Platform
from tests.soap import ENVELOPE, Soap, principal_xml

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
FIELDS = {
    *("time", "level", "event", "request_id", "service", "operation", "login", "domain"),
    *("address", "outcome", "fault", "ms", "waiting_ms", "database_ms", "bytes_in", "bytes_out"),
}


class Lines:
    """Those that were written since the last look."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def text(self) -> str:
        return self._capture.readouterr().err

    def __call__(self) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == "operation"]


@pytest.fixture
def lines(capfd: pytest.CaptureFixture[str]) -> Lines:
    return Lines(capfd)


@pytest.fixture
def account(platform: Platform) -> int:
    return platform.subscriber("1000")


def test_a_write_and_a_read_leave_a_line_each(soap: Soap, account: int, lines: Lines) -> None:
    lines()
    key: dict[str, Any] = {"username": "1000", "domain": DOMAIN.upper()}
    soap("SubscriberWS", "addCredit", **key, value=12.34, obs="top secret")
    soap("SubscriberWS", "retrieveCredit", **key)
    write, read = lines()
    assert set(write) == set(read) == FIELDS
    assert (write["service"], write["operation"]) == ("SubscriberWS", "addCredit")
    assert (write["login"], write["domain"]) == (soap.principal["login"], DOMAIN)
    assert (write["outcome"], write["fault"], write["level"]) == ("done", "", "info")
    assert write["ms"] >= write["database_ms"] > 0
    assert write["waiting_ms"] == 0
    assert write["bytes_in"] > 300 < write["bytes_out"] + 300
    assert read["operation"] == "retrieveCredit"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", read["time"])


def test_nothing_else_of_the_request_is_told(soap: Soap, account: int, lines: Lines) -> None:
    lines()
    soap("SubscriberWS", "addCredit", username="1000", domain=DOMAIN, value=98.765, obs="Hush-77")
    told = lines.text()
    for value in ("98.765", "Hush-77", soap.principal["password"]):
        assert value not in told


def test_a_refusal_tells_its_code(soap: Soap, lines: Lines) -> None:
    lines()
    soap.fault("SubscriberWS", "retrieveCredit", username="nobody", domain=DOMAIN)
    wrong = {"login": "guesser", "password": "guessed-it"}
    soap.fault(
        "SubscriberWS", "retrieveCredit", username="1", domain="other.example", principal=wrong
    )
    missing, guess = lines()
    assert (missing["outcome"], missing["fault"]) == ("refused", "subscriber-not-found")
    assert (guess["outcome"], guess["fault"]) == ("refused", "login-failed")
    assert (guess["login"], guess["domain"]) == ("guesser", "other.example")


def test_an_unexpected_error_is_told_with_its_trace_under_the_same_id(
    soap: Soap,
    account: int,
    lines: Lines,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_args: Any) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("sippulse_ws.domain.subscribers.found", fail)
    lines()
    message = soap.fault("SubscriberWS", "retrieveCredit", username="1000", domain=DOMAIN)
    (line,) = lines()
    assert (line["outcome"], line["fault"], line["level"]) == ("failed", "internal-error", "error")
    assert line["request_id"] in message
    assert line["request_id"] in {getattr(one, "request_id", None) for one in caplog.records}


@pytest.mark.parametrize(
    ("body", "headers", "status", "fault"),
    [
        (b"no xml", {}, 500, "not-xml"),
        (b"<!DOCTYPE a []><a/>", {}, 500, "doctype"),
        (b"<a/>", {}, 500, "envelope"),
        (ENVELOPE.format(operation="doMagic", body="").encode(), {}, 500, "unknown-operation"),
        (b"<a/>", {"Content-Type": "application/json"}, 415, "media-type"),
        (b"<a/>", {"Content-Type": "text/xml; charset=klingon"}, 415, "media-type"),
        (b" " * (11 * 1024 * 1024), {}, 500, "too-large"),
    ],
)
def test_what_is_no_operation_leaves_a_line_too(
    soap: Soap, lines: Lines, body: bytes, headers: dict[str, str], status: int, fault: str
) -> None:
    lines()
    headers = {"Content-Type": "text/xml", "X-Request-Id": "from-the-client"} | headers
    answer = soap.http.post("/SipPulse/SubscriberWS", data=body, headers=headers)
    assert answer.status_code == status
    (line,) = lines()
    assert (line["service"], line["operation"]) == ("SubscriberWS", "")
    assert (line["outcome"], line["fault"]) == ("refused", fault)
    assert answer.headers["X-Request-Id"] == line["request_id"]
    assert line["client_request_id"] == "from-the-client"


def test_an_unknown_method_leaves_a_line(soap: Soap, lines: Lines) -> None:
    lines()
    assert soap.http.put("/SipPulse/SubscriberWS", data=b"").status_code == 405
    (line,) = lines()
    assert line["fault"] == "method"


def test_ids_that_come_in_are_kept_beside_ours(
    soap: Soap, account: int, lines: Lines, platform: Platform
) -> None:
    lines()
    body = f"<username>1000</username><domain>{DOMAIN}</domain><value>1</value>"
    headers = {"X-Request-Id": "crm-4711_a.b", "traceparent": TRACE}
    answer = soap.post("SubscriberWS", "addCredit", body + principal_xml(soap.principal), **headers)
    (line,) = lines()
    ours = answer.headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{16}", ours)
    assert answer.headers["X-Client-Request-Id"] == "crm-4711_a.b"
    assert answer.headers["traceparent"] == TRACE
    kept = (line["request_id"], line["client_request_id"], line["traceparent"])
    assert kept == (ours, "crm-4711_a.b", TRACE)
    row = platform.db.exec_driver_sql(
        "SELECT request_id, client_request_id, traceparent FROM audit WHERE operation='addCredit'"
    ).one()
    assert tuple(row) == kept


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Request-Id", "a b"),
        ("X-Request-Id", 'a"b'),
        ("X-Request-Id", "a" * 65),
        ("X-Request-Id", "a,b"),
        ("X-Request-Id", "é"),
        ("traceparent", TRACE.replace("00-4bf9", "00-XYZ9")),
        ("traceparent", "00-" + "0" * 32 + "-00f067aa0ba902b7-01"),
    ],
)
def test_an_id_of_another_form_is_not_taken(
    soap: Soap, lines: Lines, name: str, value: str
) -> None:
    lines()
    answer = soap.post("DomainWS", "listDomains", principal_xml(soap.principal), **{name: value})
    (line,) = lines()
    assert set(answer.headers.keys()).isdisjoint({"X-Client-Request-Id", "traceparent"})
    assert line.keys().isdisjoint({"client_request_id", "traceparent"})


def test_lines_can_be_switched_off_sampled_or_read_by_people(app_with: Any, lines: Lines) -> None:
    off, some, text = (
        app_with(log_operations=0),
        app_with(log_operations=1e-12),
        app_with(log_format="text"),
    )
    lines()
    off("DomainWS", "listDomains")
    off.http.put("/SipPulse/DomainWS")
    some("DomainWS", "listDomains")
    assert lines() == []
    some.http.put("/SipPulse/DomainWS")  # what went wrong is always told
    assert [line["fault"] for line in lines()] == ["method"]
    text("DomainWS", "listDomains")
    assert re.search(
        r"operation request_id=\w+ service=DomainWS operation=listDomains login=\w+", lines.text()
    )


def test_a_login_cannot_forge_a_line(soap: Soap, lines: Lines, app_with: Any) -> None:
    forged = {"login": 'x" outcome=done\n{"event":"operation"}', "password": "p"}
    text = app_with(log_format="text", language="en")
    lines()
    soap.fault("DomainWS", "listDomains", principal=forged)
    (line,) = lines()
    assert line["login"] == forged["login"]
    text.fault("DomainWS", "listDomains", principal=forged)
    told = lines.text()
    assert told.count("\n") == 1
    assert " outcome=done" not in told.replace('\\" outcome=done', "")
