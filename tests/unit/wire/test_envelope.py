"""Bytes to the operation's element: charsets, hostile XML, headers, faults."""

import pytest

from sippulse_ws.wire.names import NAMESPACE, SOAP_ENVELOPE

from .soap import Client, envelope

NAME = "São José ç"
MUST_UNDERSTAND = (
    '<s:Header><q:x xmlns:q="urn:q" s:mustUnderstand="{value}"{actor}>v</q:x></s:Header>'
)


@pytest.fixture
def client() -> Client:
    return Client("HuntGroupWS")


def request(encoding: str | None = "UTF-8") -> str:
    text = envelope("listHuntGroups", f"<domain>{NAME}</domain>").decode()
    if encoding is None:
        return text.partition("?>")[2]
    return text.replace("UTF-8", encoding)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("", request().encode()),
        ("text/xml", request(None).encode()),
        ("TEXT/XML;charset='utf-8'", request().encode()),
        ('text/xml; action="x"; charset="UTF8"', request().encode("utf-8-sig")),
        ("text/xml; charset=", request().encode()),
        ("text/xml", request(None).encode("utf-8-sig")),
        ("text/xml", request(None).encode("utf-16")),
        ("text/xml", request("UTF-16").encode("utf-16-le")),
        ("text/xml", request("UTF-16").encode("utf-16-be")),
        ("text/xml", request("UTF-32").encode("utf-32")),
        ("text/xml", request("UTF-32").encode("utf-32-be")),
        ("text/xml; charset=iso-8859-1; charset=utf-8", request().encode()),
        ('text/xml; charset="utf-8', request().encode()),
        ("text/xml; charset=utf-8 application/xml", request().encode()),
        ("text/xml", request("ISO-8859-1").encode("iso-8859-1")),
        ("text/xml", request("windows-1252").encode("cp1252")),
        ("text/xml; charset=utf-8", request("ISO-8859-1").encode()),
        ("text/xml; charset=utf-8", request("no-such").encode()),
        ("text/xml; charset=iso-8859-1", request("UTF-8").encode("iso-8859-1")),
        ("text/xml; charset=utf-16", request("UTF-16").encode("utf-16")),
        ("text/xml; charset=UTF-16BE", request(None).encode("utf-16-be")),
    ],
)
def test_the_charset_is_of_the_content_type_then_the_mark_then_the_declaration(
    client: Client, content_type: str, body: bytes
) -> None:
    assert client.request(body, CONTENT_TYPE=content_type).code == 200
    assert client.state.args[0] == NAME


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/xml", request(None).encode("iso-8859-1")),
        ("text/xml; charset=utf-8", request().encode("iso-8859-1")),
        ("text/xml; charset=us-ascii", request().encode()),
        ("text/xml; charset=utf-16", request().encode("utf-16")[:-1]),
        ("text/xml; charset=utf-8", request().encode("utf-16")),
        ("text/xml", request("utf-7").encode("utf-7")),
        ("text/xml", request("no-such").encode()),
        ("text/xml", request("unicode-escape").encode("unicode-escape")),
    ],
)
def test_bytes_that_do_not_fit_their_charset_are_refused(
    client: Client, content_type: str, body: bytes
) -> None:
    assert client.request(body, CONTENT_TYPE=content_type).fault[0] == "S:Client"
    assert client.state.args == ()


AFTER = [
    *(b"\0", b"\r\n\0\0", b"x", b"<more/>", b"</s:Envelope>", b"\xff", b"\x01", b"&e;"),
    request().encode(),  # another document, with a declaration of its own
    b"\n" + request("iso-8859-1").encode(),
    request("utf-16").encode(),
    *(b"<!-- no end", b"<!", b"<", b"<?no end", b"<!-- a -- b -->", b"<!DOCTYPE a>", b"<![CDATA["),
    b"<!-- one --><!-- " + b"-" * 100_000,
    b"<more/><!-- no end",
    b"<!-- \x01 -->",
    b"</s:Body></s:Envelope></s:Envelope>",
]


@pytest.mark.parametrize("rest", AFTER)
def test_what_follows_the_envelope_is_not_read(client: Client, rest: bytes) -> None:
    assert client.request(request().encode() + rest).code == 200
    assert client.state.args[0] == NAME


