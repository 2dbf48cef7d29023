"""Logs requests for unknown paths, since a client may be configured with a wrong address."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from sippulse_ws.observability.operation_log import OperationLog
from sippulse_ws.wire.context import readable_path
from sippulse_ws.wire.request_ids import client_request_id, traceparent

BAD_PATH = "bad-path"
NOT_FOUND = "not-found"
_UNREADABLE = "\ufffd"  # stands in the path for bytes that are not UTF-8


class UnknownPaths:
    """The WSGI application for unknown paths: answers with `page` and the log line's request id."""

    def __init__(self, page: Callable[..., Iterable[bytes]], log: OperationLog) -> None:
        self._page = page
        self._log = log

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request_id = os.urandom(8).hex()
        path = readable_path(environ)
        self._log.write_refusal(
            BAD_PATH if _UNREADABLE in path else NOT_FOUND,
            environ.get("REMOTE_ADDR", ""),
            path,
            request_id=request_id,
            client_request_id=client_request_id(environ),
            traceparent=traceparent(environ),
        )
        return self._page(environ, partial(_start, start_response, request_id))


def _start(
    start_response: Any,
    request_id: str,
    status: str,
    headers: list[tuple[str, str]],
    exc_info: Any = None,
) -> Any:
    return start_response(status, [*headers, ("X-Request-Id", request_id)], exc_info)
