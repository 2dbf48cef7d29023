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
_after_charset = re.compile(r"[\s,].*", re.DOTALL)  # of a second header, or of a typing error
_QUOTES = " \t'\""
_REMEMBERED = 100  # real clients send a handful of them


class Media(NamedTuple):
    """One of the types that are understood, and its charset if it names one."""

    type: str
    charset: Charset | None


class MediaTypes(dict[str, Media | None]):
    """The media of each Content-Type; None for what is not understood. An absent one is XML."""

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
    """The known type in a Content-Type; none at all is XML.

    What only begins with text/xml is XML too, as for the Java server.
    """
    kind = content_type.replace(",", ";").partition(";")[0].strip().lower() or XML
    if kind.startswith(XML):
        return XML
    return kind if kind in _KNOWN else None


def charset_name(content_type: str) -> str:
    """What a Content-Type says of the charset, or nothing; of several charsets the last counts."""
    message = Message()
    # after the type stands `;`, but a comma or a blank is sent too
    message["Content-Type"] = _after_xml.sub(f"{XML}; ", content_type, count=1)
    values = [value for name, value in message.get_params([]) if name.lower() == "charset"]
    if not values or not isinstance(values[-1], str):
        return ""
    return _after_charset.sub("", values[-1].strip(_QUOTES)).strip(_QUOTES)
