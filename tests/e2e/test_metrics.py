"""/metrics counts operations over all workers, and shows everything before it first happens."""

import math
import os
import re
import secrets
import signal
import time
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from sippulse_ws.config import Settings
from sippulse_ws.jobs.names import job_names
from tests.contract.contract_services import CONTRACT
from tests.fixtures.server import Server
from tests.soap import ENVELOPE, principal_xml

pytestmark = pytest.mark.engines("sqlite")

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scrape(server: Server) -> Samples:
    page = _page(server)
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for family in text_string_to_metric_families(page)
        for one in family.samples
    }


def _page(server: Server) -> str:
    """Again when the worker that had the connection was killed."""
    for _ in range(50):
        try:
            return str(server.get("/metrics").text)
        except requests.ConnectionError:
            time.sleep(0.1)
    pytest.fail("no answer")


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[f"sippulse_ws_{name}", frozenset(labels.items())]


def _labelled(name: str, label: str, *values: str) -> list[tuple[str, dict[str, str]]]:
    return [(name, {label: one}) for one in values]


UNSERVED = ("busy", "deadline", "body-timeout", "body-broken", "bad-path", "not-found")
PLAIN = (
    *("logins_delayed_total", "database_failures_total", "body_timeouts_total"),
    *("workers_replaced_total", "reloads_queued", "reloads_oldest_seconds"),
    *("calls_waiting", "calls_waiting_oldest_seconds", "calls_unrated", "admission_errors"),
)
AT_REST = (
    *((name, {}) for name in PLAIN),
    *_labelled("wire_faults_total", "kind", "not-xml", "media-type", "too-large"),
    *_labelled("login_failures_total", "reason", "unknown", "wrong", "inactive", "delayed"),
    *_labelled("unserved_requests_total", "fault", *UNSERVED),
    *_labelled("turned_away_total", "reason", "busy", "deadline"),
    *_labelled("requests_queued", "lane", "operations", "proxies"),
    *_labelled("threads_busy", "lane", "operations", "proxies"),
    *_labelled("connections_in_use", "kind", "read", "write"),
    *_labelled("connection_waits_total", "kind", "read", "write"),
)


def test_everything_is_there_before_the_first_call(installed_url: str, tmp_path: Path) -> None:
    server = Server(installed_url, tmp_path / "log")
    try:
        deadline = time.monotonic() + 120
        # what is read from the database comes a moment later where that is busy
        facts: tuple[str, frozenset[tuple[str, str]]] = ("sippulse_ws_reloads_queued", frozenset())
        while math.isnan((samples := scrape(server))[facts]) or not value(
            samples, "processes", role="background"
        ):
            assert time.monotonic() < deadline, "no background process"
            time.sleep(0.2)
    finally:
        server.stop()
    credit = {"service": "SubscriberWS", "operation": "addCredit"}
    for outcome in ("done", "refused", "failed"):
        assert value(samples, "operations_total", outcome=outcome, **credit) == 0
    assert value(samples, "operation_seconds_count", **credit) == 0
    assert value(samples, "operation_seconds_bucket", le="+Inf", **credit) == 0
    for name, labels in AT_REST:
        assert value(samples, name, **labels) == 0, name
    assert value(samples, "database_up") == 1
    for job in job_names(Settings()):
        assert value(samples, "job_last_success_timestamp_seconds", background_job=job) >= 0
    # who asks for /healthz and /metrics may have a thread, or had to wait for the worker
    assert value(samples, "threads_busy", lane="pages") >= 0
    assert value(samples, "requests_queued", lane="pages") >= 0
    assert value(samples, "connections_waiting") >= 0
    assert value(samples, "processes", role="worker") == 2
    assert value(samples, "process_resident_bytes", role="worker") > 2**20
    assert value(samples, "process_open_files", role="master") > 3
    (build,) = [labels for name, labels in samples if name == "sippulse_ws_build_info"]
    assert {"version", "python", "schema"} == {name for name, _ in build}


def test_metrics_count_outcomes_of_all_workers(server: Server) -> None:
    before = scrape(server)
    for _ in range(20):
        assert server.post("DomainWS", "listDomains", "").status_code == 200
    body = "<username>nobody</username><domain>example.com</domain>"
    assert server.post("SubscriberWS", "retrieveCredit", body).status_code == 500
    assert server.raw("SubscriberWS", "no xml").status_code == 500
    after = scrape(server)

    def more(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    domains = {"service": "DomainWS", "operation": "listDomains"}
    assert more("operations_total", outcome="done", **domains) == 20
    assert more("operation_seconds_count", **domains) == 20
    refused = {"service": "SubscriberWS", "operation": "retrieveCredit", "outcome": "refused"}
    assert more("operations_total", **refused) == 1
    assert more("wire_faults_total", kind="not-xml") == 1


def test_a_replaced_worker_is_counted_and_its_gauges_are_gone(
    installed_url: str, tmp_path: Path
) -> None:
    server = Server(installed_url, tmp_path / "log")
    try:
        os.kill(server.workers()[0], signal.SIGKILL)
        deadline = time.monotonic() + 60
        while value(scrape(server), "workers_replaced_total") < 1:
            assert time.monotonic() < deadline, server.log.read_text()
            time.sleep(0.2)
        assert value(scrape(server), "processes", role="worker") == 2
    finally:
        server.stop()


def series(server: Server) -> set[tuple[str, frozenset[tuple[str, str]]]]:
    """But those of background jobs, which come as these first run, whatever clients send."""
    return {one for one in scrape(server) if not one[0].startswith("sippulse_ws_job_")}


@pytest.mark.timeout(900)
def test_labels_are_bounded(server: Server) -> None:
    """Whatever clients send, no new series appear."""
    before = series(server)
    url = f"{server.base}/SipPulse"
    with requests.Session() as client:

        def post(path: str, body: str, **headers: str) -> None:
            sent = {"Content-Type": "text/xml"} | headers
            client.post(f"{url}/{path}", data=body.encode(), headers=sent, timeout=60)

        for number in range(200):
            name = f"{secrets.token_hex(4)}\u00e9{number}"
            login = principal_xml({"login": name, "password": name})
            operation = "listDomains" if number % 2 else f"doMagic{number}"
            envelope = ENVELOPE.format(operation=operation, body=login)
            post("DomainWS", envelope, SOAPAction=f'"urn:{number}"')
            client.get(f"{url}/nothing-{name}", timeout=60)
            if number % 5 == 0:
                post("SubscriberWS", f"<a{number}/>", **{"Content-Type": f"text/x{number}"})
                post(f"api/v1/{name}/{name}", "{}", **{"Content-Type": "application/json"})
                client.request(f"M{number}", f"{url}/SubscriberWS", timeout=60)
    assert series(server) == before


def test_every_operation_of_the_contract_is_shown(server: Server) -> None:
    page = server.get("/metrics").text
    shown = set(re.findall(r'operation="(\w+)",outcome="done",service="(\w+)"', page))
    for name, service in CONTRACT["services"].items():
        assert {(operation, name) for operation in service["operations"]} <= shown
