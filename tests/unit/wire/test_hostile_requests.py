"""No request whatever, by its bytes or its structure, gets anything but a SOAP answer or a 415."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from sippulse_ws.wire.fields import fields_of
from sippulse_ws.wire.names import NAMESPACE, SOAP_ENVELOPE
from sippulse_ws.wire.types import SubscriberDto

from .soap import PRINCIPAL, Client, Response, envelope

CLIENTS = {mode: Client("SubscriberWS", lexical=mode) for mode in ("compatible", "strict")}
SEEDS = [
    envelope("addCredit", f"<username>u</username><value>2.5</value>{PRINCIPAL}"),
    envelope("insertSubscriber", f"<subscriber><areaCode>48</areaCode></subscriber>{PRINCIPAL}"),
    envelope("activateSubscriber", "<domain>é</domain>", "<s:Header><a b='1'/></s:Header>"),
    envelope("insertDBAliases", "<ID>1</ID><aliasDomain xsi:nil='true'/>").replace(b"UTF-8", b"x"),
]
TOKENS = [
    b"<",
    b">",
    b"&",
    b"&#0;",
    b"&lt;",
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b"-->",
    b"<?x",
    b"<!DOCTYPE x [<!ENTITY e 'e'>]>",
    b"&e;",
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b" xsi:nil='1'",
    b" href='#a' id='a'",
    b" xmlns='urn:x'",
    b"encoding='utf-16'",
    b"s:mustUnderstand='1'",
    b"<s:Header/>",
    b"<s:Body/>",
    b"<s:Fault/>",
    b"9" * 400,
    b"<a>" * 300,
    b"'",
    b'"',
]
CONTENT_TYPES = ["", "text/xml", "text/xml; charset=utf-8", "text/xml; charset=utf-16", "a/b"]
CONTENT_TYPES += ["text/xml; charset=latin-1", "text/xml; charset=utf-7", "text/xml; charset=\x00"]


def assert_soap_or_415(response: Response) -> None:
    """A good answer; never an unexpected exception, which would show as a request id."""
    if response.code == 415:
        assert response.body == b""
        return
    root = response.root
    assert root.tag == f"{{{SOAP_ENVELOPE}}}Envelope"
    if response.code == 200:
        assert etree.QName(root[0][0]).localname.endswith("Response")
    else:
        code, message = response.fault
        assert code in ("S:Client", "S:Server", "S:VersionMismatch", "S:MustUnderstand")
        assert "Traceback" not in message
        assert "Internal error" not in message


@st.composite
def mutated_bytes(draw: st.DrawFn) -> bytes:
    body = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.sampled_from([0, 0, 1, 3, 40])))
        body = body[:start] + draw(st.sampled_from(TOKENS) | st.binary(max_size=6)) + body[end:]
    return body


@settings(max_examples=400, deadline=None)
@given(mutated_bytes() | st.binary(max_size=300), st.sampled_from(CONTENT_TYPES), st.data())
def test_mutated_bytes_get_a_soap_answer(body: bytes, content_type: str, data: Any) -> None:
    for client in CLIENTS.values():
        assert_soap_or_415(client.request(body, CONTENT_TYPE=content_type))
    recoded = body.decode("latin-1").encode(data.draw(st.sampled_from(["utf-16", "utf-8"])))
    assert_soap_or_415(CLIENTS["compatible"].request(recoded, CONTENT_TYPE=content_type))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SEEDS[:3]), st.integers(0, 2**32))
def test_rearranged_elements_get_a_soap_answer(body: bytes, seed: int) -> None:
    root = etree.fromstring(body)
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 6)):
        elements = list(root.iter())
        element, other = chance.choice(elements), chance.choice(elements)
        match chance.randrange(5):
            case 0 if element is not root:
                element.getparent().remove(element)  # type: ignore[union-attr]
            case 1:
                element.append(etree.fromstring(etree.tostring(other)))
            case 2:
                element.tag = chance.choice([other.tag, "x", f"{{{NAMESPACE}}}x"])
            case 3:
                element.text = chance.choice(["", "?", "9" * 30, "true", None])
            case _:
                element.set(chance.choice(["a", f"{{{SOAP_ENVELOPE}}}mustUnderstand"]), "1")
    for client in CLIENTS.values():
        assert_soap_or_415(client.request(etree.tostring(root)))


SUBSCRIBER_FIELDS = fields_of(SubscriberDto)
text = st.sampled_from(["", "?", "0", "1", "true", " 4 ", "2147483648", "1e3", "a b", "<", "é"])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(SUBSCRIBER_FIELDS), text, st.booleans()), max_size=60))
def test_the_fast_reader_and_the_lenient_one_read_alike(children: list[Any]) -> None:
    subscriber = etree.Element("subscriber")
    for field, value, qualified in children:
        tag = f"{{{NAMESPACE}}}{field.wire}" if qualified else field.wire
        etree.SubElement(subscriber, tag).text = value
    content = etree.tostring(subscriber, encoding="unicode")
    client = CLIENTS["compatible"]
    fast, _ = client.args_of("insertSubscriber", content)
    # Something nil in the document sends all of it to the lenient reader.
    lenient, _ = client.args_of("insertSubscriber", content + '<x xsi:nil="true"/>')
    assert vars(fast) == vars(lenient)
