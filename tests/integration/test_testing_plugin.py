"""The test kit for those who write clients: the fixture `sippulse`, and faults on demand."""

import http.client
import time
import urllib.request
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest
from zeep import Client

from sippulse_ws.testing.server import ServerFault, SippulseServer
from tests.soap import ENVELOPE, principal_xml


def test_a_client_meets_a_real_server(sippulse: SippulseServer) -> None:
    client: Any = Client(sippulse.wsdl("SubscriberWS"))  # type: ignore[no-untyped-call]
    sippulse.subscriber("1000", first_name="Ana")
    read = client.service.retrieveSubscriber("1000", "example.com", sippulse.principal)
    assert read.firstName == "Ana"
    client.service.addCredit("1000", "example.com", 0.1, "top-up", sippulse.principal)
    (row,) = sippulse.rows("subscriber", username="1000")
    assert str(row["credit"]) == "0.100000"
    assert len(sippulse.rows("credit_ledger")) == 1


def test_each_test_begins_anew(sippulse: SippulseServer) -> None:
    assert sippulse.rows("subscriber") == []
    assert [row["login"] for row in sippulse.rows("administrator")] == ["root"]


def test_domains_and_administrators_are_made(sippulse: SippulseServer) -> None:
    sippulse.domain("other.example.com")
    crm = sippulse.administrator("crm", "other.example.com")
    client: Any = Client(sippulse.wsdl("DomainWS"))  # type: ignore[no-untyped-call]
    assert [one.domain for one in client.service.listDomains(crm)] == ["other.example.com"]
    with pytest.raises(ServerFault) as caught:
        sippulse.call("SubscriberWS", "retrieveSubscriber", username="x", domain="example.com")
    assert caught.value.code == "subscriber-not-found"


def post(sippulse: SippulseServer, fault: str) -> tuple[int, str]:
    body = ENVELOPE.format(
        operation="addCredit",
        body="<username>1000</username><domain>example.com</domain><value>5</value>"
        + principal_xml(sippulse.principal),
    )
    request = urllib.request.Request(
        f"{sippulse.url}/SipPulse/SubscriberWS",
        body.encode(),
        {"Content-Type": "text/xml", "X-Fault": fault},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.parametrize(
    ("fault", "stored"), [("500", 0), ("unknown-outcome", 1), ("delay=0.2s", 1)]
)
def test_faults_on_demand(fault: str, stored: int, sippulse: SippulseServer) -> None:
    sippulse.subscriber("1000")
    started = time.monotonic()
    status, text = post(sippulse, fault)
    assert (status == 200) == fault.startswith("delay")
    assert ("WSException" in text) == (fault == "unknown-outcome")
    assert not fault.startswith("delay") or time.monotonic() - started >= 0.2
    assert len(sippulse.rows("credit_ledger")) == stored
    assert post(sippulse, "nonsense")[0] == 400


def test_a_dropped_connection(sippulse: SippulseServer) -> None:
    connection = http.client.HTTPConnection(urlsplit(sippulse.url).netloc, timeout=60)
    connection.request("POST", "/SipPulse/DomainWS", b"x", {"X-Fault": "drop"})
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        connection.getresponse().read()
    connection.close()
