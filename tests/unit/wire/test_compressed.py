"""Requests that are compressed as their Content-Encoding says."""

import gzip
import os
import tracemalloc
import zlib

import pytest

from .soap import Client, envelope


def short(value: object) -> str:
    """The name of a test by its text alone; bodies are long."""
    return value if isinstance(value, str) else ""


def gzipped(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)  # the names of the tests are the same in every process


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
        ("gzip", gzipped(BODY)),
        ("x-gzip", gzipped(BODY)),
        ("GZIP", gzipped(BODY)),
        ("gzip", gzipped(BODY[:50]) + gzipped(BODY[50:])),
        ("deflate", zlib.compress(BODY)),
        ("deflate", raw_deflate(BODY)),
        ("deflate, gzip", gzipped(zlib.compress(BODY))),
        ("identity", BODY),
        ("", BODY),
    ],
    ids=short,
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
        ("gzip", gzipped(BODY)[:-9]),
        ("gzip", gzipped(BODY)[:30] + b"x" * 30),
        ("gzip", gzipped(b"a") * 11),
        ("deflate", zlib.compress(BODY)[:-6]),
        ("deflate", raw_deflate(BODY)[:-6]),
        ("br", gzipped(BODY)),
        ("gzip", b""),
    ],
    ids=short,
)
def test_a_broken_body_is_a_fault(client: Client, encoding: str, body: bytes) -> None:
    assert client.request(body, HTTP_CONTENT_ENCODING=encoding).fault[0] == "S:Client"
    assert client.state.args == ()


BOMB = b" " * 50_000_000


@pytest.mark.parametrize(
    ("encoding", "bomb"),
    [
        ("gzip", gzipped(BOMB)),
        ("deflate", zlib.compress(BOMB)),
        ("gzip, gzip", gzipped(gzipped(BOMB))),
    ],
    ids=short,
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
    assert client.request(gzipped(padded), HTTP_CONTENT_ENCODING="gzip").code == 200
    code, message = client.request(gzipped(padded + b" "), HTTP_CONTENT_ENCODING="gzip").fault
    assert (code, "larger than 100000 bytes" in message) == ("S:Client", True)
    big = os.urandom(LIMIT)
    assert client.request(gzipped(big), HTTP_CONTENT_ENCODING="gzip").fault[0] == "S:Client"
