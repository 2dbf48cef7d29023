"""/metrics counts operations over all workers, and shows everything before it first happens."""

import os
import re
import signal
import time
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.contract.contract_services import CONTRACT
from tests.fixtures.server import Server

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


def test_everything_is_there_before_the_first_call(installed_url: str, tmp_path: Path) -> None:
    server = Server(installed_url, tmp_path / "log")
    try:
        deadline = time.monotonic() + 60
        while value(samples := scrape(server), "processes", role="background") == 0:
            assert time.monotonic() < deadline, "no background process"
            time.sleep(0.2)
    finally:
        server.stop()
    credit = {"service": "SubscriberWS", "operation": "addCredit"}
    for outcome in ("done", "refused", "failed"):
        assert value(samples, "operations_total", outcome=outcome, **credit) == 0
    assert value(samples, "operation_seconds_count", **credit) == 0
    assert value(samples, "operation_seconds_bucket", le="+Inf", **credit) == 0
    for kind in ("not-xml", "media-type", "too-large"):
        assert value(samples, "wire_faults_total", kind=kind) == 0
    for reason in ("unknown", "wrong", "inactive", "delayed"):
        assert value(samples, "login_failures_total", reason=reason) == 0
    for name in ("logins_delayed_total", "database_failures_total", "body_timeouts_total"):
        assert value(samples, name) == 0
    for kind in ("read", "write"):
        assert value(samples, "connections_in_use", kind=kind) == 0
        assert value(samples, "connection_waits_total", kind=kind) == 0
    assert value(samples, "database_up") == 1
    assert value(samples, "reloads_queued") == value(samples, "reloads_oldest_seconds") == 0
    for name in ("calls_waiting", "calls_waiting_oldest_seconds", "calls_unrated"):
        assert value(samples, name) == 0
    assert value(samples, "admission_errors") == 0
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


def test_labels_are_bounded(server: Server) -> None:
    """Whatever clients send, no new series appear."""
    before = set(scrape(server))
    for number in range(5):
        server.raw("SubscriberWS", f"<a{number}/>")
        server.get(f"/SipPulse/nothing-{number}")
        server.post("SubscriberWS", f"doMagic{number}", "")
    assert set(scrape(server)) == before


def test_every_operation_of_the_contract_is_shown(server: Server) -> None:
    page = server.get("/metrics").text
    shown = set(re.findall(r'operation="(\w+)",outcome="done",service="(\w+)"', page))
    for name, service in CONTRACT["services"].items():
        assert {(operation, name) for operation in service["operations"]} <= shown
