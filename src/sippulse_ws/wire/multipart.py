"""multipart/related: SOAP with attachments, and MTOM. The envelope is the root part.

Attachments are dropped, since no field of the contract is binary; an `xop:Include`, which refers to
an attachment, is a fault.
"""

from email.errors import CloseBoundaryNotFoundDefect, MessageDefect
from email.message import Message
from email.parser import BytesParser
from typing import Any, TypeAlias

from lxml import etree

from .charsets import Charset, charset_named
from .faults import client_fault
from .media import XML, XOP, Media, charset_name, kind_of

INCLUDE = "{http://www.w3.org/2004/08/xop/include}Include"

_MOST_PARTS = 100
# The parser works line by line; an attachment of 10 MiB in base64 has 140,000.
_MOST_LINES = 200_000
_ENCODINGS = ("", "7bit", "8bit", "binary", "base64", "quoted-printable")
_REFUSED = "Couldn't create SOAP message: "

Part: TypeAlias = "Message[str, str]"


class _Message(Message):
    """The message or a part of it. Parts say text/plain, so that the parser splits none of them."""

    is_part = False

    def attach(self, part: Any) -> None:
        if len(self.get_payload() or ()) == _MOST_PARTS:
            raise client_fault(
                f"{_REFUSED}more than {_MOST_PARTS} parts in a multipart message", "multipart"
            )
        part.is_part = True
        super().attach(part)

    def get_content_type(self) -> str:
        return "text/plain" if self.is_part else super().get_content_type()


def root_of(content_type: str, whole: Media, body: bytes) -> tuple[bytes, Charset | None]:
    """The root part's bytes, and the charset that its or the message's Content-Type names."""
    if max(body.count(b"\n"), body.count(b"\r")) > _MOST_LINES:
        raise client_fault(
            f"{_REFUSED}more than {_MOST_LINES} lines in a multipart message", "multipart"
        )
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message: Part = BytesParser(_Message).parsebytes(head + body)
    if not message.get_boundary():
        raise client_fault(f"{_REFUSED}a multipart message without a boundary", "multipart")
    parts: Any = message.get_payload()
    if not message.is_multipart() or not parts:
        raise client_fault(f"{_REFUSED}no part of the multipart message found", "multipart")
    root = _root_among(parts, message.get_param("start"))
    if root is parts[-1] and _has(message, CloseBoundaryNotFoundDefect):
        raise client_fault(f"{_REFUSED}the multipart message broke off", "multipart")
    return _content(root), _charset(root, whole)


def refuse_includes(root: etree._Element) -> None:
    """Reject a document that takes a field's value from an attachment."""
    if next(root.iter(INCLUDE), None) is not None:
        raise client_fault(f"{_REFUSED}xop:Include in a field that is not binary", "multipart")


def _root_among(parts: list[Part], start: Any) -> Part:
    if not start:
        return parts[0]
    wanted = _identity(str(start))
    for part in parts:
        if _identity(part.get("Content-ID", "")) == wanted:
            return part
    raise client_fault(f"{_REFUSED}no part is the one that start names", "multipart")


def _identity(text: str) -> str:
    return text.strip().removeprefix("<").removesuffix(">")


def _content(root: Part) -> bytes:
    encoding = str(root.get("Content-Transfer-Encoding", "")).strip().lower()
    if encoding not in _ENCODINGS:
        raise client_fault(f"{_REFUSED}unknown Content-Transfer-Encoding", "multipart")
    body: Any = root.get_payload(decode=True)
    if root.defects:  # invalid base64
        raise client_fault(f"{_REFUSED}the root part is not {encoding}", "multipart")
    return bytes(body)


def _charset(root: Part, whole: Media) -> Charset | None:
    """The root part's charset. An unknown one is ignored if it is text/xml, else a fault."""
    content_type = str(root.get("Content-Type", XML))
    kind = kind_of(content_type)
    if kind not in (XML, XOP):
        raise client_fault(f"{_REFUSED}the root part is no XML", "multipart")
    name = charset_name(content_type)
    own = charset_named(name) if name else None
    if kind == XML:
        return whole.charset or own
    if name and own is None:
        raise client_fault(f"{_REFUSED}unknown charset of the root part", "charset")
    return own or whole.charset


def _has(message: Part, kind: type[MessageDefect]) -> bool:
    return any(isinstance(defect, kind) for defect in message.defects)
