"""SOAP as the tests speak it: a zeep client, and raw envelopes, straight into the WSGI app."""

from functools import cache
from io import BytesIO
from typing import Any

import pytest
from lxml import etree
from werkzeug.test import Client as WsgiClient
from zeep import Client, Settings
from zeep.exceptions import Fault
from zeep.transports import Transport

NAMESPACE = "http://service.ws.sippulse.voffice.com.br/"
ENVELOPE = (
    '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>'
    '<ns2:{operation} xmlns:ns2="' + NAMESPACE + '">{body}</ns2:{operation}></S:Body></S:Envelope>'
)
HOST = "http://localhost"


class WsgiTransport(Transport):
    """Hands zeep's requests to a WSGI application."""

    def __init__(self, app: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.app = app
        self.extra = headers or {}

    def post(self, address: str, message: Any, headers: dict[str, str]) -> Any:
        answer = WsgiClient(self.app).post(
            address.removeprefix(HOST), data=message, headers=headers | self.extra
        )
        return _Answer(answer)


class _Answer:
    """What zeep reads of a requests.Response."""

    def __init__(self, answer: Any) -> None:
        self.status_code = answer.status_code
        self.content = answer.data
        self.headers = answer.headers
        self.encoding = "utf-8"


@cache
def parsed_wsdl(wsdl: bytes) -> Any:
    """A zeep client per WSDL: reading one takes longer than all the calls of a test."""
    return Client(BytesIO(wsdl), settings=Settings())  # type: ignore[no-untyped-call]


class Soap:
    """`soap("SubscriberWS", "retrieveSubscriber", username=…, domain=…)`."""

    def __init__(self, app: Any, principal: dict[str, str]) -> None:
        self.app = app
        self.http = WsgiClient(app)
        self.principal = principal

    def __call__(
        self,
        service: str,
        operation: str,
        *,
        principal: dict[str, str] | None = None,
        headers: Any = None,
        **args: Any,
    ) -> Any:
        """The result as zeep reads it; a fault is raised as zeep's Fault."""
        client = parsed_wsdl(self.http.get(f"/SipPulse/{service}?wsdl").data)
        client.transport = WsgiTransport(self.app, headers)
        if service != "CustomerWS":
            args["principal"] = principal or self.principal
        return client.service[operation](**args)

    def fault(self, service: str, operation: str, **args: Any) -> str:
        """The message of the WSException that this call must end in."""
        with pytest.raises(Fault) as caught:
            self(service, operation, **args)
        detail = caught.value.detail.find(f"{{{NAMESPACE}}}WSException/faultMessage")
        assert detail is not None, caught.value
        assert detail.text == caught.value.message
        return str(caught.value.message)

    def xml_fault(self, service: str, operation: str, body: str) -> str:
        """The message of the fault in which a hand-written request must end."""
        answer = self.post(service, operation, body + principal_xml(self.principal))
        assert answer.status_code == 500, answer.data
        return str(etree.fromstring(answer.data).findtext(".//faultstring"))

    def post(self, service: str, operation: str, body: str, **headers: str) -> Any:
        """Send a hand-written request; the werkzeug response."""
        return self.http.post(
            f"/SipPulse/{service}",
            data=ENVELOPE.format(operation=operation, body=body).encode(),
            content_type="text/xml; charset=utf-8",
            headers=headers,
        )

    def xml(self, service: str, operation: str, body: str) -> Any:
        """The response element of a hand-written request that must succeed."""
        answer = self.post(service, operation, body + principal_xml(self.principal))
        assert answer.status_code == 200, answer.data
        return etree.fromstring(answer.data)[0][0]


def principal_xml(principal: dict[str, str]) -> str:
    return (
        f"<principal><login>{principal['login']}</login>"
        f"<password>{principal['password']}</password></principal>"
    )
