"""The media type and the charset in a request's Content-Type."""

import re
from email.message import Message
from typing import NamedTuple

from .charsets import Charset, charset_named

XML = "text/xml"
XOP = "application/xop+xml"
MULTIPART = "multipart/related"
_KNOWN = (XML, XOP, MULTIPART)
_after_xml = re.compile(r"\s*text/xml[\s,;]*", re.IGNORECASE)
_after_charset = re.compile(r"[\s,].*", re.DOTALL)  # a second header, or a typing error
_QUOTES = " \t'\""
_REMEMBERED = 100  # Content-Types; real clients send a handful


class Media(NamedTuple):
    """A supported media type (one of _KNOWN), and its charset parameter if there is one."""

    type: str
    charset: Charset | None


class MediaTypes(dict[str, Media | None]):
    """A cache by Content-Type; None for an unsupported one. An empty one is text/xml."""

    def __missing__(self, content_type: str) -> Media | None:
        media = media_of(content_type)
        # a multipart's boundary differs in every request
        if len(self) < _REMEMBERED and (media is None or media.type != MULTIPART):
            self[content_type] = media
        return media


def media_of(content_type: str) -> Media | None:
    kind = kind_of(content_type)
    if kind is None:
        return None
    name = charset_name(content_type)
    charset = charset_named(name) if name else None
    return None if name and charset is None else Media(kind, charset)


def kind_of(content_type: str) -> str | None:
    """The supported type in a Content-Type, else None; an empty one is text/xml.

    Any type that begins with text/xml counts as text/xml, as on the Java server.
    """
    kind = content_type.replace(",", ";").partition(";")[0].strip().lower() or XML
    if kind.startswith(XML):
        return XML
    return kind if kind in _KNOWN else None


def charset_name(content_type: str) -> str:
    """The charset parameter of a Content-Type, else ""; the last one if there are several."""
    message = Message()
    # some clients send a comma or a space after the type, instead of `;`
    message["Content-Type"] = _after_xml.sub(f"{XML}; ", content_type, count=1)
    values = [value for name, value in message.get_params([]) if name.lower() == "charset"]
    if not values or not isinstance(values[-1], str):
        return ""
    return _after_charset.sub("", values[-1].strip(_QUOTES)).strip(_QUOTES)
