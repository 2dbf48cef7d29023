"""A client of a server of this API, with a limited rate of requests."""

from __future__ import annotations

import threading
import time
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

import httpx
from lxml import etree

from sippulse_ws.wire.fields import Field, fields_of
from sippulse_ws.wire.lexical import PARSERS
from sippulse_ws.wire.names import BASE_PATH, NAMESPACE, SOAP_ENVELOPE

Record = dict[str, Any]

_ENVELOPE = (
    '<S:Envelope xmlns:S="{soap}"><S:Body><n:{operation} xmlns:n="{namespace}">{arguments}'
    "<principal><login>{login}</login><password>{password}</password></principal>"
    "</n:{operation}></S:Body></S:Envelope>"
)
_ATTEMPTS = 5
_BUSY = (429, 502, 503, 504)
_NOT_FOUND = 404
_DOMAINS = {"domain", "alias_domain"}  # stored here in lower case
_NO_OPERATION = "Cannot find dispatch method"  # in the words of the Java server


class SourceFault(Exception):
    """The server refused a request; the message is its own."""


class NotOffered(SourceFault):
    """The server has no such operation."""


class SourceUnavailable(Exception):
    """The server does not answer, or not like a server of this API."""


class Source:
    """`rate` is the limit of requests per second, 0: none. Threads may share an object."""

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
        self._turn = threading.Lock()
        self._missing: dict[tuple[str, str], str] = {}
        self._client = httpx.Client(timeout=60, transport=transport)

    def close(self) -> None:
        self._client.close()

    def records(self, service: str, operation: str, dto: Any, **arguments: object) -> list[Record]:
        """The objects in the answer, as dicts by attribute; absent fields are None."""
        return [_record(one, dto) for one in self._ask(service, operation, arguments)]

    def record(self, service: str, operation: str, dto: Any, **arguments: object) -> Record | None:
        found = self.records(service, operation, dto, **arguments)
        return found[0] if found else None

    def texts(self, service: str, operation: str, **arguments: object) -> list[str]:
        """The simple values in the answer."""
        return [one.text or "" for one in self._ask(service, operation, arguments)]

    def _ask(self, service: str, operation: str, arguments: dict[str, object]) -> Any:
        if told := self._missing.get((service, operation)):
            raise NotOffered(told)
        body = _ENVELOPE.format(
            soap=SOAP_ENVELOPE,
            namespace=NAMESPACE,
            operation=operation,
            login=escape(self._login),
            password=escape(self._password),
            arguments="".join(f"<{k}>{escape(str(v))}</{k}>" for k, v in arguments.items()),
        )
        answer = self._post(service, body)
        if answer.status_code == _NOT_FOUND:
            raise self._not_offered(service, operation, f"{service}: HTTP 404")
        try:
            content: Any = etree.fromstring(answer.content, _parser())[-1][0]
        except (etree.XMLSyntaxError, IndexError):
            told = f"{service}.{operation}: HTTP {answer.status_code}, no SOAP answer"
            raise SourceUnavailable(told) from None
        if content.tag == f"{{{SOAP_ENVELOPE}}}Fault":
            told = content.findtext("faultstring") or "fault without a message"
            if _NO_OPERATION in told:
                raise self._not_offered(service, operation, told)
            raise SourceFault(told)
        return content

    def _not_offered(self, service: str, operation: str, told: str) -> NotOffered:
        self._missing[service, operation] = told
        return NotOffered(told)

    def _post(self, service: str, body: str) -> httpx.Response:
        """Send a request; a read that got no answer is repeated, since it changes nothing."""
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        for attempt in range(1, _ATTEMPTS + 1):
            self._wait()
            try:
                answer = self._client.post(self._base + service, content=body, headers=headers)
            except httpx.HTTPError as error:
                told = f"{self._base}{service}: {type(error).__name__} {error}"
            else:
                if answer.status_code not in _BUSY:
                    return answer
                told = f"{self._base}{service}: HTTP {answer.status_code}"
            if attempt < _ATTEMPTS:
                time.sleep(2**attempt / 4)
        raise SourceUnavailable(told)

    def _wait(self) -> None:
        with self._turn:
            now = time.monotonic()
            begin = max(now, self._next)
            self._next = begin + self._pause
        time.sleep(begin - now)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


def _record(element: Any, dto: Any) -> Record:
    """An object as a dict; all spellings that we accept count, since real ones may vary."""
    fields = _fields(dto)
    values: Record = {one.attribute: [] if one.many else None for one in fields.values()}
    for child in element:
        one = fields.get(child.tag) or fields.get(str(child.tag).lower())
        if one is None:
            continue
        value = PARSERS[one.kind](child.text or "")
        if one.many:
            values[one.attribute].append(value)
        else:
            values[one.attribute] = value
    for name in _DOMAINS & values.keys():
        values[name] = values[name] and values[name].lower()
    return values


@cache
def _fields(dto: Any) -> dict[str, Field]:
    """Simple fields by name in the contract, and by all spellings in lower case."""
    plain = {one.wire: one for one in fields_of(dto) if one.model is None}
    spelt = {name.lower(): one for name, one in plain.items()}
    aliases = {name.lower(): plain[wire] for name, wire in dto.ALIASES.items()}
    return aliases | spelt | plain
