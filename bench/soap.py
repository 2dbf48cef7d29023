"""A SOAP client of a few lines: one keep-alive connection, answers as lxml elements."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

NAMESPACE = "http://service.ws.sippulse.voffice.com.br/"
ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    f' xmlns:ser="{NAMESPACE}"><soapenv:Header/><soapenv:Body>'
    "<ser:{operation}>{arguments}</ser:{operation}></soapenv:Body></soapenv:Envelope>"
)
HEADERS = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
TIMEOUT = 30  # seconds


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes

    @property
    def root(self) -> Any:
        return etree.fromstring(self.body)

    @property
    def element(self) -> Any:
        """What stands in the SOAP body: the response, or the fault."""
        return self.root.find("{*}Body")[0]

    @property
    def results(self) -> list[dict[str, str]]:
        """The texts by local name of every child of the response."""
        return [
            {etree.QName(field).localname: field.text or "" for field in one}
            for one in self.element
        ]


class Client:
    def __init__(self, url: str, address: str = "") -> None:
        source = (address, 0) if address else None
        netloc = urlsplit(url).netloc
        self._connection = http.client.HTTPConnection(netloc, None, TIMEOUT, source)

    def send(self, path: str, body: str) -> Answer:
        """POST, or GET when there is no body."""
        method = "POST" if body else "GET"
        self._connection.request(method, path, body.encode() or None, HEADERS)
        response = self._connection.getresponse()
        return Answer(response.status, response.read())

    def close(self) -> None:
        self._connection.close()


def envelope(operation: str, *arguments: str) -> str:
    return ENVELOPE.format(operation=operation, arguments="".join(arguments))


def xml(values: dict[str, str]) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
