"""A server of this API, asked through its published operations, at a bounded rate."""

from __future__ import annotations

import time
from typing import Any
from xml.sax.saxutils import escape

import httpx
from lxml import etree

from sippulse_ws.wire.fields import fields_of
from sippulse_ws.wire.lexical import PARSERS
from sippulse_ws.wire.names import BASE_PATH, NAMESPACE, SOAP_ENVELOPE

Record = dict[str, Any]

_ENVELOPE = (
    '<S:Envelope xmlns:S="{soap}"><S:Body><n:{operation} xmlns:n="{namespace}">{arguments}'
    "<principal><login>{login}</login><password>{password}</password></principal>"
    "</n:{operation}></S:Body></S:Envelope>"
)
_ATTEMPTS = 4
_parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


class SourceFault(Exception):
    """The server refused a request; its own message."""


class SourceUnavailable(Exception):
    """The server does not answer, or not as a server of this API."""


class Source:
    """Asks one operation after the other; `rate` is requests per second, 0 without a bound."""

    def __init__(
        self,
        url: str,
        login: str,
        password: str,
        rate: float = 0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._base = url.rstrip("/").removesuffix(BASE_PATH.rstrip("/")) + BASE_PATH
        self._login, self._password = login, password
        self._pause = 1 / rate if rate else 0.0
        self._next = 0.0
        self._client = httpx.Client(timeout=60, transport=transport)

    def close(self) -> None:
        self._client.close()

    def records(self, service: str, operation: str, dto: Any, **arguments: object) -> list[Record]:
        """The objects of an answer, as dicts by attribute; absent fields are None."""
        return [_record(one, dto) for one in self._ask(service, operation, arguments)]

    def record(self, service: str, operation: str, dto: Any, **arguments: object) -> Record | None:
        found = self.records(service, operation, dto, **arguments)
        return found[0] if found else None

    def texts(self, service: str, operation: str, **arguments: object) -> list[str]:
        """The answer's values, where they are no objects."""
        return [one.text or "" for one in self._ask(service, operation, arguments)]

    def _ask(self, service: str, operation: str, arguments: dict[str, object]) -> Any:
        body = _ENVELOPE.format(
            soap=SOAP_ENVELOPE,
            namespace=NAMESPACE,
            operation=operation,
            login=escape(self._login),
            password=escape(self._password),
            arguments="".join(f"<{k}>{escape(str(v))}</{k}>" for k, v in arguments.items()),
        )
        answer = self._post(service, body)
        try:
            content: Any = etree.fromstring(answer.content, _parser)[-1][0]
        except (etree.XMLSyntaxError, IndexError):
            told = f"{service}.{operation}: HTTP {answer.status_code}, no SOAP answer"
            raise SourceUnavailable(told) from None
        if content.tag == f"{{{SOAP_ENVELOPE}}}Fault":
            raise SourceFault(content.findtext("faultstring") or "fault without a message")
        return content

    def _post(self, service: str, body: str) -> httpx.Response:
        """Reads change nothing, so one that got no answer is asked again."""
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        for attempt in range(1, _ATTEMPTS + 1):
            self._wait()
            try:
                return self._client.post(self._base + service, content=body, headers=headers)
            except httpx.HTTPError as error:
                if attempt == _ATTEMPTS:
                    told = f"{self._base}{service}: {type(error).__name__} {error}"
                    raise SourceUnavailable(told) from None
                time.sleep(2**attempt / 4)
        raise AssertionError("unreachable")

    def _wait(self) -> None:
        now = time.monotonic()
        if now < self._next:
            time.sleep(self._next - now)
        self._next = max(now, self._next) + self._pause


def _record(element: Any, dto: Any) -> Record:
    fields = {one.wire: one for one in fields_of(dto)}
    values: Record = {
        one.attribute: [] if one.many else None for one in fields.values() if one.model is None
    }
    for child in element:
        one = fields.get(child.tag)
        if one is None or one.model is not None:
            continue
        value = PARSERS[one.kind](child.text or "")
        if one.many:
            values[one.attribute].append(value)
        else:
            values[one.attribute] = value
    return values
