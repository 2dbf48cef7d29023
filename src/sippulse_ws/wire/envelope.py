"""Parses the bytes of a request, and opens its SOAP envelope."""

import codecs
import re
import threading
from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from types import MappingProxyType

from lxml import etree

from .charsets import UTF_8, Charset, charset_named
from .faults import WireFault, client_fault
from .names import HEADER_NAMESPACE, SOAP_ENVELOPE

ENVELOPE = f"{{{SOAP_ENVELOPE}}}Envelope"
_HEADER = f"{{{SOAP_ENVELOPE}}}Header"
BODY = f"{{{SOAP_ENVELOPE}}}Body"
MUST_UNDERSTAND = f"{{{SOAP_ENVELOPE}}}mustUnderstand"
ACTOR = f"{{{SOAP_ENVELOPE}}}actor"
NEXT_ACTOR = "http://schemas.xmlsoap.org/soap/actor/next"

# The texts of header blocks, by the HTTP header that has the same meaning.
Blocks = Mapping[str, tuple[str, ...]]
NO_BLOCKS: Blocks = MappingProxyType({})
# The blocks that we understand, each with the HTTP header whose meaning it has.
HEADER_BLOCKS = {
    f"{{{HEADER_NAMESPACE}}}IdempotencyKey": "idempotency-key",
    f"{{{HEADER_NAMESPACE}}}DryRun": "x-dry-run",
    f"{{{HEADER_NAMESPACE}}}IfMatch": "if-match",
}

# Atomic groups: a long prolog is scanned once, without backtracking.
_PROLOG = rb"(?:\xef\xbb\xbf)?(?>[ \t\r\n]+|<!--.*?-->|<\?.*?\?>)*+"
_doctype = re.compile(_PROLOG + rb"<!DOCTYPE", re.DOTALL).match
_root = re.compile(_PROLOG + rb"<([^\s<>/!?]+)", re.DOTALL).match
_declared_charset = re.compile(
    rb"""(?:\xef\xbb\xbf)?<\?xml\s[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']"""
).match


# The first bytes of a body in UTF-16 or UTF-32, with and without byte order mark.
_BEGINNINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",  # before UTF-16, with whose mark it begins
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
    "<".encode("utf-32-le"): "UTF-32LE",
    "<".encode("utf-32-be"): "UTF-32BE",
    "<?".encode("utf-16-le"): "UTF-16LE",
    "<?".encode("utf-16-be"): "UTF-16BE",
}
_ENDS = 4  # how many end tags are tried as that of the root: comments can contain some


class _Local(threading.local):
    """Each thread's own parser; libxml2 limits depth (256), text (10 MB) and expansion."""

    def __init__(self) -> None:
        self.parser = etree.XMLParser(
            encoding="utf-8",  # the body was recoded, whatever its declaration says
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )


_local = _Local()


def parse(body: bytes) -> etree._Element:
    """The root element of a document in UTF-8; what follows its end tag is ignored."""
    if b"<!DOCTYPE" in body and _doctype(body):
        raise client_fault("Couldn't create SOAP message: DOCTYPE is not allowed", "doctype")
    try:
        return etree.fromstring(body, _local.parser)
    except etree.XMLSyntaxError as error:
        # The Java server stops at the root's end tag. Some C programs send a zero byte after it.
        if (root := _root_alone(body)) is not None:
            return root
        raise client_fault(f"Couldn't create SOAP message: {error.msg}", "not-xml") from None


def _root_alone(body: bytes) -> etree._Element | None:
    """The root element without what follows its end tag; None if it has no end tag."""
    if (named := _root(body)) is None:
        return None
    end_tag = re.compile(rb"</" + re.escape(named[1]) + rb"[ \t\r\n]*>")
    for end in islice(end_tag.finditer(body, named.end()), _ENDS):
        with suppress(etree.XMLSyntaxError):  # in a comment, or of an inner element
            return etree.fromstring(body[: end.end()], _local.parser)
    return None


def to_utf_8(body: bytes, charset: Charset | None) -> bytes:
    """Recode a body to UTF-8; without a charset from Content-Type, from that of the body itself."""
    if charset is None:
        charset = _own_charset(body)
    if charset is UTF_8:
        return body
    try:
        return charset.decode(body).encode()
    except ValueError:
        message = f"Couldn't create SOAP message: this is not {charset.label}"
        raise client_fault(message, "charset") from None


def _own_charset(body: bytes) -> Charset:
    """The charset that its first bytes show, else that of its XML declaration, else UTF-8."""
    if body.startswith(codecs.BOM_UTF8):
        return UTF_8
    for beginning, name in _BEGINNINGS.items():
        if body.startswith(beginning):
            return charset_named(name) or UTF_8
    declared = _declared_charset(body)
    if declared is None:
        return UTF_8
    name = declared[1].decode("ascii")
    charset = charset_named(name)
    if charset is None:
        raise client_fault(f"Couldn't create SOAP message: unknown encoding {name}", "charset")
    return charset


def open_envelope(root: etree._Element) -> tuple[etree._Element, Blocks]:
    """The first element in the Body of an envelope, and the header blocks that we understand."""
    if root.tag != ENVELOPE:
        raise _no_envelope(root)
    # lxml makes a new Python object at every access to a child, so each is accessed once
    body, blocks = root[0] if len(root) == 1 else None, NO_BLOCKS
    if body is None or body.tag != BODY:
        body, blocks = _body_among(root)
    for element in body:
        return element, blocks
    raise client_fault("Cannot find dispatch method for {}", "unknown-operation")


def _body_among(root: etree._Element) -> tuple[etree._Element, Blocks]:
    body = header = None
    blocks = NO_BLOCKS
    for child in root:
        tag = child.tag
        if tag == BODY:
            body = child if body is None else body
        elif tag == _HEADER:
            if header is not None:
                raise client_fault("Couldn't create SOAP message: more than one Header")
            header = child
            if len(header) or header.text:
                blocks = _understood(header)
    if body is None:
        raise client_fault("Couldn't create SOAP message: the Envelope has no Body")
    return body, blocks


def _no_envelope(root: etree._Element) -> WireFault:
    message = f"Couldn't create SOAP message. Expecting Envelope in namespace {SOAP_ENVELOPE}"
    if etree.QName(root).localname == "Envelope":
        return WireFault("VersionMismatch", message, "version")
    return client_fault(message)


def _understood(header: etree._Element) -> Blocks:
    """The blocks addressed to us; a fault for an unknown one with mustUnderstand."""
    if header.text and header.text.strip():
        raise client_fault("Couldn't create SOAP message: text in the Header")
    blocks: dict[str, tuple[str, ...]] = {}
    for block in header:
        if block.get(ACTOR, "").strip() not in ("", NEXT_ACTOR):
            continue
        if name := HEADER_BLOCKS.get(block.tag):
            blocks[name] = (*blocks.get(name, ()), _text_of(block))
        elif block.get(MUST_UNDERSTAND, "").strip() in ("1", "true"):
            message = f"MustUnderstand headers:[{block.tag}] are not understood"
            raise WireFault("MustUnderstand", message, "must-understand")
    return blocks


def _text_of(block: etree._Element) -> str:
    if len(block):
        raise client_fault(f"Couldn't create SOAP message: elements in {block.tag}")
    return (block.text or "").strip()
