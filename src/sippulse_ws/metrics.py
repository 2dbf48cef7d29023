"""Counts and durations of operations, for Prometheus, over all workers of a server.

Workers share their counts through files in `PROMETHEUS_MULTIPROC_DIR`, which `serve` makes; without
it (another WSGI server that does not set it) each process shows its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector
from werkzeug.wrappers import Response

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

OPERATIONS = Counter(
    "sippulse_ws_operations", "Operations by outcome.", ["service", "operation", "outcome"]
)
SECONDS = Histogram(
    "sippulse_ws_operation_seconds", "Duration.", ["service", "operation"], buckets=BUCKETS
)

WIRE_FAULTS = Counter(
    "sippulse_ws_wire_faults",
    "Requests that never became an operation, by what is wrong.",
    ["kind"],
)


def share_between_workers() -> None:
    """Keep values in the shared folder from here on, if there is one.

    The library looks once, when it is imported; `serve` makes the folder after that.
    """
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]


def observe(service: str, operation: str, outcome: str, seconds: float) -> None:
    count, duration = _children(service, operation, outcome)
    count.inc()
    duration.observe(seconds)


@cache  # as many as there are operations and outcomes; finding a child by its labels is slow
def _children(service: str, operation: str, outcome: str) -> tuple[Counter, Histogram]:
    return OPERATIONS.labels(service, operation, outcome), SECONDS.labels(service, operation)


def page(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The WSGI application of /metrics."""
    registry = REGISTRY
    if os.environ.get(FOLDER):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    body = generate_latest(registry)
    return Response(body, content_type=CONTENT_TYPE_LATEST)(environ, start_response)
