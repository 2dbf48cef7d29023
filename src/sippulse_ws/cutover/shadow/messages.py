"""Reads and writes SOAP messages in HTTP bodies of any charset, multipart or compressed."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass

from lxml import etree
from spyne import Fault

from sippulse_ws.cutover.shadow.exchange import HttpMessage
from sippulse_ws.wire.body import decompressed
from sippulse_ws.wire.charsets import UTF_8, Charset, charset_named
from sippulse_ws.wire.envelope import BODY, ENVELOPE, parse, to_utf_8
from sippulse_ws.wire.media import MULTIPART, XML, Media, charset_name, kind_of
from sippulse_ws.wire.multipart import root_of
from sippulse_ws.wire.names import SOAP_ENVELOPE

LARGEST_DECOMPRESSED = 64 * 1024 * 1024
_FAULT = f"{{{SOAP_ENVELOPE}}}Fault"
_BOUNDARY = "sippulse-ws-shadow"


class Unreadable(Exception):
    """Not a SOAP message that can be compared; the text says why, without any content."""


@dataclass(slots=True)
class SoapMessage:
    """An envelope, with how it was encoded."""

    envelope: etree._Element
    payload: etree._Element  # the first element of the Body
    charset: Charset
    multipart: bool = False
    compressed: str = ""  # the Content-Encoding that the body really has

    @property
    def operation(self) -> str:
        return etree.QName(self.payload).localname

    @property
    def is_fault(self) -> bool:
        return self.payload.tag == _FAULT

    def text(self) -> str:
        """The envelope as text, without a declaration."""
        return str(etree.tostring(self.envelope, encoding="unicode"))


def read_message(http: HttpMessage) -> SoapMessage:
    """The SOAP message in a request or an answer. Raises Unreadable."""
    if not http.is_whole:
        raise Unreadable("too large or broken off")
    content_type = http.header("Content-Type")
    kind = kind_of(content_type)
    if kind is None:
        raise Unreadable(f"not SOAP 1.1: {content_type.partition(';')[0][:60]}")
    try:
        encoding = http.header("Content-Encoding")
        body = decompressed(http.body, encoding, LARGEST_DECOMPRESSED) if encoding else http.body
        compressed = encoding.strip().lower() if body is not http.body else ""
        return _message(body, content_type, kind, compressed)
    except Fault as fault:
        raise Unreadable(_why(fault)) from None


def _message(body: bytes, content_type: str, kind: str, compressed: str) -> SoapMessage:
    name = charset_name(content_type)
    charset = charset_named(name) if name else None
    if name and charset is None:
        raise Unreadable("unknown charset")
    if kind == MULTIPART:
        body, charset = root_of(content_type, Media(kind, charset), body)
    envelope = parse(to_utf_8(body, charset))
    if envelope.tag != ENVELOPE:
        raise Unreadable("no SOAP 1.1 envelope")
    payload = next((one for part in envelope.iterchildren(BODY) for one in part), None)
    if payload is None:
        raise Unreadable("an empty Body")
    return SoapMessage(envelope, payload, charset or UTF_8, kind == MULTIPART, compressed)


def read_text(text: str) -> SoapMessage:
    """The message in what `SoapMessage.text` returned."""
    envelope = parse(text.encode())
    payload = next(one for part in envelope.iterchildren(BODY) for one in part)
    return SoapMessage(envelope, payload, UTF_8)


def to_http(message: SoapMessage) -> tuple[dict[str, str], bytes]:
    """Headers and body of a request with the message's charset, multipart form and compression."""
    label = message.charset.label
    declaration = f'<?xml version="1.0" encoding="{label}"?>'
    body = message.charset.encode(declaration + message.text())
    content_type = f"{XML}; charset={label}"
    if message.multipart:
        head = f"--{_BOUNDARY}\r\nContent-Type: {content_type}\r\nContent-ID: <root>\r\n"
        head += "Content-Transfer-Encoding: binary\r\n\r\n"
        body = head.encode() + body + f"\r\n--{_BOUNDARY}--\r\n".encode()
        content_type = (
            f'multipart/related; boundary="{_BOUNDARY}"; type="{XML}"; start="<root>"; '
            f"charset={label}"
        )
    headers = {"Content-Type": content_type}
    if message.compressed in ("gzip", "x-gzip"):
        headers["Content-Encoding"] = message.compressed
        body = gzip.compress(body)
    elif message.compressed == "deflate":
        headers["Content-Encoding"] = message.compressed
        body = zlib.compress(body)
    return headers, body


def _why(fault: Fault) -> str:
    """The kind of a fault, without its text, which may quote the body."""
    return str(getattr(fault, "kind", "unreadable"))
