"""Requests to an endpoint without a server between."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lxml import etree

from sippulse_ws.wire.endpoint import Endpoint, Options
from sippulse_ws.wire.names import NAMESPACE, SOAP_ENVELOPE
from sippulse_ws.wire.rpc import Service
from tests.contract.contract_services import BY_NAME

PRINCIPAL = "<principal><login>admin</login><password>secret</password></principal>"


class State:
    """Answers every call alike and keeps the arguments of the last one."""

    def __init__(self, answer: Callable[[Any, tuple[Any, ...]], Any]) -> None:
        self.answer = answer
        self.args: tuple[Any, ...] = ()
        self.context: Any = None

    def run(self, operation: Any, context: Any, args: tuple[Any, ...]) -> Any:
        self.context, self.args = context, args
        return self.answer(context, args)


@dataclass(frozen=True)
class Response:
    status: str
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> int:
        return int(self.status[:3])

    @property
    def root(self) -> etree._Element:
        return etree.fromstring(self.body)

    @property
    def result(self) -> etree._Element:
        """The operation's response element."""
        assert self.code == 200, self.body
        return self.root[0][0]

    @property
    def fault(self) -> tuple[str, str]:
        assert self.code == 500, self.body
        return self.root.findtext(".//faultcode", ""), self.root.findtext(".//faultstring", "")


class Client:
    """An endpoint, of the contract if it is named, and a way to send it requests."""

    def __init__(self, service: str | type[Service], returns: Any = None, **options: Any) -> None:
        self.state = State(lambda context, args: returns(args) if callable(returns) else returns)
        published = BY_NAME[service] if isinstance(service, str) else service
        self.endpoint = Endpoint(published, Options(**options), self.state)

    def request(self, body: bytes = b"", **environ: Any) -> Response:
        answers: list[Any] = []
        content = b"".join(
            self.endpoint(environment(body) | environ, lambda *args: answers.extend(args))
        )
        status, headers = answers
        return Response(status, dict(headers), content)

    def call(self, operation: str, content: str, **environ: Any) -> Response:
        return self.request(envelope(operation, content), **environ)

    def args_of(self, operation: str, content: str) -> tuple[Any, ...]:
        """The arguments that the function gets."""
        assert self.call(operation, content).code == 200
        return self.state.args


def environment(body: bytes) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/SipPulse/SomeWS",
        "QUERY_STRING": "",
        "SERVER_NAME": "internal",
        "SERVER_PORT": "8080",
        "REMOTE_ADDR": "192.0.2.7",
        "CONTENT_TYPE": "text/xml; charset=utf-8",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
    }


def envelope(operation: str, content: str = "", header: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{SOAP_ENVELOPE}"'
        f' xmlns:ser="{NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{header}'
        f"<s:Body><ser:{operation}>{content}</ser:{operation}></s:Body></s:Envelope>"
    ).encode()
