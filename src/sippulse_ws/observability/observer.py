"""Called for each answered request: writes its log line, counts a wire fault, makes its span."""

from __future__ import annotations

from typing import Protocol

from sippulse_ws import metrics
from sippulse_ws.observability.dropped_values import DroppedValues
from sippulse_ws.observability.operation_log import OperationLog, Request
from sippulse_ws.wire.faults import KINDS

_KINDS = frozenset(KINDS)


class Tracer(Protocol):
    def record(self, request: Request) -> None:
        """Make a span of an answered request."""


class Observer:
    """Called by an endpoint when its answer is ready."""

    def __init__(self, log: OperationLog, tracer: Tracer | None = None) -> None:
        self._log = log
        self._dropped = DroppedValues()
        self._tracer = tracer

    def __call__(self, request: Request, bytes_out: int) -> None:
        if request.fault in _KINDS:
            metrics.WIRE_FAULTS.labels(request.fault).inc()
        if request.dropped:
            self._dropped.note(request)
        if self._tracer is not None:
            self._tracer.record(request)
        self._log.write(request, bytes_out)
