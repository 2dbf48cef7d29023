"""Requests that are compressed as their Content-Encoding says."""

import gzip
import os
import tracemalloc
import zlib

import pytest

from .soap import Client, envelope

BODY = envelope("listAvailablesNumbers", "<domain>example.com</domain>")
LIMIT = 100_000


@pytest.fixture
def client() -> Client:
    return Client("DidWS", returns=[], max_body=LIMIT)


def raw_deflate(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(body) + stream.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(BODY)),
        ("x-gzip", gzip.compress(BODY)),
        ("GZIP", gzip.compress(BODY)),
        ("gzip", gzip.compress(BODY[:50]) + gzip.compress(BODY[50:])),
        ("deflate", zlib.compress(BODY)),
        ("deflate", raw_deflate(BODY)),
        ("deflate, gzip", gzip.compress(zlib.compress(BODY))),
        ("identity", BODY),
        ("", BODY),
    ],
)
def test_a_compressed_body_is_decoded(client: Client, encoding: str, body: bytes) -> None:
    assert client.request(body, HTTP_CONTENT_ENCODING=encoding).code == 200
    assert client.state.args[0] == "example.com"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "nonsense", "gzip, gzip"])
@pytest.mark.parametrize("start", [b"", b"\n", b" \r\n\t"])
def test_a_name_without_such_a_body_is_ignored(client: Client, encoding: str, start: bytes) -> None:
    body = start + BODY.partition(b"?>")[2]
    assert client.request(body, HTTP_CONTENT_ENCODING=encoding).code == 200


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(BODY)[:-9]),
        ("gzip", gzip.compress(BODY)[:30] + b"x" * 30),
        ("gzip", gzip.compress(b"a") * 11),
        ("deflate", zlib.compress(BODY)[:-6]),
        ("deflate", raw_deflate(BODY)[:-6]),
        ("br", gzip.compress(BODY)),
        ("gzip", b""),
    ],
)
def test_a_broken_body_is_a_fault(client: Client, encoding: str, body: bytes) -> None:
    assert client.request(body, HTTP_CONTENT_ENCODING=encoding).fault[0] == "S:Client"
    assert client.state.args == ()


BOMB = b" " * 50_000_000


@pytest.mark.parametrize(
    ("encoding", "bomb"),
    [
        ("gzip", gzip.compress(BOMB)),
        ("deflate", zlib.compress(BOMB)),
        ("gzip, gzip", gzip.compress(gzip.compress(BOMB))),
    ],
)
def test_a_bomb_is_not_decoded(client: Client, encoding: str, bomb: bytes) -> None:
    assert len(bomb) < LIMIT
    tracemalloc.start()
    try:
        fault = client.request(bomb, HTTP_CONTENT_ENCODING=encoding).fault
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert fault == ("S:Client", "Couldn't create SOAP message: larger than 100000 bytes")
    assert peak < 10_000_000


def test_the_limit_is_that_of_the_decoded_body(client: Client) -> None:
    padded = BODY + b" " * (LIMIT - len(BODY))
    assert client.request(gzip.compress(padded), HTTP_CONTENT_ENCODING="gzip").code == 200
    code, message = client.request(gzip.compress(padded + b" "), HTTP_CONTENT_ENCODING="gzip").fault
    assert (code, "larger than 100000 bytes" in message) == ("S:Client", True)
    big = os.urandom(LIMIT)
    assert (
        client.request(gzip.compress(big, 0), HTTP_CONTENT_ENCODING="gzip").fault[0] == "S:Client"
    )
