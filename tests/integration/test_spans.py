"""OpenTelemetry spans of operations, as an exporter gets them."""

import json
import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, format_span_id, format_trace_id

from sippulse_ws.app import create_app
from sippulse_ws.config import Settings
from sippulse_ws.observability import spans
from tests.factories.platform import DOMAIN, PASSWORD, Platform
from tests.fixtures.app import TestDatabase
from tests.fixtures.server import Server
from tests.soap import Soap, principal_xml

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Where the spans of applications made from now on arrive."""
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setattr(spans, "_provider", lambda: provider)
    return kept


@pytest.fixture
def traced(exporter: InMemorySpanExporter, database: TestDatabase, platform: Platform) -> Soap:
    platform.subscriber("1000")
    return Soap(create_app(Settings(language="en"), database), platform.principal)


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def test_an_operation_is_a_span_and_a_child_of_the_callers(
    traced: Soap, exporter: InMemorySpanExporter
) -> None:
    body = f"<username>1000</username><domain>{DOMAIN}</domain>" + principal_xml(traced.principal)
    answer = traced.post("SubscriberWS", "retrieveCredit", body, traceparent=TRACEPARENT)
    assert answer.headers["traceparent"] == TRACEPARENT
    (span,) = exporter.get_finished_spans()
    assert (span.name, span.kind) == ("SubscriberWS/retrieveCredit", SpanKind.SERVER)
    assert span.context is not None
    assert format_trace_id(span.context.trace_id) == TRACE
    assert span.parent is not None
    assert format_span_id(span.parent.span_id) == PARENT
    told = attributes(span)
    assert told["sippulse.request_id"] == answer.headers["X-Request-Id"]
    assert (told["rpc.system"], told["rpc.service"]) == ("soap", "SubscriberWS")
    assert told["rpc.method"] == "retrieveCredit"
    assert told["sippulse.outcome"] == "done"
    assert span.start_time is not None
    assert span.end_time is not None
    milliseconds = (span.end_time - span.start_time) / 1e6
    assert 0 < told["sippulse.database_ms"] <= milliseconds
    assert span.status.status_code is StatusCode.UNSET


def test_without_a_callers_trace_each_operation_begins_one(
    traced: Soap, exporter: InMemorySpanExporter
) -> None:
    for _ in range(2):
        traced("SubscriberWS", "retrieveCredit", username="1000", domain=DOMAIN)
    first, second = exporter.get_finished_spans()
    assert first.parent is second.parent is None
    assert first.context is not None
    assert second.context is not None
    assert first.context.trace_id != second.context.trace_id


def test_our_failure_is_an_error_and_a_refusal_is_none(
    traced: Soap, exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    traced.fault("SubscriberWS", "retrieveCredit", username="nobody", domain=DOMAIN)
    traced.http.post("/SipPulse/SubscriberWS", data=b"no xml", content_type="text/xml")

    def fail(*_args: Any) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("sippulse_ws.domain.subscribers.found", fail)
    traced.fault("SubscriberWS", "retrieveCredit", username="1000", domain=DOMAIN)
    refused, no_xml, failed = exporter.get_finished_spans()
    assert attributes(refused)["sippulse.fault"] == "subscriber-not-found"
    assert (no_xml.name, attributes(no_xml)["sippulse.fault"]) == ("SubscriberWS", "not-xml")
    assert attributes(failed)["sippulse.outcome"] == "failed"
    codes = [span.status.status_code for span in (refused, no_xml, failed)]
    assert codes == [StatusCode.UNSET, StatusCode.UNSET, StatusCode.ERROR]


def test_no_other_value_of_the_request_is_in_a_span(
    traced: Soap, exporter: InMemorySpanExporter
) -> None:
    key: dict[str, Any] = {"username": "1000", "domain": DOMAIN}
    traced("SubscriberWS", "addCredit", **key, value=98.765, obs="Hush-77")
    text = json.dumps([span.to_json() for span in exporter.get_finished_spans()])
    for value in ("98.765", "Hush-77", "1000", PASSWORD, traced.principal["password"]):
        assert value not in text


@pytest.mark.parametrize(
    ("variables", "asked"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, False),
    ],
)
def test_the_usual_variables_ask_for_spans(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], asked: bool
) -> None:
    for name in (*spans.VARIABLES, "OTEL_SDK_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert spans.is_asked_for() is asked


def test_without_the_extra_it_is_said_once_and_served_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
    database: TestDatabase,
    platform: Platform,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def missing() -> Any:
        raise ImportError("No module named 'opentelemetry'")

    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setattr(spans, "_provider", missing)
    with caplog.at_level(logging.WARNING):
        soap = Soap(create_app(Settings(language="en"), database), platform.principal)
    assert sum("sippulse-ws[otel]" in record.message for record in caplog.records) == 1
    assert soap("DomainWS", "listDomains")


class _Collector(BaseHTTPRequestHandler):
    """What OTLP over HTTP sends to."""

    received: list[Any]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        message = ExportTraceServiceRequest.FromString(body)
        for resource in message.resource_spans:
            for scope in resource.scope_spans:
                self.received.extend(scope.spans)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[tuple[str, list[Any]]]:
    received: list[Any] = []
    handler = type("Handler", (_Collector,), {"received": received})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", received
        server.shutdown()
        thread.join()


@pytest.mark.engines("sqlite")
def test_a_real_servers_workers_send_their_spans(
    installed_url: str,
    tmp_path: Path,
    collector: tuple[str, list[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Made after the fork: a batch's thread does not come along with one."""
    url, received = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
    server = Server(installed_url, tmp_path / "log")
    for _ in range(20):
        assert server.post("DomainWS", "listDomains", "").ok
    server.stop()
    assert [span.name for span in received].count("DomainWS/listDomains") == 20
