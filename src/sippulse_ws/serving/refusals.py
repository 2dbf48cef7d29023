"""Answers to requests that no thread will run, and their log lines."""

from __future__ import annotations

import os

from sippulse_ws.domain.errors import DomainError
from sippulse_ws.observability.operation_log import OperationLog
from sippulse_ws.serving.environ import client_address, forwarded, header_items
from sippulse_ws.serving.rsgi import Header, RsgiScope
from sippulse_ws.web.json_api import API, ERRORS_PAGE
from sippulse_ws.web.languages import accepted_language
from sippulse_ws.web.problems import MEDIA_TYPE, problem, status_of
from sippulse_ws.wire.endpoint import FAULT, XML_UTF_8
from sippulse_ws.wire.faults import WSException, render_fault
from sippulse_ws.wire.request_ids import CLIENT_ID, TRACE, client_request_id, traceparent

Refusal = tuple[int, list[Header], bytes]

# The `fault` in the log line of a request whose body did not arrive.
LATE_BODY = "body-timeout"
BROKEN_BODY = "body-broken"
BAD_PATH = "bad-path"
_STATUS = {LATE_BODY: 408, BROKEN_BODY: 400, BAD_PATH: 404}


class Refusals:
    """Makes these answers. Each is logged with the request id in the answer.

    `hops` is the number of reverse proxies that are trusted to give the client's address.
    """

    def __init__(self, language: str, log: OperationLog, hops: int = 0) -> None:
        self._language = language
        self._log = log
        self._hops = hops

    def turn_away(self, scope: RsgiScope, path: str, error: DomainError) -> Refusal:
        """The answer to a request whose body was received."""
        request_id = self._tell(scope, path, error.code)
        if not path.startswith(API):
            return refuse(self._language, path, error, request_id)
        asked = dict(header_items(scope.headers)).get("accept-language")
        language = accepted_language(asked, self._language)
        prefix = forwarded(scope, "x-forwarded-prefix", self._hops)
        return refuse(language, path, error, request_id, prefix)

    def break_off(self, scope: RsgiScope, path: str, fault: str) -> Refusal:
        """The answer to a request whose body was not received."""
        request_id = self._tell(scope, path, fault)
        headers = [("Connection", "close"), ("X-Request-Id", request_id)]
        return _STATUS[fault], headers, b"" if fault != BAD_PATH else b"not found\n"

    def _tell(self, scope: RsgiScope, path: str, fault: str) -> str:
        request_id = os.urandom(8).hex()
        named = dict(header_items(scope.headers))
        sent = {CLIENT_ID: named.get("x-request-id"), TRACE: named.get("traceparent")}
        self._log.write_refusal(
            fault,
            client_address(scope, self._hops),
            path,
            request_id=request_id,
            client_request_id=client_request_id(sent),
            traceparent=traceparent(sent),
        )
        return request_id


def refuse(
    language: str, path: str, error: DomainError, request_id: str, prefix: str = ""
) -> Refusal:
    """The error as SOAP or JSON, as the path demands; `prefix` is the part stripped by a proxy."""
    headers = [("Retry-After", "1"), ("X-Request-Id", request_id)]
    if path.startswith(API):
        body = problem(error, language, request_id, prefix + ERRORS_PAGE)
        told = [("Content-Type", MEDIA_TYPE), ("Content-Language", language)]
        return status_of(error), [*told, *headers], body
    body = render_fault(WSException(error.message(language)))
    return int(FAULT[:3]), [("Content-Type", XML_UTF_8), *headers], body
