"""Answers in the request's charset; names are Java's."""

import codecs
from collections.abc import Iterator

import pytest
from lxml import etree

from sippulse_ws.wire.charsets import charset_named
from sippulse_ws.wire.faults import WSException

from .soap import Client, envelope

TEXT = "São Ж € 中 😀 \x80"
PRINCIPAL = "<principal><login>a</login><password>b</password></principal>"
ANSWERED = [
    "UTF-8", "us-ascii", "iso-8859-1", "ISO-8859-2", "iso-8859-5", "iso-8859-9", "iso-8859-15",
    "windows-1250", "windows-1251", "windows-1252", "windows-1258", "koi8-r",
    "utf-16", "UTF-16BE", "utf-16le",
]  # fmt: skip


def client_saying(texts: list[str]) -> Client:
    return Client("DidWS", returns=texts)


def asked(charset: str) -> tuple[bytes, str]:
    body = envelope("listAvailablesNumbers", f"<domain>d</domain>{PRINCIPAL}")
    text = body.decode().replace("UTF-8", charset)
    charset_codec = charset_named(charset)
    assert charset_codec
    return charset_codec.encode(text), f"text/xml; charset={charset}"


@pytest.mark.parametrize("charset", ANSWERED)
def test_an_answer_is_in_the_charset_of_its_request(charset: str) -> None:
    body, content_type = asked(charset)
    response = client_saying([TEXT, "<&>"]).request(body, CONTENT_TYPE=content_type)
    assert response.code == 200
    assert response.headers["Content-Type"].lower() == content_type.lower()
    assert response.headers["Content-Length"] == str(len(response.body))
    text = response.body.decode(charset)
    assert (
        text.removeprefix("\ufeff")
        .lower()
        .startswith(f"<?xml version='1.0' encoding='{charset.lower()}'?>")
    )
    # what any XML parser makes of the bytes
    assert [one.text for one in response.result] == [TEXT, "<&>"]


def test_utf_16_has_a_mark_and_its_two_orders_have_none() -> None:
    for charset, start in [
        ("utf-16", codecs.BOM_UTF16_BE),
        ("utf-16be", b"\0<"),
        ("utf-16le", b"<\0"),
    ]:
        body, content_type = asked(charset)
        answer = client_saying([]).request(body, CONTENT_TYPE=content_type).body
        assert answer.startswith(start)


@pytest.mark.parametrize("charset", ["latin1", "l1", "ISO8859_1", "IBM819", "cp819"])
def test_another_name_is_answered_with_the_usual_one(charset: str) -> None:
    body, content_type = asked(charset)
    response = client_saying(["ç"]).request(body, CONTENT_TYPE=content_type)
    assert response.headers["Content-Type"] == "text/xml; charset=ISO-8859-1"
    assert response.result[0].text == "ç"


@pytest.mark.parametrize("charset", ["shift_jis", "GBK", "Big5", "ibm850", "utf-32"])
def test_other_charsets_are_understood_and_answered_in_utf_8(charset: str) -> None:
    body, content_type = asked(charset)
    response = client_saying([TEXT]).request(body, CONTENT_TYPE=content_type)
    assert response.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert response.result[0].text == TEXT


@pytest.mark.parametrize(
    "charset",
    ["utf-7", "utf-8-sig", "hz", "mac-roman", "utf_8", "u8", "latin-1", "iso-8859-10", "punycode"],
)
def test_names_that_only_python_knows_are_unsupported(charset: str) -> None:
    codecs.lookup(charset)
    response = client_saying([]).request(b"<a/>", CONTENT_TYPE=f"text/xml; charset={charset}")
    assert (response.code, response.body) == (415, b"")


@pytest.mark.parametrize("start", [b"", codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE])
def test_utf_16_is_big_endian_unless_a_mark_says_otherwise(start: bytes) -> None:
    client = client_saying([])
    order = "utf-16-le" if start == codecs.BOM_UTF16_LE else "utf-16-be"
    text = envelope("listAvailablesNumbers", f"<domain>São 中</domain>{PRINCIPAL}").decode()
    body = start + text.replace("UTF-8", "UTF-16").encode(order)
    assert client.request(body, CONTENT_TYPE="text/xml; charset=utf-16").code == 200
    assert client.state.args[0] == "São 中"


def test_a_fault_is_in_the_charset_too() -> None:
    def refuse(args: object) -> None:
        raise WSException(TEXT)

    body, content_type = asked("koi8-r")
    response = Client("DidWS", returns=refuse).request(body, CONTENT_TYPE=content_type)
    assert response.code == 500
    assert response.headers["Content-Type"] == "text/xml; charset=KOI8-R"
    assert response.root.findtext(".//faultMessage") == TEXT


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16"])
def test_a_long_answer_is_recoded_a_piece_at_a_time(charset: str) -> None:
    count = 60_000  # more than is kept in memory, in pieces that end within characters

    def rows(args: object) -> Iterator[str]:
        return (f"{TEXT}{number}{'é' * 30}" for number in range(count))

    body, content_type = asked(charset)
    response = Client("DidWS", returns=rows).request(body, CONTENT_TYPE=content_type)
    assert response.headers["Content-Length"] == str(len(response.body))
    numbers = [one.text or "" for one in etree.fromstring(response.body)[0][0]]
    assert len(numbers) == count
    assert all(text == f"{TEXT}{number}{'é' * 30}" for number, text in enumerate(numbers))


def test_no_charset_is_answered_in_utf_8_whatever_the_declaration_says() -> None:
    text = envelope("listAvailablesNumbers", f"<domain>São</domain>{PRINCIPAL}").decode()
    client = client_saying([TEXT])
    body = text.replace("UTF-8", "ISO-8859-1").encode("iso-8859-1")
    response = client.request(body, CONTENT_TYPE="text/xml")
    assert client.state.args[0] == "São"
    assert response.headers["Content-Type"] == "text/xml; charset=utf-8"


@pytest.mark.parametrize(
    "content_type",
    [
        "text/xml, charset=iso-8859-1",
        "text/xml ;charset=latin1",
        "text/xml charset=iso-8859-1",
        "text/xml-soap; charset=iso-8859-1",
    ],
)
def test_a_content_type_may_be_written_oddly(content_type: str) -> None:
    body, _ = asked("iso-8859-1")
    response = client_saying(["ç"]).request(body, CONTENT_TYPE=content_type)
    assert response.headers["Content-Type"] == "text/xml; charset=ISO-8859-1"
