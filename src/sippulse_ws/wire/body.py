"""The body of an HTTP request: read whole, or read away."""

from contextlib import suppress
from typing import Any

from spyne import Fault

from .faults import client_fault

_PIECE = 64 * 1024
_REFUSED = "Couldn't create SOAP message: "


def read_body(environ: dict[str, Any], largest: int) -> bytes:
    """The whole body; one that is larger than `largest` bytes is a fault."""
    length = _length(environ)
    if length is None:
        # Only a server that ends the stream itself lets a chunked body be read to its end.
        length = largest + 1 if environ.get("wsgi.input_terminated") else 0
    elif length > largest:
        length = largest + 1
    try:
        body: bytes = environ["wsgi.input"].read(length)
    except OSError:
        raise client_fault(f"{_REFUSED}the request broke off", "body") from None
    if len(body) > largest:
        discard_body(environ)
        raise client_fault(f"{_REFUSED}larger than {largest} bytes", "too-large")
    return body


def discard_body(environ: dict[str, Any], at_most: int = 64 * 1024 * 1024) -> None:
    """Read what is left: a client that is still sending would not see the answer."""
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
