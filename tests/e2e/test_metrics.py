"""/metrics counts operations over all workers."""

import re

import pytest

from tests.fixtures.server import Server

pytestmark = pytest.mark.engines("sqlite")


def counts(server: Server) -> dict[tuple[str, str], float]:
    """(operation, outcome) → count."""
    found = re.findall(
        r'sippulse_ws_operations_total\{operation="(\w+)",outcome="(\w+)",service="\w+"\} (\S+)',
        server.get("/metrics").text,
    )
    return {(operation, outcome): float(count) for operation, outcome, count in found}


def test_metrics_count_outcomes_of_all_workers(server: Server) -> None:
    before = counts(server)
    for _ in range(20):
        assert server.post("DomainWS", "listDomains", "").status_code == 200
    body = "<username>nobody</username><domain>example.com</domain>"
    assert server.post("SubscriberWS", "retrieveCredit", body).status_code == 500
    after = counts(server)
    done, refused = ("listDomains", "done"), ("retrieveCredit", "refused")
    assert after[done] - before.get(done, 0) == 20
    assert after[refused] - before.get(refused, 0) == 1
    assert "sippulse_ws_operation_seconds_bucket" in server.get("/metrics").text
