"""Element text to values and back, as JAXB does it, but without values that JAXB makes up.

A parser returns None for a text that is not a value of its type. XML white space (space, tab, line
ends) around a value is ignored; other white space, such as a no-break space, is not.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

WHITE = " \t\r\n"
# What is written for a required field without a value, which cannot be left out.
DEFAULTS = {"int": "0", "long": "0", "double": "0.0", "boolean": "false"}

_INT_MAX = 2**31 - 1
_LONG_MAX = 2**63 - 1

_integer = re.compile(r"([+-]?)0*([0-9]{1,19})").fullmatch
_decimal = re.compile(
    r"[ \t\r\n]*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[ \t\r\n]*"
).fullmatch
_hexadecimal = re.compile(
    r"[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+"
).fullmatch
_date_time = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})?"
).fullmatch
# Not `/`, `,` or `;`, which stand between two numbers (3333-4444/5555).
_punctuation = re.compile(r"[ \t\r\n\u00a0\u202f+().\[\]\u2010-\u2015\u2212-]")
_TELEPHONE_MIN = 7  # digits, so that 48.5 is not taken for one
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_SPECIAL_DOUBLES = {"NaN": math.nan, "INF": math.inf, "-INF": -math.inf}


def _parse_integer(text: str, largest: int) -> int | None:
    match = _integer(text)
    if match is None:
        return None
    value = int(match[2])
    if match[1] == "-":
        value = -value
    return value if -largest - 1 <= value <= largest else None


def parse_int(text: str) -> int | None:
    if len(text) < 10 and text.isdigit() and text.isascii():
        return int(text)
    text = text.strip(WHITE)
    if not text:  # the reference reads an empty xs:int as 0
        return 0
    return _parse_integer(text, _INT_MAX)


def parse_long(text: str) -> int | None:
    if len(text) < 19 and text.isdigit() and text.isascii():
        return int(text)
    return _parse_integer(text.strip(WHITE), _LONG_MAX)


def parse_double(text: str) -> float | None:
    if _decimal(text):
        return float(text)
    text = text.strip(WHITE)
    if _hexadecimal(text):
        try:
            return float.fromhex(text)
        except OverflowError:
            return -math.inf if text[0] == "-" else math.inf
    return _SPECIAL_DOUBLES.get(text)


def parse_boolean(text: str) -> bool | None:
    value = _BOOLEANS.get(text)
    return _BOOLEANS.get(text.strip(WHITE)) if value is None else value


def parse_date_time(text: str) -> datetime | None:
    text = text.strip(WHITE)
    if not _date_time(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def parse_string(text: str) -> str:
    return text


def parse_filter(text: str) -> str | None:
    """A string that narrows a search; a lone `?`, SoapUI's placeholder, is None."""
    return None if text.strip(WHITE) == "?" else text


def parse_filled_int(text: str) -> int | None:
    """An int; an empty element is None, not 0."""
    return parse_int(text) if text.strip(WHITE) else None


def parse_telephone(text: str) -> int | None:
    """A telephone number with punctuation, as an integer; None for any other text."""
    digits = _punctuation.sub("", text)
    if len(digits) < _TELEPHONE_MIN or not (digits.isascii() and digits.isdigit()):
        return None
    return _parse_integer(digits, _LONG_MAX)


PARSERS: dict[str, Callable[[str], Any]] = {
    "string": parse_string,
    "int": parse_int,
    "long": parse_long,
    "double": parse_double,
    "boolean": parse_boolean,
    "dateTime": parse_date_time,
}
FILTERS: dict[str, Callable[[str], Any]] = {
    "string": parse_filter,
    "int": parse_filled_int,
    "long": parse_long,
}


def is_exact(kind: str, text: str) -> bool:
    """Whether a text that PARSERS accept is also valid for XML Schema."""
    text = text.strip(WHITE)
    if kind == "int":
        return text != ""
    if kind == "double":
        return not _hexadecimal(text)
    return True


_DROPPED = [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF]
_REPLACED: dict[int, str | None] = dict.fromkeys(_DROPPED)
_REPLACED |= {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}


def is_plain(text: str) -> bool:
    """Whether XML content needs no escaping; characters that XML cannot carry are not printable."""
    return text.isprintable() and "&" not in text and "<" not in text and ">" not in text


def escape(value: object) -> str:
    """Escaped element content; characters that XML cannot carry are dropped."""
    text = value if type(value) is str else str(value)
    return text if is_plain(text) else text.translate(_REPLACED)


def print_double(value: float | Decimal) -> str:
    """As java.lang.Double.toString prints it."""
    if type(value) is float and 1e-3 <= value < 1e7:
        return repr(value)
    number = float(value)
    size = abs(number)
    if 1e-3 <= size < 1e7 or size == 0:
        return repr(number)
    if math.isnan(number):
        return "NaN"
    if size == math.inf:
        return "INF" if number > 0 else "-INF"
    sign, digits, exponent = Decimal(repr(number)).as_tuple()
    assert isinstance(exponent, int)
    exponent += len(digits) - 1
    text = "".join(map(str, digits)).rstrip("0")
    return f"{'-' if sign else ''}{text[0]}.{text[1:] or '0'}E{exponent}"


def print_date_time(value: datetime) -> str:
    text = value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")
    return text[:-6] + "Z" if value.utcoffset() == UTC.utcoffset(None) else text


# Each returns text, or an int, which f-strings format correctly.
PRINTERS: dict[str, Callable[[Any], object]] = {
    "string": escape,
    "int": int,
    "long": int,
    "double": print_double,
    "boolean": lambda value: "true" if value else "false",
    "dateTime": print_date_time,
}
