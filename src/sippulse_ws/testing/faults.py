"""Faults on demand, to test how a client copes with them: the header `X-Fault`.

    delay=5s          the answer comes late
    500               a bare HTTP error, and nothing was done
    drop              the connection ends without an answer, and nothing was done
    unknown-outcome   the request is done, and the answer says that nobody knows

Only servers for tests obey it.
"""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sippulse_ws.domain.errors import OutcomeUnknown
from sippulse_ws.web.json_api import API, ERRORS_PAGE
from sippulse_ws.web.languages import accepted_language
from sippulse_ws.web.problems import MEDIA_TYPE, problem
from sippulse_ws.wire.body import discard_body
from sippulse_ws.wire.faults import WSException, render_fault

_HEADER = "HTTP_X_FAULT"
_LONGEST_DELAY = 600  # seconds
_DELAY = re.compile(r"delay=(\d{1,3}(?:\.\d{1,3})?)s")
_TEXT = "text/plain; charset=utf-8"

_Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class FaultInjection:
    """A WSGI middleware."""

    def __init__(self, app: _Wsgi, language: str) -> None:
        self._app = app
        self._language = language

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        wanted = environ.get(_HEADER, "").strip()
        if not wanted:
            return self._app(environ, start_response)
        if delay := _DELAY.fullmatch(wanted):
            time.sleep(min(float(delay[1]), _LONGEST_DELAY))
            return self._app(environ, start_response)
        if wanted == "unknown-outcome":
            return self._unknown(environ, start_response)
        discard_body(environ)
        if wanted == "500":
            return _answer(start_response, "500 Internal Server Error", _TEXT, b"X-Fault: 500\n")
        if wanted == "drop":
            end_connection(environ)
            start_response("200 OK", [("Content-Type", "text/xml"), ("Content-Length", "0")])
            return []
        text = b"X-Fault: delay=Ns, 500, drop or unknown-outcome\n"
        return _answer(start_response, "400 Bad Request", _TEXT, text)

    def _unknown(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer = self._app(environ, lambda *_: None)
        for _ in answer:
            pass
        if hasattr(answer, "close"):
            answer.close()
        request_id = os.urandom(8).hex()
        error = OutcomeUnknown(request_id=request_id)
        if environ.get("PATH_INFO", "").startswith(API):
            language = accepted_language(environ.get("HTTP_ACCEPT_LANGUAGE"), self._language)
            page = environ.get("SCRIPT_NAME", "") + ERRORS_PAGE
            body = problem(error, language, request_id, page)
            return _answer(start_response, "503 Service Unavailable", MEDIA_TYPE, body)
        body = render_fault(WSException(error.message(self._language)))
        media_type = "text/xml; charset=utf-8"
        return _answer(start_response, "500 Internal Server Error", media_type, body)


def end_connection(environ: dict[str, Any]) -> None:
    """Shut the client's connection down. Its socket is found among the open files."""
    peer = (environ.get("REMOTE_ADDR"), int(environ.get("REMOTE_PORT") or 0))
    for file in Path("/proc/self/fd").iterdir():
        with suppress(OSError), socket.socket(fileno=os.dup(int(file.name))) as connection:
            if connection.getpeername()[:2] == peer:
                connection.shutdown(socket.SHUT_RDWR)


def _answer(start_response: Any, status: str, media_type: str, body: bytes) -> list[bytes]:
    start_response(status, [("Content-Type", media_type), ("Content-Length", str(len(body)))])
    return [body]
