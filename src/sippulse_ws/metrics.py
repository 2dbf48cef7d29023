"""The metrics for Prometheus, over all workers of a server.

Workers share their counts through files in `PROMETHEUS_MULTIPROC_DIR`, which `serve` makes; without
it (another WSGI server that does not set it) each process shows its own. A label has few values;
`observability/metrics_page.py` shows those that are expected from the start, with 0.
"""

from __future__ import annotations

from functools import cache
from typing import Protocol
from weakref import WeakSet

from prometheus_client import Counter, Gauge, Histogram, values
from prometheus_client.metrics import MetricWrapperBase

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

OPERATIONS = Counter(
    "sippulse_ws_operations", "Operations by outcome.", ["service", "operation", "outcome"]
)
OUTCOMES = ("done", "refused", "failed")
SECONDS = Histogram(
    "sippulse_ws_operation_seconds", "Duration.", ["service", "operation"], buckets=BUCKETS
)
WIRE_FAULTS = Counter(
    "sippulse_ws_wire_faults",
    "Requests that became no operation, by what is wrong.",
    ["kind"],
)
LOGIN_FAILURES = Counter("sippulse_ws_login_failures", "Failed logins by reason.", ["reason"])
LOGIN_REASONS = ("unknown", "wrong", "inactive", "delayed")
LOGINS_DELAYED = Counter(
    "sippulse_ws_logins_delayed", "Failed logins after which the login is refused for a while."
)
DROPPED_VALUES = Counter(
    "sippulse_ws_dropped_values",
    "Values of requests that could not be read and were taken for absent, by field.",
    ["field"],
)
DATABASE_FAILURES = Counter(
    "sippulse_ws_database_failures", "Requests that failed since the database was away."
)
CONNECTIONS_IN_USE = Gauge(
    "sippulse_ws_connections_in_use",
    "Connections to the database that a thread is using.",
    ["kind"],
    multiprocess_mode="livesum",
)
CONNECTION_KINDS = ("read", "write")
CONNECTION_WAITS = Counter(
    "sippulse_ws_connection_waits", "Times that a thread waited for a connection.", ["kind"]
)
THREADS_BUSY = Gauge(
    "sippulse_ws_threads_busy",
    "Serving threads that are at work.",
    ["lane"],
    multiprocess_mode="livesum",
)
REQUESTS_QUEUED = Gauge(
    "sippulse_ws_requests_queued",
    "Requests that wait for a thread.",
    ["lane"],
    multiprocess_mode="livesum",
)
CONNECTIONS_WAITING = Gauge(
    "sippulse_ws_connections_waiting",
    "Connections of clients that no worker has taken yet.",
    multiprocess_mode="livesum",
)
BODY_TIMEOUTS = Counter("sippulse_ws_body_timeouts", "Requests whose body did not come in time.")
WORKERS_REPLACED = Counter(
    "sippulse_ws_workers_replaced", "Workers that were started in the place of another."
)

TURNED_AWAY = Counter(
    "sippulse_ws_turned_away",
    "Requests that no thread ran, by reason: busy, deadline.",
    ["reason"],
)
TURNED_AWAY_REASONS = ("busy", "deadline")
UNSERVED = Counter(
    "sippulse_ws_unserved_requests",
    "Requests that no operation saw, by what their line in the log has as fault.",
    ["fault"],
)
UNSERVED_FAULTS = (*TURNED_AWAY_REASONS, "body-timeout", "body-broken", "bad-path", "not-found")


class _Shown(Protocol):
    def show(self) -> None: ...


# Counters kept apart and published now and then: a server calls `show_all` while it has requests.
SHOWN_LATER: WeakSet[_Shown] = WeakSet()


def show_all() -> None:
    for one in SHOWN_LATER:
        one.show()


def share_between_workers() -> None:
    """Store values in the shared folder from now on, if there is one.

    The library checks that only once, at its import; `serve` creates the folder later.
    """
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]
    for one in globals().copy().values():
        # without labels its value is made with it, and was made for this process alone
        if isinstance(one, MetricWrapperBase) and not one._labelnames:
            one._metric_init()  # type: ignore[no-untyped-call]


def observe(service: str, operation: str, outcome: str, seconds: float) -> None:
    count, duration = _children(service, operation, outcome)
    count.inc()
    duration.observe(seconds)


@cache  # as many as there are operations and outcomes; finding a child by its labels is slow
def _children(service: str, operation: str, outcome: str) -> tuple[Counter, Histogram]:
    return OPERATIONS.labels(service, operation, outcome), SECONDS.labels(service, operation)
