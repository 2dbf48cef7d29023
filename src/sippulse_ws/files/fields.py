"""The fields of kinds: what a column holds, and how its cells are read.

A reader gets the text of a non-empty cell, and raises CellRefused if it cannot read it.
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
from sippulse_ws.files.formula_texts import MARKS, from_spreadsheet
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
    NulCharacter,
    OutOfRange,
    TextTooLong,
)
from sippulse_ws.files.sheets import FORMULA, SheetNumber

Read = Callable[[str], Any]
ReadAll = Callable[[list[str]], list[Any]]

_REMEMBERED = 1000
_SURE_DIGITS = 18  # digits of a contact's number that are surely below 2**63
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_MOMENT = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]+")
_YES = frozenset("1 true yes sim s verdadeiro".split())
_NO = frozenset("0 false no não nao n falso".split())  # data


@dataclass(frozen=True, slots=True)
class ReadingStyle:
    """How to read the cells of one column of a file."""

    numbers: NumberOptions = field(default_factory=NumberOptions)
    decimal: DecimalReader = field(default_factory=lambda: DecimalReader("."))
    raw: bool = False  # the file is an archive: no ' was put before texts
    sheet: bool = False  # the file is a spreadsheet, whose numbers are exact


@dataclass(frozen=True)
class Field:
    """A text column. `also`: more names, besides that of SOAP; `empty`: an empty cell's value."""

    name: str
    length: int | None = None
    required: bool = False
    also: tuple[str, ...] = ()
    empty: Any = None
    as_sent: bool = False  # blanks around the text count

    is_decimal = False
    is_text = True  # may look like a formula to a spreadsheet

    def reader(self, style: ReadingStyle) -> Read:
        name, length, raw = self.name, self.length, style.raw
        exact = raw or self.as_sent

        def read(text: str) -> str:
            if not text.isascii() and _LONE_SURROGATE.search(text):
                raise NotInEncoding(name)
            if text[0] in MARKS and not raw:
                text = from_spreadsheet(text, name)
            if "\0" in text and not exact:
                raise NulCharacter(name)
            if length is not None and len(text) > length:
                raise TextTooLong(name, length=length)
            return text

        return read

    def column_reader(self, style: ReadingStyle) -> ReadAll:
        """Reads many non-empty cells at once, each as `reader` does."""
        read, is_plain = self.reader(style), self._plain(style)
        return lambda cells: cells if is_plain("".join(cells), cells) else list(map(read, cells))

    def _plain(self, style: ReadingStyle) -> Callable[[str, list[str]], bool]:
        """A test whether all cells certainly are their own values; it gets them joined as well."""
        length, marks = self.length, () if style.raw else MARKS

        def is_plain(together: str, cells: list[str]) -> bool:
            if length is not None and max(map(len, cells)) > length:
                return False
            if not together.isascii() and _LONE_SURROGATE.search(together):
                return False
            return not any(mark in together for mark in marks)

        return is_plain


@dataclass(frozen=True)
class ReadField(Field):
    """A field whose values are not simply the texts of the cells."""

    is_text = False

    def _plain(self, style: ReadingStyle) -> Callable[[str, list[str]], bool]:
        return lambda _together, _cells: False


@dataclass(frozen=True)
class NameField(Field):
    """A text that is mostly digits; 5.54E+12, as a spreadsheet shortens it, is refused."""

    def reader(self, style: ReadingStyle) -> Read:
        name, read_text = self.name, super().reader(style)

        def read(text: str) -> Any:
            if _SHORTENED.fullmatch(text):
                raise CutBySpreadsheet(name, text)
            return read_text(text)

        return read

    def _plain(self, style: ReadingStyle) -> Callable[[str, list[str]], bool]:
        is_text = super()._plain(style)
        return lambda together, cells: (
            "e" not in together and "E" not in together and is_text(together, cells)
        )


@dataclass(frozen=True)
class DomainField(ReadField):
    """A domain's name, in lower case."""

    def reader(self, style: ReadingStyle) -> Read:
        text = super().reader(style)
        return _remembering(lambda cell: domain_text(text(cell), self.name), style)


@dataclass(frozen=True)
class IgnoredField(ReadField):
    """A column that files may have and that is not used."""

    def reader(self, style: ReadingStyle) -> Read:
        return lambda _text: None


@dataclass(frozen=True)
class IntegerField(ReadField):
    low: int = -INT_MAX - 1
    high: int = INT_MAX

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
class DecimalField(ReadField):
    """An amount of money, or (`binary`) a double."""

    binary: bool = False

    is_decimal = True

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
class FlagField(ReadField):
    """A boolean; `strict`: only 0 or 1."""

    strict: bool = False

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
class MomentField(ReadField):
    """A local date and time to the second, without a zone."""

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
class InstantField(ReadField):
    """A moment to the microsecond; without a zone it is UTC."""

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
class _DigitsField(ReadField):
    """A field that mostly has only digits, which are read as they are."""

    def _plain(self, style: ReadingStyle) -> Callable[[str, list[str]], bool]:
        return lambda together, _cells: together.isascii() and together.isdigit()


@dataclass(frozen=True)
class NumberField(_DigitsField):
    """A dialled number in its normal form; with --ranges, also all numbers of a range."""

    def reader(self, style: ReadingStyle) -> Read:
        return _range_reader(self.name, read_number, style.numbers)


@dataclass(frozen=True)
class PrefixField(_DigitsField):
    """A prefix of dialled numbers."""

    def reader(self, style: ReadingStyle) -> Read:
        return _range_reader(self.name, read_prefix, style.numbers)


@dataclass(frozen=True)
class ListedNumberField(ReadField):
    """A number of a white list, which may have * and #."""

    def reader(self, style: ReadingStyle) -> Read:
        read_digits = _range_reader(self.name, read_number, style.numbers)

        def read(text: str) -> Any:
            plain = text.replace("*", "").replace("#", "")
            if plain != text and (not plain or (plain.isascii() and plain.isdigit())):
                return text
            return read_digits(text)

        return read


@dataclass(frozen=True)
class AliasField(ReadField):
    """An alias: a user name, mostly a number."""

    def reader(self, style: ReadingStyle) -> Read:
        read_digits = _range_reader(self.name, read_number, style.numbers)
        read_text = super().reader(style)

        def read(text: str) -> Any:
            return read_digits(text) if seems_number(text) else read_text(text)

        return read


@dataclass(frozen=True)
class ContactField(ReadField):
    """A telephone number of contact data, stored as an integer."""

    def reader(self, style: ReadingStyle) -> Read:
        name = self.name
        return lambda text: read_contact(text, name)

    def column_reader(self, style: ReadingStyle) -> ReadAll:
        read = self.reader(style)

        def read_all(cells: list[str]) -> list[Any]:
            together = "".join(cells)
            if together.isascii() and together.isdigit() and max(map(len, cells)) <= _SURE_DIGITS:
                return list(map(int, cells))
            return list(map(read, cells))

        return read_all


def _remembering(read: Read, style: ReadingStyle) -> Read:
    """A reader with a cache, for columns with few different values."""
    if style.sheet:  # whose numbers are read otherwise than equal texts
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
