"""SOAP with attachments and MTOM: the root part is the envelope, the rest is dropped."""

import base64
import quopri

import pytest

from .soap import Client, envelope

NAME = "São € 😀"
BODY = envelope("listAvailablesNumbers", f"<domain>{NAME}</domain>")
XML_PART = b"Content-Type: text/xml; charset=utf-8\r\nContent-ID: <root@x>\r\n"
XOP_PART = b'Content-Type: application/xop+xml; charset=utf-8; type="text/xml"\r\n'
RELATED = 'multipart/related; type="text/xml"; boundary="BB"'


@pytest.fixture
def client() -> Client:
    return Client("DidWS", returns=["ç"])


def parts(*pairs: tuple[bytes, bytes], end: bytes = b"--BB--\r\n") -> bytes:
    return b"".join(b"--BB\r\n%b\r\n%b\r\n" % pair for pair in pairs) + end


def short(value: object) -> str:
    """The name of a test by its text alone; bodies are long."""
    return value if isinstance(value, str) else ""


def encoded(name: str, body: bytes) -> tuple[bytes, bytes]:
    return f"Content-Transfer-Encoding: {name}\r\n".encode() + XML_PART, body


ROOT = (XML_PART, BODY)
ATTACHMENT = (b"Content-Type: image/png\r\nContent-ID: <a@x>\r\n", bytes(range(256)) * 20)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (RELATED, parts(ROOT)),
        (RELATED, parts(ROOT, ATTACHMENT, ATTACHMENT)),
        (RELATED + '; start="<root@x>"', parts(ATTACHMENT, ROOT)),
        (RELATED + '; start="root@x"', parts(ATTACHMENT, ROOT, ROOT)),
        (RELATED + "; start=<root@x>", parts(ATTACHMENT, ROOT)),
        ("Multipart/Related;Boundary=BB", parts(ROOT)),
        ('multipart/related; type="application/xop+xml"; start-info="text/xml"; boundary=BB',
         parts((XOP_PART, BODY), ATTACHMENT)),
        (RELATED, b"preamble\r\n" + parts(ROOT) + b"epilogue"),
        (RELATED, parts(ROOT).replace(b"\r\n", b"\n")),
        (RELATED, parts(encoded("base64", base64.encodebytes(BODY)))),
        (RELATED, parts(encoded("Quoted-Printable", quopri.encodestring(BODY)))),
        (RELATED, parts(encoded("binary", BODY), ATTACHMENT)),
        (RELATED, parts((b"Content-Type:\r\n\ttext/xml;\r\n charset=utf-8\r\n", BODY))),
        (RELATED, parts((b"", BODY))),
        (RELATED, parts(ROOT, (b"Content-Type: multipart/mixed; boundary=C\r\n", b"--C\r\n\r\n"))),
        (RELATED, parts(ROOT, (b"Content-Type: message/rfc822\r\n", b"Subject: x\r\n\r\ny"))),
        ("application/xop+xml", BODY),
    ],
    ids=short,
)  # fmt: skip
def test_the_root_part_is_the_request(client: Client, content_type: str, body: bytes) -> None:
    response = client.request(body, CONTENT_TYPE=content_type)
    assert response.code == 200, response.body
    assert client.state.args[0] == NAME
    assert response.headers["Content-Type"] == "text/xml; charset=utf-8"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (RELATED, b""),
        (RELATED, b"--BB--\r\n"),
        (RELATED, parts(ROOT, end=b"")),
        (RELATED, parts(ROOT).replace(b"BB", b"CC")),
        ("multipart/related", parts(ROOT)),
        ('multipart/related; boundary=""', parts(ROOT)),
        (RELATED + '; start="other@x"', parts(ROOT)),
        (RELATED, parts((b"Content-Type: text/plain\r\n", BODY))),
        (RELATED, parts((b"Content-Type: application/soap+xml\r\n", BODY))),
        (RELATED, parts((b"Content-Type: multipart/related; boundary=CC\r\n", BODY))),
        (RELATED, parts(encoded("x-foo", BODY))),
        (RELATED, parts(encoded("base64", b"<a>"))),
        (RELATED, parts((b"Content-Type: application/xop+xml; charset=utf-7\r\n", BODY))),
        (RELATED, parts((XML_PART, b"<a/>"))),
    ],
    ids=short,
)  # fmt: skip
def test_what_cannot_be_taken_apart_is_a_fault(
    client: Client, content_type: str, body: bytes
) -> None:
    assert client.request(body, CONTENT_TYPE=content_type).fault[0] == "S:Client"
    assert client.state.args == ()


