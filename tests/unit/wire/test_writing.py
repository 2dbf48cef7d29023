"""Responses: order of fields, absence, doubles, escaping, lists, faults."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from sippulse_ws.wire.faults import WSException
from sippulse_ws.wire.fields import Dto, boolean, date_time, double, integer, nested, string
from sippulse_ws.wire.names import NAMESPACE, SOAP_ENVELOPE
from sippulse_ws.wire.types import DidDto, DomainDto
from sippulse_ws.wire.writing import writer_of

from .soap import Client

START = f"<?xml version='1.0' encoding='UTF-8'?><S:Envelope xmlns:S=\"{SOAP_ENVELOPE}\"><S:Body>"
DID = dict.fromkeys(name for name in vars(DidDto()) if not name.startswith("_"))


def result(service: str, operation: str, returns: Any) -> str:
    """What stands inside the response wrapper."""
    response = Client(service, returns).call(operation, "")
    assert response.code == 200, response.body
    wrapper = f'<ns2:{operation}Response xmlns:ns2="{NAMESPACE}"'
    text = response.body.decode().removeprefix(START + wrapper)
    return text.removesuffix("</S:Body></S:Envelope>").removesuffix(f"</ns2:{operation}Response>")


def test_fields_come_in_the_order_of_the_contract_and_absent_ones_do_not() -> None:
    did = SimpleNamespace(**DID | {"username": "u", "id": 7, "account_code": "a", "did_to_ruri": 1})
    assert result("DidWS", "listByAcc", [did]) == (
        "><did><accountCode>a</accountCode><didToRuri>true</didToRuri><id>7</id>"
        "<reverseBilling>false</reverseBilling><username>u</username></did>"
    )


@pytest.mark.parametrize(
    ("service", "operation", "returns"),
    [
        ("SubscriberWS", "addCredit", None),
        ("SubscriberWS", "addCredit", "ignored"),
        ("SubscriberWS", "retrieveCredit", None),
        ("SubscriberWS", "retrieveSubscriber", None),
        ("DidWS", "listByAcc", None),
    ],
)
def test_an_empty_result_is_an_empty_wrapper(service: str, operation: str, returns: Any) -> None:
    assert result(service, operation, returns) == "/>"


def test_an_empty_list_is_an_empty_wrapper() -> None:
    response = Client("DidWS", []).call("listByAcc", "")
    assert len(response.result) == 0
    assert response.result.text is None


@pytest.mark.parametrize("value", [10, 10.0, Decimal("10.000000")])
def test_a_double_may_come_as_any_number(value: Any) -> None:
    assert result("SubscriberWS", "retrieveCredit", value) == "><return>10.0</return>"


def test_a_required_result_is_always_written() -> None:
    assert result("RateWS", "removeAllRatesByRateId", None) == "><ratesRemoved>0</ratesRemoved>"


def test_a_list_may_be_a_generator_and_skips_what_is_none() -> None:
    numbers = (number for number in ["1", None, "", "2"])
    expected = "><did>1</did><did></did><did>2</did>"
    assert result("DidWS", "listAvailablesNumbers", numbers) == expected


class Row(NamedTuple):
    id: int
    domain: str
    other: int


def test_fields_are_read_by_attribute_from_any_object() -> None:
    row = Row(1, "a", 0)
    dto = DomainDto(id=2, domain="b")
    assert result("DomainWS", "listDomains", [row, dto]) == (
        "><domain><domain>a</domain><id>1</id></domain><domain><domain>b</domain><id>2</id></domain>"
    )


def test_text_is_escaped_and_what_xml_cannot_carry_is_dropped() -> None:
    text = "a\x00\x0b\ud800\uffffb<&>\"'\r\n\té 😀]]>"
    expected = "ab&lt;&amp;&gt;\"'&#13;\n\té 😀]]&gt;"
    assert result("SubscriberWS", "retrievePassword", text) == f"><return>{expected}</return>"
    group = SimpleNamespace(id=1, domain=text)
    written = result("DomainWS", "listDomains", [group, SimpleNamespace(id=2, domain=None)])
    assert written.startswith(
        f"><domain><domain>{expected}</domain><id>1</id></domain><domain><id>"
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\x00b", "ab"),
        ("a\x1fb", "ab"),
        ("a\ud800b", "ab"),
        ("a\ufffeb", "ab"),
        ("a\rb", "a&#13;b"),
        ("a\u00a0b\n", "a\u00a0b\n"),
        ("a&b", "a&amp;b"),
        ("a<b", "a&lt;b"),
        ("a>b", "a&gt;b"),
    ],
)
def test_a_single_odd_character_is_noticed(text: str, written: str) -> None:
    domains = [SimpleNamespace(id=None, domain=text)]
    assert result("DomainWS", "listDomains", domains) == (
        f"><domain><domain>{written}</domain></domain>"
    )


class InnerDto(Dto):
    __type_name__ = "inner"

    name = string("name")


class OuterDto(Dto):
    __type_name__ = "outer"

    flag = boolean("flag")
    inner = nested(InnerDto, "inner")
    inner_item = nested(InnerDto, "innerItem", many=True)
    word = string("word", many=True)
    count = integer("count", required=True)
    ratio = double("ratio", required=True)
    seen = date_time("seen")


def outer(**values: Any) -> Any:
    names = ["flag", "inner", "inner_item", "word", "count", "ratio", "seen"]
    return SimpleNamespace(**dict.fromkeys(names) | values)


def test_required_primitives_are_always_written() -> None:
    assert writer_of(OuterDto)(outer()) == "<count>0</count><ratio>0.0</ratio>"


def test_objects_and_lists_nest() -> None:
    one, two = SimpleNamespace(name="<1>"), SimpleNamespace(name=None)
    value = outer(flag=False, inner=one, inner_item=[one, two], word=("a", "&"), count=3, ratio=1)
    assert writer_of(OuterDto)(value) == (
        "<flag>false</flag><inner><name>&lt;1&gt;</name></inner>"
        "<innerItem><name>&lt;1&gt;</name></innerItem><innerItem></innerItem>"
        "<word>a</word><word>&amp;</word><count>3</count><ratio>1.0</ratio>"
    )


def test_a_business_fault_says_its_message_twice() -> None:
    def refuse(args: Any) -> None:
        raise WSException("não é <permitido>\x00")

    response = Client("SubscriberWS", refuse).call("addCredit", "")
    message = "não é &lt;permitido&gt;"
    assert response.status == "500 Internal Server Error"
    assert response.body.decode() == (
        f"{START}<S:Fault><faultcode>S:Server</faultcode><faultstring>{message}</faultstring>"
        f'<detail><ns2:WSException xmlns:ns2="{NAMESPACE}"><faultMessage>{message}</faultMessage>'
        "</ns2:WSException></detail></S:Fault></S:Body></S:Envelope>"
    )
