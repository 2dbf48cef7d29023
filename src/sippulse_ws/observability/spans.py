"""OpenTelemetry spans of operations, if the extra `otel` is installed and configured.

A span is made when the operation is over, from its start and end times.
"""

from __future__ import annotations

import logging
import os
import time
from typing import Any

from sippulse_ws import __version__
from sippulse_ws.observability.operation_log import FAILED, Request

log = logging.getLogger(__name__)

# OpenTelemetry's own variables: spans are made if any of them is set.
VARIABLES = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_TRACES_EXPORTER",
)


def is_asked_for() -> bool:
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    asked = any(os.environ.get(name) for name in VARIABLES)
    return asked and os.environ.get("OTEL_TRACES_EXPORTER") != "none"


def find_tracer() -> SpanTracer | None:
    """A tracer if spans are configured, else None; logs a warning if the extra is missing."""
    if not is_asked_for():
        return None
    try:
        return SpanTracer(_provider())
    except ImportError as error:
        text = "spans are asked for by OTEL_… but not made: install sippulse-ws[otel] (%s)"
        log.warning(text, error)
        return None


class SpanTracer:
    """Makes a span of each request, as a child of its `traceparent`, if it has one."""

    def __init__(self, provider: Any) -> None:
        from opentelemetry.trace import SpanKind, Status, StatusCode  # noqa: PLC0415 - an extra
        from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415
            TraceContextTextMapPropagator,
        )

        self._tracer = provider.get_tracer("sippulse_ws", __version__)
        self._extract = TraceContextTextMapPropagator().extract
        self._kind = SpanKind.SERVER
        self._error = Status(StatusCode.ERROR)

    def record(self, request: Request) -> None:
        end = time.time_ns()
        parent = self._extract({"traceparent": request.traceparent or ""})
        span = self._tracer.start_span(
            f"{request.service}/{request.operation}" if request.operation else request.service,
            context=parent,
            kind=self._kind,
            start_time=end - int(request.seconds * 1e9),
            attributes={
                "rpc.system": "soap",
                "rpc.service": request.service,
                "rpc.method": request.operation,
                "client.address": request.address,
                "sippulse.request_id": request.request_id,
                "sippulse.outcome": request.outcome,
                "sippulse.fault": request.fault,
                "sippulse.waiting_ms": request.waiting_seconds * 1000,
                "sippulse.database_ms": request.database_seconds * 1000,
            },
        )
        if request.outcome == FAILED:
            span.set_status(self._error)
        span.end(end)


def _provider() -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    name = os.environ.get("OTEL_SERVICE_NAME", "sippulse-ws")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