@pytest.mark.parametrize("kind", ["multipart/mixed", "multipart/form-data", "multipart/signed"])
def test_other_multiparts_are_unsupported(client: Client, kind: str) -> None:
    assert client.request(parts(ROOT), CONTENT_TYPE=f"{kind}; boundary=BB").code == 415


@pytest.mark.parametrize(
    ("whole", "part", "answer"),
    [
        ("", "text/xml; charset=iso-8859-1", "ISO-8859-1"),
        ("; charset=iso-8859-1", "text/xml", "ISO-8859-1"),
        ("; charset=iso-8859-1", "text/xml; charset=utf-8", "ISO-8859-1"),
        ("; charset=utf-8", "application/xop+xml; charset=iso-8859-1", "ISO-8859-1"),
        ("; charset=iso-8859-1", "application/xop+xml", "ISO-8859-1"),
        ("", "text/xml", "utf-8"),
        ("", "text/xml; charset=nonsense", "utf-8"),
    ],
)
def test_the_charset_is_that_of_the_whole_or_of_the_part(
    client: Client, whole: str, part: str, answer: str
) -> None:
    body = envelope("listAvailablesNumbers", "<domain>São</domain>").decode()
    encoded = parts((f"Content-Type: {part}\r\n".encode(), body.encode(answer)))
    response = client.request(encoded, CONTENT_TYPE=RELATED + whole)
    assert response.code == 200, response.body
    assert client.state.args[0] == "São"
    assert response.headers["Content-Type"] == f"text/xml; charset={answer}"


@pytest.mark.parametrize("cid", ["cid:a@x", "cid:nothing@x"])
@pytest.mark.parametrize("prefix", ["xop", "q"])
def test_an_include_is_never_expanded_but_refused(client: Client, cid: str, prefix: str) -> None:
    include = (
        f'<{prefix}:Include xmlns:{prefix}="http://www.w3.org/2004/08/xop/include" href="{cid}"/>'
    )
    body = envelope("listAvailablesNumbers", f"<domain>{include}</domain>")
    request = parts((XOP_PART, body), ATTACHMENT)
    assert client.request(request, CONTENT_TYPE=RELATED).fault[0] == "S:Client"
    assert client.request(body, CONTENT_TYPE="application/xop+xml").fault[0] == "S:Client"
    assert client.state.args == ()


NESTED = b"".join(
    b"--B%d\r\nContent-Type: multipart/mixed; boundary=B%d\r\n\r\n" % (one, one + 1)
    for one in range(60_000)
)


@pytest.mark.parametrize(
    ("attachments", "what"),
    [
        (b"--BB\r\n\r\nx\r\n" * 100, "more than 100 parts"),
        (b"--BB\r\n\r\n" + b"\n" * 200_000, "more than 200000 lines"),
        (b"--BB\r\n" + b"X: y\r\n" * 200_000 + b"\r\n", "more than 200000 lines"),
    ],
    ids=["parts", "lines", "headers"],
)
def test_what_would_cost_much_is_refused(client: Client, attachments: bytes, what: str) -> None:
    body = parts(ROOT, end=attachments + b"\r\n--BB--")
    code, message = client.request(body, CONTENT_TYPE=RELATED).fault
    assert code == "S:Client"
    assert what in message


def test_attachments_are_not_looked_into_however_deep_they_nest(client: Client) -> None:
    nested = (b"Content-Type: multipart/mixed; boundary=B0\r\n", NESTED)
    assert client.request(parts(ROOT, nested), CONTENT_TYPE=RELATED).code == 200
