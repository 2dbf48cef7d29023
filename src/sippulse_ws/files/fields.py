"""What a column of a kind holds, and how a cell of it becomes a value.

A reader takes the text of a cell that is not empty. What it cannot read is a CellRefused.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sippulse_ws.domain.values import INT_MAX, domain_text
from sippulse_ws.files.decimals import DecimalReader
from sippulse_ws.files.numbers import (
    NumberOptions,
    NumberRange,
    is_ambiguous,
    read_contact,
    read_number,
    read_numbers,
    read_prefix,
    seems_number,
)
from sippulse_ws.files.refusals import (
    CutBySpreadsheet,
    FormulaWithoutValue,
    NotADecimal,
    NotAFlag,
    NotAMoment,
    NotAnInteger,
    NotInEncoding,
    OutOfRange,
    SpreadsheetError,
    TextTooLong,
)
from sippulse_ws.files.sheets import FORMULA, SheetNumber

Read = Callable[[str], Any]

_REMEMBERED = 1000
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_MOMENT = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_SHEET_ERRORS = frozenset(
    (
        *("#N/A", "#N/D", "#REF!", "#VALUE!", "#VALOR!", "#DIV/0!"),
        *("#NAME?", "#NOME?", "#NULL!", "#NULO!", "#NUM!", "#NÚM!"),  # data
    )
)
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]+")
_YES = frozenset("1 true yes sim s verdadeiro".split())
_NO = frozenset("0 false no não nao n falso".split())  # data
# What a spreadsheet would take for a formula; exports put ' before it.
_GUARDED = re.compile(rf"'+(?:[=+\-@]|(?:{'|'.join(map(re.escape, _SHEET_ERRORS))})$)")


@dataclass(frozen=True, slots=True)
class ReadingStyle:
    """How the cells of one column of one file are to be read."""

    numbers: NumberOptions = field(default_factory=NumberOptions)
    decimal: DecimalReader = field(default_factory=lambda: DecimalReader("."))
    raw: bool = False  # as an archive has them, nothing was put before texts
    sheet: bool = False  # of a spreadsheet, whose numbers are exact


@dataclass(frozen=True)
class Field:
    """A text column. `also`: other names, beside that of the wire; `empty`: of an empty cell."""

    name: str
    length: int | None = None
    required: bool = False
    also: tuple[str, ...] = ()
    empty: Any = None
    as_sent: bool = False  # blanks around it count

    is_decimal = False
    is_text = True  # may look like a formula to a spreadsheet

    def reader(self, style: ReadingStyle) -> Read:
        name, length, raw = self.name, self.length, style.raw

        def read(text: str) -> str:
            if not text.isascii() and _LONE_SURROGATE.search(text):
                raise NotInEncoding(name)
            if text[0] in "'#\0" and not raw:
                text = _from_spreadsheet(text, name)
            if length is not None and len(text) > length:
                raise TextTooLong(name, length=length)
            return text

        return read


@dataclass(frozen=True)
class NameField(Field):
    """A text that is mostly digits: one that a spreadsheet has written short is refused."""

    def reader(self, style: ReadingStyle) -> Read:
        name, read_text = self.name, super().reader(style)

        def read(text: str) -> Any:
            if _SHORTENED.fullmatch(text):
                raise CutBySpreadsheet(name, text)
            return read_text(text)

        return read


@dataclass(frozen=True)
class DomainField(Field):
    """A domain's name, in lower case."""

    is_text = False

    def reader(self, style: ReadingStyle) -> Read:
        text = super().reader(style)
        return _remembering(lambda cell: domain_text(text(cell), self.name), style)


@dataclass(frozen=True)
class IgnoredField(Field):
    """A column that is in files and says nothing to us."""

    is_text = False

    def reader(self, style: ReadingStyle) -> Read:
        return lambda _text: None


@dataclass(frozen=True)
class IntegerField(Field):
    low: int = -INT_MAX - 1
    high: int = INT_MAX

    is_text = False

    def reader(self, style: ReadingStyle) -> Read:
        name, low, high = self.name, self.low, self.high

        def read(text: str) -> int:
            if not _INTEGER.fullmatch(text):
                raise NotAnInteger(name, text)
            number = int(text)
            if not low <= number <= high:
                raise OutOfRange(name, text, low=low, high=high)
            return number

        return _remembering(read, style)


@dataclass(frozen=True)
class DecimalField(Field):
    """An amount of money, or (`binary`) a double."""

    binary: bool = False

    is_decimal = True
    is_text = False

    def reader(self, style: ReadingStyle) -> Read:
        name, decimal, binary = self.name, style.decimal, self.binary
        exact = DecimalReader(".")

        def read(text: str) -> Decimal | float:
            if text[0] == FORMULA[0]:
                raise FormulaWithoutValue(name)
            value = (exact if type(text) is SheetNumber else decimal)(text, name)
            if not binary:
                return value
            if abs(value) > Decimal("1e308"):
                raise NotADecimal(name, text, example="0.35")
            return float(value)

        return _remembering(read, style)


