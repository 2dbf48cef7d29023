"""The test kit for those who write clients: the fixture `sippulse`, and faults on demand."""

import http.client
import json
import time
import urllib.request
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest
import requests
from werkzeug.test import Client as WsgiClient
from zeep import Client

from sippulse_ws.testing.faults import FaultInjection
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


def post_json(sippulse: SippulseServer, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    login, password = sippulse.principal["login"], sippulse.principal["password"]
    answer = requests.post(
        f"{sippulse.url}/SipPulse/api/{path}",
        json=body,
        auth=(login, password),
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        timeout=60,
    )
    return answer.status_code, answer.json()


def test_a_client_can_try_what_it_does_when_nobody_knows(sippulse: SippulseServer) -> None:
    """A batch with a key, whose answer is lost: sent again it is what was done, once."""
    sippulse.subscriber("1000")
    one = {"username": "1000", "domain": "example.com", "value": 5}
    top_up = {"service": "SubscriberWS", "operation": "addCredit", "parameters": one}
    batch = {"operations": [top_up, top_up]}
    key = {"Idempotency_Key": "lost"}
    status, problem = post_json(sippulse, "batch", batch, X_Fault="unknown-outcome", **key)
    assert (status, problem["code"]) == (503, "outcome-unknown")
    assert len(sippulse.rows("credit_ledger")) == 2
    assert post_json(sippulse, "batch", batch, **key) == (200, {"results": [{}, {}]})
    assert len(sippulse.rows("credit_ledger")) == 2


def test_a_dry_run_beside_a_key_and_a_fault_does_nothing(sippulse: SippulseServer) -> None:
    sippulse.subscriber("1000")
    one = {"username": "1000", "domain": "example.com", "value": 5}
    sent = {"Idempotency_Key": "tried", "X_Dry_Run": "true"}
    path = "SubscriberWS/addCredit"
    assert post_json(sippulse, path, one, X_Fault="unknown-outcome", **sent)[0] == 503
    assert sippulse.rows("credit_ledger") == sippulse.rows("idempotency_key") == []
    assert [one["kind"] for one in sippulse.rows("event")] == ["subscriber.inserted"]
    assert post_json(sippulse, path, one, Idempotency_Key="tried") == (200, {})
    assert len(sippulse.rows("credit_ledger")) == 1


def test_a_fault_of_the_json_door_is_as_its_own() -> None:
    closed: list[bool] = []

    class Answer(list[bytes]):
        def close(self) -> None:
            closed.append(True)

    def app(_environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        return Answer([b"{}"])

    answer = WsgiClient(FaultInjection(app, "pt")).post(
        "/SipPulse/api/DomainWS/listDomains",
        headers={"X-Fault": "unknown-outcome", "Accept-Language": "en"},
        environ_overrides={"SCRIPT_NAME": "/voice"},
    )
    problem = json.loads(answer.text)
    assert problem["type"] == "/voice/SipPulse/errors#outcome-unknown"
    assert "check whether" in problem["detail"]
    assert closed == [True]
