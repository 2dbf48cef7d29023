"""HTTP as old and odd clients speak it, through the server that serves production."""

import socket

import pytest

from tests.unit.wire.soap import PRINCIPAL, envelope

BODY = envelope("listDomains", PRINCIPAL)


def exchange(port: int, head: str, body: bytes = b"") -> tuple[int, bytes]:
    """Send bytes as they are, and read until the server closes."""
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + body)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    status, _, rest = answer.partition(b"\r\n")
    return int(status.split()[1]), rest.partition(b"\r\n\r\n")[2]


def post(protocol: str, *headers: str) -> str:
    lines = [f"POST /SipPulse/DomainWS {protocol}", "Host: h", "Connection: close", *headers]
    return "\n".join([*lines, "\n"])


@pytest.mark.parametrize("protocol", ["HTTP/1.0", "HTTP/1.1"])
@pytest.mark.parametrize("content_type", [[], ["Content-Type:"], ["Content-Type: text/xml"]])
def test_a_plain_post_is_answered(port: int, protocol: str, content_type: list[str]) -> None:
    head = post(protocol, f"Content-Length: {len(BODY)}", *content_type)
    status, answer = exchange(port, head, BODY)
    assert status == 200
    assert b"listDomainsResponse" in answer


def test_a_chunked_post_is_answered(port: int) -> None:
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (BODY[:7], BODY[7:300], BODY[300:])
    )
    status, answer = exchange(
        port, post("HTTP/1.1", "Transfer-Encoding: chunked"), chunks + b"0\r\n\r\n"
    )
    assert status == 200
    assert b"listDomainsResponse" in answer


def test_a_post_without_a_body_is_answered(port: int) -> None:
    for head in (post("HTTP/1.0"), post("HTTP/1.1", "Content-Length: 0")):
        status, answer = exchange(port, head)
        assert status == 500
        assert b"S:Client" in answer


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused_so_that_the_client_hears_it(
    port: int, chunked: bool
) -> None:
    body = b"<a>" + b"x" * (11 * 1024 * 1024)
    if chunked:
        head = post("HTTP/1.1", "Transfer-Encoding: chunked")
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    else:
        head = post("HTTP/1.1", f"Content-Length: {len(body)}")
    status, answer = exchange(port, head, body)
    assert status == 500
    assert b"<faultcode>S:Client</faultcode>" in answer
    assert b"larger than 10485760 bytes" in answer


def test_an_unsupported_media_type_is_heard_too(port: int) -> None:
    body = b"x" * 1_000_000
    head = post("HTTP/1.1", f"Content-Length: {len(body)}", "Content-Type: text/plain")
    assert exchange(port, head, body) == (415, b"")


def test_an_unknown_path_is_a_page(port: int) -> None:
    status, answer = exchange(
        port, post("HTTP/1.1", "Content-Length: 0").replace("DomainWS", "XWS")
    )
    assert status == 404
    assert answer
