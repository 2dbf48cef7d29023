"""The log line of each operation: who called what, how it ended, how long it took.

The line has no values of the request but the login and the domain. It is written without `logging`,
which would add a tenth to the cost of a request.
"""

from __future__ import annotations

import logging
import os
import random
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from json import JSONEncoder
from json.encoder import encode_basestring
from typing import Protocol

from sippulse_ws import metrics
from sippulse_ws.observability.line_limit import LineLimit

STDERR = 2
FAILED = "failed"
_DONE = "done"
_json = JSONEncoder(ensure_ascii=False).encode
_quoted: Callable[[str], str] = encode_basestring

_Field = tuple[str, object]


class Request(Protocol):
    """What the line needs to know of a request; `wire.context.Context` has it."""

    service: str
    operation: str
    login: str
    domain: str
    outcome: str
    fault: str
    dropped: frozenset[str]
    bytes_in: int
    waiting_seconds: float
    database_seconds: float

    @property
    def address(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def request_id(self) -> str: ...
    @property
    def client_request_id(self) -> str | None: ...
    @property
    def traceparent(self) -> str | None: ...
    @property
    def seconds(self) -> float: ...


class OperationLog:
    """Writes a line per request to stderr; of those that succeeded, only a share if so set."""

    def __init__(self, share: float, level: str, form: str) -> None:
        self._share = share
        self._level = logging.getLevelName(level.upper())
        self._render = _as_json if form == "json" else _as_text
        self._limit = LineLimit()

    def wants(self, outcome: str) -> bool:
        if self._share <= 0:
            return False
        if outcome == FAILED:
            return True
        if self._level > logging.INFO:
            return False
        return outcome != _DONE or self._share >= 1 or random.random() < self._share  # noqa: S311

    def write(self, request: Request, bytes_out: int) -> None:
        if self.wants(request.outcome):
            if (
                self._render is _as_json
                and request.client_request_id is None is request.traceparent
            ):
                _write(_json_line(request, bytes_out))
            else:
                _write(self._render(_fields(request, bytes_out)))

    def write_refusal(
        self,
        fault: str,
        address: str,
        path: str,
        *,
        request_id: str,
        client_request_id: str | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Write the line of a request that never ran: no thread was free, or its body did not come.

        These lines are limited, so that a flood of such requests does not flood the log.
        """
        metrics.UNSERVED.labels(fault).inc()
        if self._share <= 0 or self._level > logging.INFO:
            return
        left_out = self._limit.take()
        if left_out is None:
            return
        told = {
            "request_id": request_id,
            "client_request_id": client_request_id,
            "traceparent": traceparent,
            "path": path[:160],
            "address": address,
            "outcome": "refused",
            "fault": fault,
            "left_out": left_out or None,
        }
        known = ((name, value) for name, value in told.items() if value is not None)
        _write(self._render((*_head("info"), *known)))


def _fields(request: Request, bytes_out: int) -> Iterable[_Field]:
    yield from _head("error" if request.outcome == FAILED else "info")
    yield "request_id", request.request_id
    if request.client_request_id is not None:
        yield "client_request_id", request.client_request_id
    if request.traceparent is not None:
        yield "traceparent", request.traceparent
    if request.service:
        yield "service", request.service
    else:
        yield "path", request.path[:160]
    yield "operation", request.operation
    yield "login", request.login[:160]
    yield "domain", request.domain[:160]
    yield "address", request.address
    yield "outcome", request.outcome
    yield "fault", request.fault
    yield "ms", round(request.seconds * 1000, 2)
    yield "waiting_ms", round(request.waiting_seconds * 1000, 2)
    yield "database_ms", round(request.database_seconds * 1000, 2)
    yield "bytes_in", request.bytes_in
    yield "bytes_out", bytes_out


def _json_line(request: Request, bytes_out: int) -> str:
    """What `_as_json` makes of `_fields` if the client sent no ids, in a third of the time."""
    level = "error" if request.outcome == FAILED else "info"
    name, value = ("service", request.service) if request.service else ("path", request.path[:160])
    return (
        f'{{"time": "{_stamp()}", "level": "{level}", "event": "operation",'
        f' "request_id": "{request.request_id}", "{name}": {_quoted(value)},'
        f' "operation": {_quoted(request.operation)}, "login": {_quoted(request.login[:160])},'
        f' "domain": {_quoted(request.domain[:160])}, "address": {_quoted(request.address)},'
        f' "outcome": "{request.outcome}", "fault": {_quoted(request.fault)},'
        f' "ms": {round(request.seconds * 1000, 2)},'
        f' "waiting_ms": {round(request.waiting_seconds * 1000, 2)},'
        f' "database_ms": {round(request.database_seconds * 1000, 2)},'
        f' "bytes_in": {request.bytes_in}, "bytes_out": {bytes_out}}}'
    )


def _head(level: str) -> tuple[_Field, ...]:
    return ("time", _stamp()), ("level", level), ("event", "operation")


def _stamp() -> str:
    now = time.time()
    seconds = int(now)
    return f"{_second(seconds)}.{int((now - seconds) * 1e6):06}Z"


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def _as_json(fields: Iterable[_Field]) -> str:
    return _json(dict(fields))


def _as_text(fields: Iterable[_Field]) -> str:
    (_, stamp), (_, level), (_, event), *rest = fields
    told = " ".join(f"{name}={_plain(value)}" for name, value in rest if value not in ("", None))
    return f"{stamp} [{level:<9}] {event} {told}"


def _plain(value: object) -> str:
    """The text as it is, or as a JSON string if it needs quotes."""
    text = str(value)
    if text.isprintable() and not set(text) & set(' ="\\'):
        return text
    return JSONEncoder(ensure_ascii=True).encode(text)


def _write(line: str) -> None:
    try:  # noqa: SIM105 - three calls less for each request
        os.write(STDERR, f"{line}\n".encode(errors="backslashreplace"))
    except OSError:  # a broken log is no reason to fail a request
        pass
