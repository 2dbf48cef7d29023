"""Requests as existing integrations send them, through a real server."""

from typing import Any

import requests
from requests.auth import HTTPBasicAuth
from zeep import Client
from zeep.transports import Transport

from tests.fixtures.server import LOGIN, Server
from tests.soap import ENVELOPE, principal_xml

FLAGS = dict.fromkeys(
    (
        "addServiceHeader",
        "blockAnonymousCalls",
        "blockEntry0303",
        "callsOnlyByIp",
        "copyPassertedRpid",
        "lowCreditNotification",
        "softphoneAllowed",
        "validateSource0303",
        "voicemail",
    ),
    False,
)


def test_zeep_with_basic_auth_and_objects_in_lists(server: Server) -> None:
    session = requests.Session()
    session.auth = HTTPBasicAuth("somebody", "else")  # the vendor's samples send it; it is ignored
    transport = Transport(session=session)  # type: ignore[no-untyped-call]
    address = f"{server.base}/SipPulse/SubscriberWS?wsdl"
    client: Any = Client(address, transport=transport)  # type: ignore[no-untyped-call]
    subscriber = FLAGS | {
        "username": "2000",
        "domain": "example.com",
        "password": "segredo",
        "profile": "DEFAULT",
        "activeIncomingCalls": True,
        "activeOutgoingCalls": True,
        "lowCreditLimit": 0,
        "resellerBillingType": 0,
        "resellerMarkup": 0,
    }
    assert client.service.insertSubscriber(subscriber=[subscriber], principal=[LOGIN]) > 0
    stored = client.service.retrieveSubscriber("2000", "example.com", [LOGIN])
    assert (stored.accountCode, stored.activeOutgoingCalls) == ("2000@example.com", True)


def test_php_style_post_with_the_wsdl_query_and_shuffled_children(server: Server) -> None:
    body = (
        principal_xml(LOGIN)
        + "<subscriber><profile>DEFAULT</profile><id>?</id><localArea>0</localArea>"
        "<password>segredo</password><domain>example.com</domain><username>3000</username>"
        "</subscriber>"
    )
    answer = requests.post(
        f"{server.base}/SipPulse/SubscriberWS?wsdl=",
        data=ENVELOPE.format(operation="insertSubscriber", body=body),
        headers={"Content-Type": "text/xml"},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    key = "<domain>example.com</domain><username>3000</username>"
    text = server.post("SubscriberWS", "retrieveSubscriber", key).text
    assert "<localArea>0</localArea>" in text
    assert "<activeIncomingCalls>true</activeIncomingCalls>" in text
