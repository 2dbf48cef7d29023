"""Requests as existing integrations send them, through a real server."""

import gzip
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
import requests
from requests.auth import HTTPBasicAuth
from zeep import Client
from zeep.exceptions import ValidationError
from zeep.transports import Transport

from tests.fixtures.server import LOGIN, Server
from tests.soap import ENVELOPE, principal_xml

KEY = "<username>{}</username><domain>example.com</domain>"
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


@pytest.fixture(scope="module")
def lenient_wsdl(installed_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("lenient") / "serve.log"
    server = Server(installed_url, log, WSDL_REQUIRED="none", WSDL_STYLE="import")
    yield server
    server.stop()


def zeep_client(url: str) -> Any:
    return Client(url)  # type: ignore[no-untyped-call]


def test_the_vendors_sample_runs_unmodified_where_nothing_is_required(
    server: Server, lenient_wsdl: Server
) -> None:
    subscriber = {
        "username": "2100",
        "domain": "example.com",
        "password": "segredo",
        "profile": "DEFAULT",
        "activeIncomingCalls": True,
        "activeOutgoingCalls": True,
        "voicemail": False,
        "softphoneAllowed": False,
        "callsOnlyByIp": False,
        "lowCreditLimit": 0,
        "resellerBillingType": 0,
        "resellerMarkup": 0,
    }
    arguments = {"subscriber": [subscriber], "principal": [LOGIN]}
    with pytest.raises(ValidationError, match="Missing element addServiceHeader"):
        zeep_client(f"{server.base}/SipPulse/SubscriberWS?wsdl").service.insertSubscriber(
            **arguments
        )
    client = zeep_client(f"{lenient_wsdl.base}/SipPulse/SubscriberWS?wsdl")
    assert client.service.insertSubscriber(**arguments) > 0
    stored = client.service.retrieveSubscriber("2100", "example.com", LOGIN)
    assert (stored.accountCode, stored.addServiceHeader) == ("2100@example.com", False)


def test_a_saved_wsdl_fetches_its_schema_from_us(server: Server, lenient_wsdl: Server) -> None:
    """As the Java server wrote it: with an import, and an address that is ours now."""
    saved = requests.get(f"{lenient_wsdl.base}/SipPulse/DomainWS?wsdl", timeout=60).text
    assert "xsd:element" not in saved
    saved = saved.replace(lenient_wsdl.base, server.base)
    client: Any = Client(BytesIO(saved.encode()))  # type: ignore[no-untyped-call]
    assert client.service.listDomains(LOGIN)[0].domain == "example.com"


def test_latin_1_comes_back_as_latin_1(server: Server) -> None:
    """PHP's and Delphi's clients of old; the payment gateway's too."""
    body = (
        f"<subscriber>{KEY.format('2200')}<password>segredo</password><profile>DEFAULT</profile>"
        f"<firstName>João “Ç”</firstName></subscriber>{principal_xml(LOGIN)}"
    )
    read = KEY.format("2200") + principal_xml(LOGIN)
    for operation, content in [("insertSubscriber", body), ("retrieveSubscriber", read)]:
        answer = requests.post(
            f"{server.base}/SipPulse/SubscriberWS?wsdl=",
            data=ENVELOPE.format(operation=operation, body=content).encode("windows-1252"),
            headers={"Content-Type": "text/xml; charset=windows-1252", "SOAPAction": ""},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "text/xml; charset=windows-1252"
    assert "<firstName>João “Ç”</firstName>" in answer.content.decode("windows-1252")


def test_a_did_without_a_username_and_a_question_mark_for_an_id(server: Server) -> None:
    """A public client sends both."""
    account = f"<subscriber>{KEY.format('2300')}<password>x</password><profile>DEFAULT</profile>"
    assert server.post("SubscriberWS", "insertSubscriber", account + "</subscriber>").ok
    did = (
        "<did><id>?</id><accountCode>2300@example.com</accountCode><username/>"
        "<aliasUsername>554833332300</aliasUsername><domain>example.com</domain></did>"
    )
    answer = server.post("DidWS", "insertDid", did)
    assert answer.status_code == 200, answer.text
    listed = server.post("DidWS", "listByAcc", "<accountCode>2300@example.com</accountCode>").text
    assert "<username>2300</username>" in listed


def test_a_request_that_php_compresses(server: Server) -> None:
    """`SOAP_COMPRESSION_GZIP` and savon's users send gzip, `SOAP_COMPRESSION_DEFLATE` zlib."""
    text = ENVELOPE.format(operation="listDomains", body=principal_xml(LOGIN)).encode()
    for encoding, body in [("gzip", gzip.compress(text)), ("deflate", zlib.compress(text))]:
        answer = requests.post(
            f"{server.base}/SipPulse/DomainWS",
            data=body,
            headers={"Content-Type": "text/xml; charset=utf-8", "Content-Encoding": encoding},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        assert "<domain>example.com</domain>" in answer.text
        assert "Content-Encoding" not in answer.headers