@dataclass(frozen=True)
class FlagField(Field):
    """A boolean; `strict`: 0 or 1 alone."""

    strict: bool = False

    is_text = False

    def reader(self, style: ReadingStyle) -> Read:
        name, strict = self.name, self.strict

        def read(text: str) -> bool:
            if text in ("0", "1"):
                return text == "1"
            word = text.casefold()
            if strict or word not in _YES | _NO:
                raise NotAFlag(name, text)
            return word in _YES

        return read


@dataclass(frozen=True)
class MomentField(Field):
    """A clock's reading to the second, without a zone."""

    is_text = False

    def reader(self, style: ReadingStyle) -> Read:
        name = self.name

        def read(text: str) -> dt.datetime:
            try:
                if _MOMENT.fullmatch(text):
                    return dt.datetime.fromisoformat(text)
            except ValueError:  # the 30th of February
                pass
            raise NotAMoment(name, text)

        return read


@dataclass(frozen=True)
class InstantField(Field):
    """A moment to the microsecond; without a zone it is UTC."""

    is_text = False

    def reader(self, style: ReadingStyle) -> Read:
        name = self.name

        def read(text: str) -> dt.datetime:
            try:
                if _MOMENT.match(text):
                    moment = dt.datetime.fromisoformat(text)
                    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
            except ValueError:
                pass
            raise NotAMoment(name, text)

        return read


@dataclass(frozen=True)
class NumberField(Field):
    """A dialled number in its normal form, or all of a range when these were asked for."""

    is_text = False

    def reader(self, style: ReadingStyle) -> Read:
        return _range_reader(self.name, read_number, style.numbers)


@dataclass(frozen=True)
class PrefixField(Field):
    """The beginning of dialled numbers."""

    is_text = False

    def reader(self, style: ReadingStyle) -> Read:
        return _range_reader(self.name, read_prefix, style.numbers)


@dataclass(frozen=True)
class ListedNumberField(Field):
    """A number of a white list, which may be a code with * and #."""

    is_text = False

    def reader(self, style: ReadingStyle) -> Read:
        read_digits = _range_reader(self.name, read_number, style.numbers)

        def read(text: str) -> Any:
            plain = text.replace("*", "").replace("#", "")
            if plain != text and (not plain or (plain.isascii() and plain.isdigit())):
                return text
            return read_digits(text)

        return read


@dataclass(frozen=True)
class AliasField(Field):
    """A user name, which is mostly a number."""

    is_text = False

    def reader(self, style: ReadingStyle) -> Read:
        read_digits = _range_reader(self.name, read_number, style.numbers)
        read_text = super().reader(style)

        def read(text: str) -> Any:
            return read_digits(text) if seems_number(text) else read_text(text)

        return read


@dataclass(frozen=True)
class ContactField(Field):
    """A telephone number among contact data, kept as a whole number."""

    is_text = False

    def reader(self, style: ReadingStyle) -> Read:
        name = self.name
        return lambda text: read_contact(text, name)


def _remembering(read: Read, style: ReadingStyle) -> Read:
    """A reader that remembers some texts: few values serve most lines of these columns."""
    if style.sheet:  # whose numbers read otherwise than the same texts
        return read
    known: dict[str, Any] = {}

    def read_once(text: str) -> Any:
        value = known.get(text)
        if value is None:
            value = read(text)
            if len(known) < _REMEMBERED:
                known[text] = value
        return value

    return read_once


def _range_reader(
    name: str, read: Callable[[str, str, NumberOptions], str], options: NumberOptions
) -> Read:
    if not options.ranges:

        def read_plain(text: str) -> str:
            return text if text.isascii() and text.isdigit() else read(text, name, options)

        return read_plain

    def read_any(text: str) -> str | NumberRange:
        plain = text.isascii() and text.isdigit()
        found = None if plain or is_ambiguous(text, options) else read_numbers(text, name)
        return read(text, name, options) if found is None else found

    return read_any


def guarded(text: str) -> str:
    """A text as a spreadsheet shows it: what looks like a formula gets a ' before it."""
    if text in _SHEET_ERRORS:
        return "'" + text
    if text[:1] in ("=", "+", "-", "@") and not _NUMBER_LIKE.fullmatch(text):
        return "'" + text
    return "'" + text if _GUARDED.match(text) else text


def guarded_in_sheet(text: str) -> str:
    """The same in a cell that is a text in any case: only what a reader takes away is added."""
    return "'" + text if text in _SHEET_ERRORS or _GUARDED.match(text) else text


_NUMBER_LIKE = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")


def _from_spreadsheet(text: str, name: str) -> str:
    if text == FORMULA:
        raise FormulaWithoutValue(name)
    if text in _SHEET_ERRORS:
        raise SpreadsheetError(name, text)
    return text[1:] if _GUARDED.match(text) else text
