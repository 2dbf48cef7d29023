"""Reads telephone numbers as people and spreadsheets write them, into the form that is stored.

The normal form is digits only. Anything else is refused with a message that says what it looks
like, unless options say that it is to be cleaned or expanded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sippulse_ws.files.number_refusals import (
    NumberIsRange,
    NumberOrRange,
    NumberWithLetters,
    NumberWithPunctuation,
    PrefixWithPlus,
    RangeRefused,
)
from sippulse_ws.files.refusals import CellRefused, CutBySpreadsheet, NotAnInteger
from sippulse_ws.files.sheets import SheetNumber

RANGE_LIMIT = 10_000
LONG_MAX = 2**63 - 1
_PLAIN = re.compile(r"\+?[0-9]+")
_SHORTENED = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?\s*[eE]\s*[+-]?[0-9]+|[+-]?[0-9]+[.,]0+")
_TO = r"\s*(?:-|\u2013|\u2014|\.\.+|\ba\b|\bto\b|\baté\b|:)\s*"  # data
_RANGE = re.compile(rf"(\+?[0-9]+){_TO}(\+?[0-9]+)")
# Between digits: blanks, brackets, points, hyphens, slashes; around them also invisible characters.
_PUNCTUATION = (
    r"[\s().\-\u2010\u2011\u2013\u2014/'\u2019\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_PUNCTUATED = re.compile(rf"{_PUNCTUATION}*\+?(?:{_PUNCTUATION}*[0-9])+{_PUNCTUATION}*")
_LOCAL = re.compile(r"[0-9]{3,5}-[0-9]{4}")  # a local number as written in Brazil
_SEVERAL = re.compile(r"[/;,|]|\s(?:e|ou|and|or)\s")


@dataclass(frozen=True, slots=True)
class NumberOptions:
    """The operator's options: remove punctuation, expand ranges."""

    clean: bool = False
    ranges: bool = False


def normal_number(text: str) -> str:
    """The number without a leading +, as numbers are compared."""
    return text.removeprefix("+")


def read_number(text: str, field: str, options: NumberOptions) -> str:
    """A dialled number in its normal form. Raises CellRefused, which says what it looks like."""
    if text.isascii() and text.isdigit():
        return text
    if _PLAIN.fullmatch(text):
        return text[1:]
    if type(text) is SheetNumber:  # a number's point or minus is not punctuation
        raise CutBySpreadsheet(field, text)
    shortened = _SHORTENED.fullmatch(text)
    clean = options.clean and not shortened and not is_ambiguous(text, options)
    if clean and _PUNCTUATED.fullmatch(text):
        return _digits(text)
    raise _seems(text, field, options)


def read_prefix(text: str, field: str, options: NumberOptions) -> str:
    """A prefix of numbers: digits only, without +."""
    if text.isascii() and text.isdigit():
        return text
    if _PLAIN.fullmatch(text) and not options.clean:
        raise PrefixWithPlus(field, text, digits=text[1:])
    return read_number(text, field, options)


class NumberRange(tuple[str, ...]):
    """The numbers of a range in one cell."""

    __slots__ = ()


def read_numbers(text: str, field: str) -> NumberRange | None:
    """All numbers of a range; None if the cell is not a range."""
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    first, last = (normal_number(end) for end in found.groups())
    count = int(last) - int(first) + 1
    if len(first) != len(last) or not 1 <= count <= RANGE_LIMIT:
        raise RangeRefused(field, text, most=RANGE_LIMIT)
    return NumberRange(str(one).zfill(len(first)) for one in range(int(first), int(last) + 1))


def read_contact(text: str, field: str) -> int:
    """The digits of a telephone number in contact data, whatever the punctuation."""
    plain = text.isascii() and text.isdigit()
    if _SHORTENED.fullmatch(text) or (not plain and type(text) is SheetNumber):
        raise CutBySpreadsheet(field, text)
    if not plain and (_SEVERAL.search(text) or not _PUNCTUATED.fullmatch(text)):
        raise NotAnInteger(field, text)
    number = int(_digits(text))
    if number > LONG_MAX:
        raise NotAnInteger(field, text)
    return number


def seems_number(text: str) -> bool:
    """Whether a text is meant as a number; an alias may also be a name."""
    return bool(_PUNCTUATED.fullmatch(text) or _SHORTENED.fullmatch(text) or _RANGE.fullmatch(text))


def is_ambiguous(text: str, options: NumberOptions) -> bool:
    """Whether a text like 3025-8080 is a number and a range, if both options are given."""
    return options.clean and options.ranges and bool(_LOCAL.fullmatch(text))


def _digits(text: str) -> str:
    return "".join(one for one in text if "0" <= one <= "9")


def _seems(text: str, field: str, options: NumberOptions) -> CellRefused:
    if _SHORTENED.fullmatch(text):
        return CutBySpreadsheet(field, text)
    if is_ambiguous(text, options):
        return NumberOrRange(field, text)
    if (found := _RANGE.fullmatch(text)) and _is_range(*found.groups()):
        return NumberIsRange(field, text)
    if _PUNCTUATED.fullmatch(text):
        return NumberWithPunctuation(field, text, digits=_digits(text))
    return NumberWithLetters(field, text)


def _is_range(first: str, last: str) -> bool:
    return len(first) == len(last) and int(normal_number(first)) < int(normal_number(last))