@pytest.mark.parametrize("rest", [b"", b"\0", b"<!-- no end"])
def test_the_end_of_an_envelope_is_the_first_that_is_one(client: Client, rest: bytes) -> None:
    inside = b"<!-- </s:Envelope> --><![CDATA[</s:Envelope>]]></s:Body></s:Envelope\n>"
    body = request().encode().replace(b"</s:Body>", b"</s:Body>\n").rpartition(b"</s:Body>")[0]
    assert client.request(body + inside + rest).code == 200
    assert client.state.args[0] == NAME


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"<a>",
        b"\x00" * 100,
        b"<s:Envelope/>",
        b"<Envelope>",
        f'<s:Envelope xmlns:s="{SOAP_ENVELOPE}"/>'.encode(),
        f'<s:Envelope xmlns:s="{SOAP_ENVELOPE}"><s:Header/></s:Envelope>'.encode(),
        f'<s:Envelope xmlns:s="{SOAP_ENVELOPE}"><Body/></s:Envelope>'.encode(),
        f'<s:Envelope xmlns:s="{SOAP_ENVELOPE}"><s:Body/></s:Envelope>'.encode(),
        f'<s:Envelope xmlns:s="{SOAP_ENVELOPE}"><s:Body>text</s:Body></s:Envelope>'.encode(),
        f'<Other xmlns="{SOAP_ENVELOPE}"><Body><a/></Body></Other>'.encode(),
        envelope("listHuntGroups", "<domain>&e;</domain>") + b"<more/>",
        envelope("listHuntGroups").replace(b"</s:Body>", b"") + b"\0",
        envelope("listHuntGroups").replace(b"</s:Body></s:Envelope>", b"</s:Body><!-- "),
        envelope("listHuntGroups").replace(b"<s:Body>", b"<s:Body><q:a/>") + b"<!-- ",
        b"<!-- </s:Envelope>" + envelope("listHuntGroups"),
        envelope("listHuntGroups", "<domain>&e;</domain>"),
        envelope("listHuntGroups", "<domain>&#0;</domain>"),
        envelope("listHuntGroups", "<d>" * 300 + "</d>" * 300),
        envelope("listHuntGroups", header="<s:Header>text</s:Header>"),
        envelope("listHuntGroups", header="<s:Header/><s:Header/>"),
    ],
)
def test_what_is_no_envelope_is_the_clients_fault(client: Client, body: bytes) -> None:
    assert client.request(body).fault[0] == "S:Client"
    assert client.state.args == ()


def test_another_version_of_the_envelope_is_named_as_such(client: Client) -> None:
    body = envelope("listHuntGroups").replace(
        SOAP_ENVELOPE.encode(), b"http://www.w3.org/2003/05/soap-envelope"
    )
    assert client.request(body).fault[0] == "S:VersionMismatch"


@pytest.mark.parametrize(
    ("operation", "named"),
    [
        ("ser:listHuntGroup", f"{{{NAMESPACE}}}listHuntGroup"),
        ("ser:ListHuntGroups", f"{{{NAMESPACE}}}ListHuntGroups"),
        ("ser:listHuntGroupsResponse", f"{{{NAMESPACE}}}listHuntGroupsResponse"),
        ("listHuntGroups", "{}listHuntGroups"),
        ("s:listHuntGroups", f"{{{SOAP_ENVELOPE}}}listHuntGroups"),
    ],
)
def test_an_unknown_operation_is_named(client: Client, operation: str, named: str) -> None:
    body = envelope("x").replace(b"ser:x", operation.encode())
    assert client.request(body).fault == ("S:Client", f"Cannot find dispatch method for {named}")


# --- entities and document types -----------------------------------------------------------


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE x [<!ENTITY e "EXPANDED">]>',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
        "<!DOCTYPE x>",
        "\n<!-- Envelope --><?p i?> <!-- > --><!DOCTYPE x>",
    ],
)
def test_a_document_type_is_refused(client: Client, prolog: str) -> None:
    for start in ('<?xml version="1.0" encoding="UTF-8"?>', ""):
        body = (start + prolog + request(None)).encode()
        assert client.request(body).fault[1].endswith("DOCTYPE is not allowed")
        text = body.decode().encode("utf-16")
        fault = client.request(text, CONTENT_TYPE="text/xml; charset=utf-16").fault
        assert fault[1].endswith("DOCTYPE is not allowed")
    assert client.state.args == ()


def test_a_document_type_in_content_is_text(client: Client) -> None:
    content = "<!-- <!DOCTYPE x> --><domain><![CDATA[<!DOCTYPE x>]]></domain>"
    assert client.args_of("listHuntGroups", content)[0] == "<!DOCTYPE x>"


def test_the_prolog_is_looked_at_in_linear_time(client: Client) -> None:
    comments = b"<!---->" * 20000
    body = comments + b"<x/>" + b"<!DOCTYPE"
    assert client.request(body).fault[0] == "S:Client"


