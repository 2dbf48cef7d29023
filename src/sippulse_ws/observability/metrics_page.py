"""The page that Prometheus reads."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import InfoMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from werkzeug.wrappers import Response

from sippulse_ws import __version__, metrics
from sippulse_ws.observability.processes import PROC, Processes
from sippulse_ws.observability.zeros import Labels, ZeroFilled
from sippulse_ws.wire.faults import KINDS


class Build(Collector):
    """The program's version and schema, as a metric."""

    def __init__(self, schema: str) -> None:
        self._told = {"version": __version__, "python": platform.python_version(), "schema": schema}

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("sippulse_ws_build", "What is running.", self._told)


class MetricsPage:
    """The WSGI application of /metrics; `operations` are (service, operation)."""

    def __init__(
        self, operations: Iterable[tuple[str, str]], schema: str, *others: Collector
    ) -> None:
        self._expected = _expected(list(operations))
        self._others = (Build(schema), *others)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        registry = CollectorRegistry(auto_describe=False)
        source: Any = REGISTRY
        if folder := os.environ.get(metrics.FOLDER):
            _forget_dead(Path(folder))
            source = MultiProcessCollector(None)  # type: ignore[no-untyped-call]
            registry.register(Processes())
        registry.register(ZeroFilled(source, self._expected))
        for one in self._others:
            registry.register(one)
        body = generate_latest(registry)
        return Response(body, content_type=CONTENT_TYPE_LATEST)(environ, start_response)


def _expected(
    operations: Sequence[tuple[str, str]],
) -> Mapping[MetricWrapperBase, Sequence[Labels]]:
    durations = [{"service": service, "operation": name} for service, name in operations]
    kinds = [{"kind": one} for one in metrics.CONNECTION_KINDS]
    return {
        metrics.OPERATIONS: [
            one | {"outcome": outcome} for one in durations for outcome in metrics.OUTCOMES
        ],
        metrics.SECONDS: durations,
        metrics.WIRE_FAULTS: [{"kind": one} for one in KINDS],
        metrics.LOGIN_FAILURES: [{"reason": one} for one in metrics.LOGIN_REASONS],
        metrics.LOGINS_DELAYED: [{}],
        metrics.DATABASE_FAILURES: [{}],
        metrics.CONNECTIONS_IN_USE: kinds,
        metrics.CONNECTION_WAITS: kinds,
        metrics.DROPPED_VALUES: [],
        metrics.THREADS_BUSY: [],
        metrics.REQUESTS_QUEUED: [],
        metrics.CONNECTIONS_WAITING: [{}],
        metrics.BODY_TIMEOUTS: [{}],
        metrics.WORKERS_REPLACED: [{}],
        metrics.TURNED_AWAY: [{"reason": one} for one in metrics.TURNED_AWAY_REASONS],
        metrics.UNSERVED: [{"fault": one} for one in metrics.UNSERVED_FAULTS],
    }


def _forget_dead(folder: Path) -> None:
    """Remove the gauges of ended processes, which would otherwise count forever."""
    for file in folder.glob("gauge_live*.db"):
        pid = file.stem.rpartition("_")[2]
        if not (PROC / pid).exists():
            mark_process_dead(int(pid), str(folder))  # type: ignore[no-untyped-call]
