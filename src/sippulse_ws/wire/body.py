"""The body of an HTTP request: read whole and decompressed, or read and dropped."""

import zlib
from contextlib import suppress
from typing import Any

from spyne import Fault

from .faults import client_fault

_PIECE = 64 * 1024
_REFUSED = "Couldn't create SOAP message: "
_GZIP_MAGIC = b"\x1f\x8b"
_MOST_MEMBERS = 10  # a gzip body may consist of several members (RFC 1952)
# window bits, which tell zlib the format to expect
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


def read_body(environ: dict[str, Any], largest: int) -> bytes:
    """The whole body, decompressed; a fault if it is larger than `largest` bytes."""
    length = _length(environ)
    if length is None:
        # A chunked body can be read to its end only if the server ends the stream there.
        length = largest + 1 if environ.get("wsgi.input_terminated") else 0
    elif length > largest:
        length = largest + 1
    try:
        body: bytes = environ["wsgi.input"].read(length)
    except OSError:
        raise client_fault(f"{_REFUSED}the request broke off", "body") from None
    if len(body) > largest:
        discard_body(environ)
        raise _too_large(largest)
    if "HTTP_CONTENT_ENCODING" in environ:
        return decompressed(body, environ["HTTP_CONTENT_ENCODING"], largest)
    return body


def decompressed(body: bytes, encodings: str, largest: int) -> bytes:
    """The body, decompressed as Content-Encoding says; unchanged if it does not look compressed."""
    names = [name.strip().lower() for name in encodings.split(",")]
    for name in reversed(names[-2:]):  # the last one was applied last; two at most
        kind = _compression(name, body)
        if kind is not None:
            body = _inflated(body, kind, largest)
    return body


def discard_body(environ: dict[str, Any], at_most: int = 64 * 1024 * 1024) -> None:
    """Read and drop the rest, since a client reads no answer while it is still sending.

    `at_most` is in bytes.
    """
    with suppress(OSError, Fault):
        length = _length(environ)
        if length is None and not environ.get("wsgi.input_terminated"):
            return
        left = at_most if length is None else min(length, at_most)
        while left > 0 and (piece := environ["wsgi.input"].read(min(left, _PIECE))):
            left -= len(piece)


def _length(environ: dict[str, Any]) -> int | None:
    text = environ.get("CONTENT_LENGTH")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise client_fault(f"{_REFUSED}bad Content-Length", "body")
    return int(text)


def _too_large(largest: int) -> Fault:
    return client_fault(f"{_REFUSED}larger than {largest} bytes", "too-large")


def _compression(name: str, body: bytes) -> int | None:
    """The window bits for a body with this Content-Encoding; None if it is not compressed."""
    if name in ("gzip", "x-gzip"):
        return _GZIP if body.startswith(_GZIP_MAGIC) else None
    if name != "deflate" or body.lstrip()[:1] in (b"<", b"-", b""):
        return None
    if body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2]) % 31 == 0:
        return _ZLIB
    try:  # some clients send raw deflate, without the zlib header
        zlib.decompressobj(_RAW).decompress(body, 1)
    except zlib.error:
        return None
    return _RAW


def _inflated(body: bytes, kind: int, largest: int) -> bytes:
    pieces: list[bytes] = []
    left = largest
    for _ in range(_MOST_MEMBERS):
        stream = zlib.decompressobj(kind)
        try:
            piece = stream.decompress(body, left + 1)
        except zlib.error:
            raise client_fault(
                f"{_REFUSED}not compressed as Content-Encoding says", "body"
            ) from None
        if len(piece) > left:
            raise _too_large(largest)
        if not stream.eof:
            raise client_fault(f"{_REFUSED}the compressed body broke off", "body")
        pieces.append(piece)
        left -= len(piece)
        body = stream.unused_data
        if kind != _GZIP or not body.startswith(_GZIP_MAGIC):
            return b"".join(pieces)
    raise client_fault(f"{_REFUSED}more than {_MOST_MEMBERS} members of gzip", "body")
