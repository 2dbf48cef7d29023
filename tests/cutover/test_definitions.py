"""What of two published WSDLs and schemas makes another client, and what makes none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from lxml import etree

from sippulse_ws.cutover.shadow.definitions import compare_documents, published_query
from sippulse_ws.testing.server import Server, SippulseServer
from tests.cutover.standin import PATIENCE, Shadow, fields, verdicts

GOLDEN = Path(__file__).parents[2] / "wsdl"
SERVICES = sorted(path.stem for path in GOLDEN.glob("*.wsdl"))
TYPES = "{http://schemas.xmlsoap.org/wsdl/}types"


def golden(service: str = "DidWS") -> bytes:
    return (GOLDEN / f"{service}.wsdl").read_bytes()


def schema_of(wsdl: bytes) -> bytes:
    root: Any = etree.fromstring(wsdl)
    return etree.tostring(root.find(TYPES)[0])


def difference(given: bytes, other: bytes) -> tuple[str, str | None, str | None] | None:
    return compare_documents((200, given), (200, other)).difference


@pytest.mark.parametrize("service", SERVICES)
def test_form_and_address_make_no_difference(service: str) -> None:
    given = golden(service)
    other = given.replace(b"xmlns:tns=", b"xmlns:other=").replace(b'"tns:', b'"other:')
    other = other.replace(b"http://localhost:8080", b"https://new.example.com")
    other = other.replace(b' minOccurs="0"/>', b' minOccurs="0" maxOccurs="1"></xs:element>')
    note = b"<wsdl:documentation>new</wsdl:documentation><wsdl:portType name"
    other = other.replace(b"<wsdl:portType name", note)
    root: Any = etree.fromstring(other)
    etree.indent(root, "")
    assert difference(given, etree.tostring(root)) is None
    assert difference(schema_of(given), schema_of(other)) is None


@pytest.mark.parametrize(
    ("planted", "by", "path"),
    [
        (b'<xs:element name="gwid" type="xs:string"', b'<xs:element name="gwid" type="xs:int"',
         "schema/complexType did/gwid"),
        (b'<xs:element name="gwid" type="xs:string" minOccurs="0"/>', b"",
         "schema/complexType did/gwid"),
        (b'name="did" type="tns:did" minOccurs="0" maxOccurs="unbounded"',
         b'name="did" type="tns:did" minOccurs="0"',
         "schema/complexType listByAccResponse/did"),
        (b'<wsdl:output message="tns:listByAccResponse"', b'<wsdl:output message="tns:insertDid"',
         "DidWS/listByAcc/output"),
        (b'soapAction=""', b'soapAction="urn:x"', "DidWS/"),
        (b'use="literal"', b'use="encoded"', "DidWS/"),
        (b'<wsdl:port name="DidWSPort"', b'<wsdl:port name="Other"', "SipPulse/DidWSPort"),
        (b'"http://service.ws.sippulse.voffice.com.br/"', b'"urn:other"', "definitions"),
    ],
)  # fmt: skip
def test_what_a_client_would_notice_is_named(planted: bytes, by: bytes, path: str) -> None:
    given = golden()
    assert planted in given
    found = difference(given, given.replace(planted, by))
    assert found is not None
    assert found[0].startswith(path)


def test_an_operation_that_is_missing_is_named_on_either_side() -> None:
    whole = golden()
    root: Any = etree.fromstring(whole)
    (port_type,) = root.iterfind("{http://schemas.xmlsoap.org/wsdl/}portType")
    missing = port_type[0].get("name")
    port_type.remove(port_type[0])
    part = etree.tostring(root)
    for given, other, place in ((whole, part, 2), (part, whole, 1)):
        found = difference(given, other)
        assert found is not None
        assert found[0].startswith(f"DidWS/{missing}/")
        assert found[place] is None


def test_a_schema_that_is_imported_is_compared_where_it_is() -> None:
    given = golden()
    root: Any = etree.fromstring(given)
    types = root.find(TYPES)
    for child in list(types[0]):
        types[0].remove(child)
    etree.SubElement(types[0], "{http://www.w3.org/2001/XMLSchema}import", schemaLocation="x?xsd=1")
    found = compare_documents((200, etree.tostring(root)), (200, given))
    assert (found.difference, found.tolerated) == (None, {"imported"})


def test_whether_elements_may_be_nil_is_tolerated_and_told() -> None:
    """JAX-WS RI says it of every list."""
    given = golden().replace(b'maxOccurs="unbounded"', b'maxOccurs="unbounded" nillable="true"')
    found = compare_documents((200, given), (200, golden()))
    assert (found.difference, found.tolerated) == (None, {"nil"})


@pytest.mark.parametrize(
    ("given", "other", "refused"),
    [((200, b"<a/>"), (404, b""), True), ((404, b""), (200, b"<a/>"), False),
     ((200, b"<a/>"), (200, b"no XML <"), False), ((200, b"<a/>"), (200, b"<b/>"), False)],
)  # fmt: skip
def test_other_answers(given: tuple[int, bytes], other: tuple[int, bytes], refused: bool) -> None:
    found = compare_documents(given, other)
    assert found.difference is not None
    assert found.refused == refused
    assert compare_documents(given, given).difference is None
    assert compare_documents(given, (0, None)).difference is None


def test_which_requests_ask_for_them() -> None:
    targets = ("/SipPulse/DidWS?wsdl", "/a?WSDL", "/a?wsdl=1", "/a?xsd=1")
    assert [published_query(one) for one in targets] == ["wsdl", "WSDL", "wsdl=1", "xsd=1"]
    for other in ("/SipPulse/DidWS", "/a?wsdlx", "/a?xsd=x", "/a?x&wsdl"):
        assert published_query(other) is None


def fetch(url: str) -> None:
    answer = requests.get(url, timeout=PATIENCE)
    assert answer.status_code == (404 if url.endswith("x?xsd=2") else 200)


@pytest.mark.engines("sqlite")
def test_documents_that_clients_fetch_are_compared_recorded_once_and_replayed(
    old: SippulseServer,
    sippulse_server: Server,
    shadowed: Callable[..., Shadow],
    tmp_path: Path,
    cli: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = sippulse_server._settings.model_copy(update={"wsdl_required": "none"})
    monkeypatch.setattr(sippulse_server, "_settings", settings)
    new = sippulse_server.start(tmp_path)
    try:
        shadow = shadowed(new_url=new.url)
        for query in (
            "DomainWS?wsdl",
            "DomainWS?wsdl",
            "DomainWS?xsd=1",
            "SubscriberWS?wsdl",
            "x?xsd=2",
        ):
            answer = requests.get(f"{shadow.url}/SipPulse/{query}", timeout=PATIENCE)
            assert answer.status_code == (404 if query == "x?xsd=2" else 200)
        report = shadow.stop()
        assert verdicts(report, "DomainWS?wsdl") == {"equal": 2}
        assert verdicts(report, "DomainWS?xsd=1") == {"equal": 1}
        assert verdicts(report, "x?xsd=2") == {"equal": 1}
        # the new server requires nothing, the old one six booleans
        ((operation, field, count),) = fields(report)
        assert (operation, count) == ("SubscriberWS?wsdl", 1)
        assert field.startswith("schema/complexType subscriberDTO/")
        names = [one["operation"] for one in shadow.records()]
        assert sorted(names) == ["DomainWS?wsdl", "DomainWS?xsd=1", "SubscriberWS?wsdl", "x?xsd=2"]
        command = ["replay", str(shadow.folder), "--login", "x", "--password-stdin", "--to"]
        cli(*command, old.url, input="x\n")
        cli(*command, new.url, input="x\n", status=1)
    finally:
        new.stop()
