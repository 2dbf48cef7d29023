"""The JSON API: `POST /SipPulse/api/<Service>/<operation>`, the same operations as in SOAP.

A request is read into the same arguments as in SOAP and runs the same operation: `Runner` does
principal, right, transaction, audit and delays.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from threading import Semaphore
from typing import Any

from spyne import Fault
from werkzeug.http import parse_options_header

from sippulse_ws.domain.errors import DomainError, InternalError
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.request_errors import (
    BadRequest,
    MethodNotAllowed,
    RequestTooLarge,
    UnknownPath,
    UnsupportedMediaType,
)
from sippulse_ws.services.batches import NAME, run_batch
from sippulse_ws.services.catalogue import PRINCIPAL, PublishedOperation
from sippulse_ws.web import problems
from sippulse_ws.web.batch import BatchReader, principal_dto
from sippulse_ws.web.json_values import ObjectReader, ResultWriter, dump_json, parse_json
from sippulse_ws.web.languages import accepted_language
from sippulse_ws.wire.body import discard_body, read_body
from sippulse_ws.wire.context import Context
from sippulse_ws.wire.faults import WSException
from sippulse_ws.wire.spooled import Spooled

log = logging.getLogger(__name__)

API = "/SipPulse/api/"
_BATCH = API + NAME
JSON = "application/json"
ERRORS_PAGE = "/SipPulse/errors"
BASIC_CHALLENGE = ("WWW-Authenticate", 'Basic realm="sippulse-ws", charset="UTF-8"')

_Environ = dict[str, Any]
_Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class JsonOptions:
    """Options of the JSON API."""

    language: str
    max_body: int
    senders: Semaphore
    # called for each answered request, with the length of the answer
    finished: Callable[[Context, int], None]


class JsonContext(Context):
    """A request in JSON; operations see no difference."""

    writer: ResultWriter

    def write(self, values: Iterator[Any]) -> bytes | Spooled:
        return self.writer.write(values)


class JsonApi:
    """The WSGI application of all operations."""

    def __init__(
        self, operations: Iterable[PublishedOperation], state: Any, options: JsonOptions
    ) -> None:
        self._state = state
        self._options = options
        known = list(operations)
        self._doors = {f"{API}{one.service}/{one.name}": _Door(one) for one in known}
        self._batches = BatchReader({f"{one.service}/{one.name}": one for one in known})

    @property
    def paths(self) -> Iterable[str]:
        return [*self._doors, _BATCH]

    def __call__(self, environ: _Environ, start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == _BATCH:
            return self._batch(environ, start_response)
        door = self._doors.get(path)
        context = JsonContext(environ, door.operation.service if door else "", self._state)
        if door is None:
            discard_body(environ)
            return self._refuse(context, UnknownPath(path=path), start_response)
        context.operation, context.writer = door.operation.name, door.writer
        try:
            check_request(environ)
            body = read_json_body(environ, self._options.max_body)
            context.bytes_in = len(body)
            arguments = door.arguments(parse_json(body), environ.get("HTTP_AUTHORIZATION"))
        except DomainError as error:
            return self._refuse(context, error, start_response)
        try:
            result = door.operation.enter(context, *arguments)
        except WSException:
            return self._refuse(context, context.refusal, start_response, refused=False)
        except Exception:
            log.exception("request %s failed", context.request_id)
            context.outcome = "failed"
            failure = InternalError(request_id=context.request_id)
            return self._refuse(context, failure, start_response, refused=False)
        is_written = isinstance(result, bytes | Spooled)
        answer = result if is_written else door.writer.write(result)
        return self._answer(context, answer, start_response)

    def _batch(self, environ: _Environ, start_response: Any) -> Iterable[bytes]:
        context = JsonContext(environ, NAME, self._state)
        context.operation = NAME
        failed: list[int] = []
        try:
            check_request(environ)
            body = read_json_body(environ, self._options.max_body)
            context.bytes_in = len(body)
            given = with_principal(parse_json(body), environ.get("HTTP_AUTHORIZATION"))
            principal = principal_dto(given)
            items = self._batches.items(given, failed)
        except DomainError as error:
            context.failed_index = failed[0] if failed else None
            return self._refuse(context, error, start_response)
        try:
            results = run_batch(self._state, context, items, principal)
        except WSException:
            return self._refuse(context, context.refusal, start_response, refused=False)
        return self._answer(context, dump_json({"results": results}), start_response)

    def _answer(
        self, context: Context, answer: bytes | Spooled, start_response: Any
    ) -> Iterable[bytes]:
        length = len(answer)
        self._options.finished(context, length)
        start_response("200 OK", _headers(context, JSON, length))
        if isinstance(answer, bytes):
            return [answer]
        return answer.handed_over(self._options.senders)

    def _refuse(
        self, context: Context, error: DomainError, start_response: Any, *, refused: bool = True
    ) -> Iterable[bytes]:
        """Answer with a problem; `refused`: no operation ran, so the outcome is set here."""
        if refused:
            context.outcome = "refused"
        context.fault = error.code
        page = context.environ.get("SCRIPT_NAME", "") + ERRORS_PAGE
        index = context.failed_index
        more = {} if index is None else {"index": index}
        asked = context.environ.get("HTTP_ACCEPT_LANGUAGE")
        language = accepted_language(asked, self._options.language)
        body = problems.problem(error, language, context.request_id, page, **more)
        status = problems.status_of(error)
        headers = _headers(context, problems.MEDIA_TYPE, len(body))
        headers.append(("Content-Language", language))
        if status == 401:
            headers.append(BASIC_CHALLENGE)
        elif status == 405:
            headers.append(("Allow", "POST"))
        self._options.finished(context, len(body))
        start_response(f"{status} {problems.TITLES[status]}", headers)
        return [] if context.environ["REQUEST_METHOD"] == "HEAD" else [body]


class _Door:
    """One operation with its compiled reader and writer."""

    def __init__(self, operation: PublishedOperation) -> None:
        self.operation = operation
        self.writer = ResultWriter(operation)
        self._reader = ObjectReader(operation.parameters)

    def arguments(self, given: dict[str, Any], authorization: str | None) -> list[Any]:
        if self.operation.has_principal:
            given = with_principal(given, authorization)
        return list(self._reader.values(given).values())


def with_principal(given: Mapping[str, Any], authorization: str | None) -> dict[str, Any]:
    """The parameters with HTTP Basic's principal; an error if the body has a different one."""
    basic = basic_principal(authorization)
    if basic is None:
        return dict(given)
    if given.get(PRINCIPAL) not in (None, basic):
        raise BadRequest(
            Reason.TWO_PRINCIPALS,
            field=PRINCIPAL,
        )
    return {**given, PRINCIPAL: basic}