def test_a_value_is_all_the_text_around_comments_and_instructions(client: Client) -> None:
    content = "<!--c--><domain>a<!--c-->b<?p i?>c<![CDATA[<&]]>&amp;</domain><?p i?>"
    assert client.args_of("listHuntGroups", content)[0] == "abc<&&"


# --- headers -------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["1", "true", " 1 "])
@pytest.mark.parametrize(
    "actor", ["", ' s:actor=""', ' s:actor="http://schemas.xmlsoap.org/soap/actor/next"']
)
def test_a_header_that_we_would_have_to_understand_is_a_fault(
    client: Client, value: str, actor: str
) -> None:
    header = MUST_UNDERSTAND.format(value=value, actor=actor)
    code, message = client.request(envelope("listHuntGroups", header=header)).fault
    assert code == "S:MustUnderstand"
    assert "{urn:q}x" in message
    assert client.state.args == ()


@pytest.mark.parametrize(
    "header",
    [
        MUST_UNDERSTAND.format(value="0", actor=""),
        MUST_UNDERSTAND.format(value="1", actor=' s:actor="urn:someone"'),
        '<s:Header><a:To xmlns:a="http://www.w3.org/2005/08/addressing">x</a:To></s:Header>',
        "<s:Header>\n</s:Header>",
    ],
)
def test_any_other_header_is_ignored(client: Client, header: str) -> None:
    assert client.request(envelope("listHuntGroups", header=header)).code == 200


def test_the_first_body_counts(client: Client) -> None:
    second = b"<s:Body><ser:removeHuntGroup/></s:Body><s:Header/></s:Envelope>"
    body = envelope("listHuntGroups").replace(b"</s:Envelope>", second)
    assert client.request(body).code == 200
    assert client.state.context.operation == "listHuntGroups"


KEY_BLOCK = (
    '<k:IdempotencyKey xmlns:k="urn:sippulse-ws:headers"{attributes}>{text}</k:IdempotencyKey>'
)


@pytest.mark.parametrize("attributes", ["", ' s:mustUnderstand="1"', ' s:actor=""'])
def test_the_idempotency_key_may_come_as_a_header_block(client: Client, attributes: str) -> None:
    block = KEY_BLOCK.format(attributes=attributes, text="\n  a-1 ")
    header = f"<s:Header>{block}</s:Header>"
    assert client.request(envelope("listHuntGroups", header=header)).code == 200
    assert client.state.context.told("Idempotency-Key") == ["a-1"]


def test_blocks_and_the_http_header_are_told_together(client: Client) -> None:
    blocks = "".join(KEY_BLOCK.format(attributes="", text=text) for text in ("a", "b"))
    body = envelope("listHuntGroups", header=f"<s:Header>{blocks}</s:Header>")
    assert client.request(body, HTTP_IDEMPOTENCY_KEY="c").code == 200
    assert client.state.context.told("Idempotency-Key") == ["a", "b", "c"]


def test_a_block_for_somebody_else_is_not_ours(client: Client) -> None:
    block = KEY_BLOCK.format(attributes=' s:actor="urn:someone"', text="a")
    body = envelope("listHuntGroups", header=f"<s:Header>{block}</s:Header>")
    assert client.request(body).code == 200
    assert client.state.context.told("Idempotency-Key") == []


def test_a_block_of_our_namespace_that_there_is_not_is_not_understood(client: Client) -> None:
    block = '<k:Other xmlns:k="urn:sippulse-ws:headers" s:mustUnderstand="1">a</k:Other>'
    body = envelope("listHuntGroups", header=f"<s:Header>{block}</s:Header>")
    assert client.request(body).fault[0] == "S:MustUnderstand"


def test_a_block_holds_text_only(client: Client) -> None:
    block = KEY_BLOCK.format(attributes="", text="<a>1</a>")
    body = envelope("listHuntGroups", header=f"<s:Header>{block}</s:Header>")
    assert client.request(body).fault[0] == "S:Client"


def test_http_headers_are_read_by_name_in_any_case(client: Client) -> None:
    assert client.request(envelope("listHuntGroups"), HTTP_IF_MATCH='"1"').code == 200
    headers = client.state.context.headers
    assert headers["If-Match"] == headers["if-match"] == '"1"'
    assert headers["Content-Type"].startswith("text/xml")
    assert headers.get("Idempotency-Key") is None
    assert set(headers) == {"content-type", "content-length", "if-match"}