def basic_principal(authorization: str | None) -> dict[str, str] | None:
    """The principal of a Basic header; None without such a header."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError:
        text = ""
    login, colon, password = text.partition(":")
    if not colon:
        raise BadRequest(Reason.UNREADABLE_AUTHORIZATION)
    return {"login": login, "password": password}


def check_request(environ: _Environ) -> None:
    """Check method and media type, before the body is read."""
    method = environ["REQUEST_METHOD"]
    if method != "POST":
        discard_body(environ)
        raise MethodNotAllowed(method=method)
    content_type = environ.get("CONTENT_TYPE") or ""
    if content_type == JSON:
        return
    media_type, parameters = parse_options_header(content_type)
    charset = parameters.get("charset", "utf-8").lower()
    if media_type.lower() != JSON or charset not in ("utf-8", "utf8"):
        discard_body(environ)
        raise UnsupportedMediaType


def read_json_body(environ: _Environ, largest: int) -> bytes:
    try:
        return read_body(environ, largest)
    except Fault as fault:
        if getattr(fault, "kind", "") == "too-large":
            raise RequestTooLarge(largest=largest) from None
        raise BadRequest(Reason.UNREADABLE_BODY) from None


def _headers(context: Context, media_type: str, length: int) -> _Headers:
    return [
        ("Content-Type", media_type),
        ("Content-Length", str(length)),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        *context.headers_out,
    ]
