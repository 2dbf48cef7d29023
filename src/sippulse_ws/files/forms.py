"""Finds out the form of a file from its bytes: encoding, delimiter, spreadsheet. Never guesses.

The form is printed in one line, and options override each part of it.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from sippulse_ws.files.refusals import (
    BadEncoding,
    DelimiterUnclear,
    OldSpreadsheet,
    SheetsInText,
    UnknownEncoding,
)
from sippulse_ws.files.streams import SAMPLE, Bytes
from sippulse_ws.wording import Wording

DELIMITERS = {",": ",", ";": ";", "tab": "\t", "\\t": "\t", "\t": "\t", "|": "|"}
UTF_8, UTF_16, UTF_32 = "UTF-8", "UTF-16", "UTF-32"
WINDOWS, LATIN_1 = "windows-1252", "ISO-8859-1"
_BOMS = (
    (codecs.BOM_UTF32_LE, UTF_32),  # begins like UTF-16's
    (codecs.BOM_UTF32_BE, UTF_32),
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF16_LE, UTF_16),
    (codecs.BOM_UTF16_BE, UTF_16),
)
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)  # as Excel writes and obeys it
# In a text decoded with surrogateescape: bytes that are not UTF-8, and characters that are.
_LONE_BYTE = re.compile("[\udc80-\udcff]")
_SEVERAL_BYTES = re.compile("[^\x00-\x7f\udc80-\udcff]")
_NOT_WINDOWS = frozenset("\udc81\udc8d\udc8f\udc90\udc9d")

# Counts the cells of a first line that are names of fields.
Known = Callable[[Sequence[str]], int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The operator's options about the form; None: find out."""

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


_DELIMITER = Wording("separador {sign}", "delimiter {sign}")
_DECIMAL = Wording("sinal decimal {sign}", "decimal sign {sign}")


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is read."""

    encoding: str = UTF_8
    bom: bool = False
    delimiter: str = ","
    compressed: bool = False
    spreadsheet: bool = False
    sheet: str | None = None
    separator_line: bool = False  # the first line (sep=;) has the delimiter, and no data
    signs: tuple[tuple[str, str], ...] = ()  # the decimal sign of each column that has one

    @property
    def codec(self) -> str:
        if self.encoding == UTF_8:
            return "utf-8-sig" if self.bom else "utf-8"
        return self.encoding

    def describe(self, language: str) -> str:
        """The line that tells the operator how the file is read."""
        parts = ["gzip"] if self.compressed else []
        if self.spreadsheet:
            parts.append(f"xlsx, {self.sheet}")
        else:
            mark = " BOM" if self.bom and self.encoding == UTF_8 else ""
            delimiter = "tab" if self.delimiter == "\t" else self.delimiter
            parts += [f"{self.encoding}{mark}", _DELIMITER.text(language, sign=delimiter)]
        if self.signs:
            told = sorted({sign for _, sign in self.signs})
            if len(told) == 1:
                parts.append(_DECIMAL.text(language, sign=told[0]))
            else:
                parts += [
                    f"{name}: {_DECIMAL.text(language, sign=sign)}" for name, sign in self.signs
                ]
        return ", ".join(parts)


def find_form(source: Bytes, wanted: Wanted, known: Known, width: int | None) -> Form:
    """The form of a file. `width` is the number of columns if the file has no line of names."""
    sample = source.sample()
    if sample.startswith(_OLE):
        raise OldSpreadsheet
    if sample.startswith(_ZIP):
        return Form(spreadsheet=True, sheet=wanted.sheet)
    if wanted.sheet is not None:
        raise SheetsInText
    form = replace(_encoding(source, sample, wanted.encoding), compressed=source.compressed)
    text = codecs.getincrementaldecoder(form.codec)("replace").decode(sample)
    if found := _SEPARATOR_LINE.match(text):
        delimiter = wanted.delimiter or found[1]
        return replace(form, delimiter=delimiter, separator_line=True)
    return replace(form, delimiter=wanted.delimiter or _delimiter(text, known, width))


def _encoding(source: Bytes, sample: bytes, wanted: str | None) -> Form:
    bom = next((name for mark, name in _BOMS if sample.startswith(mark)), None)
    if wanted is not None:
        return _said(source, wanted, bom)
    if bom == UTF_8:
        return Form(UTF_8, bom=True)
    if bom is not None:
        _require(source, bom)
        return Form(bom, bom=True)
    if (order := _utf16_order(sample)) is not None:
        _require(source, order)
        return Form(order)
    return Form(_single_bytes(source, sample))


def _said(source: Bytes, wanted: str, bom: str | None) -> Form:
    try:
        name = codecs.lookup(wanted).name
    except LookupError:
        raise UnknownEncoding(encoding=wanted) from None
    if name in ("utf-8", "utf-8-sig"):
        return Form(UTF_8, bom=bom == UTF_8)
    _require(source, name)
    return Form({"cp1252": WINDOWS, "iso8859-1": LATIN_1}.get(name, name))


def _utf16_order(sample: bytes) -> str | None:
    """The byte order of UTF-16 without BOM, where every second byte of Latin text is zero."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if half and odd > half * 0.7 and even < half * 0.1:
        return "UTF-16-LE"
    if half and even > half * 0.7 and odd < half * 0.1:
        return "UTF-16-BE"
    return None


def _single_bytes(source: Bytes, sample: bytes) -> str:
    """UTF-8, or an encoding with one byte per character if nothing beyond ASCII is UTF-8.

    A file with both is read as UTF-8, and its lines that are not are refused one by one.
    """
    if not source.may_be_read_twice:
        return _judge([sample[: sample.rfind(b"\n") + 1] or sample])
    with source.opened() as stream:
        return _judge(iter(lambda: stream.read(SAMPLE), b""))


def _judge(blocks: Iterable[bytes]) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    several = single = c1 = False  # how characters beyond ASCII are written
    for block in blocks:
        text = decoder.decode(block)
        if text.isascii():
            continue
        several = several or bool(_SEVERAL_BYTES.search(text))
        lone = _LONE_BYTE.findall(text)
        single = single or bool(lone)
        c1 = c1 or not _NOT_WINDOWS.isdisjoint(lone)
    if several or not single:
        return UTF_8
    return LATIN_1 if c1 else WINDOWS


def _require(source: Bytes, name: str) -> None:
    """Make sure that the whole file has this encoding; a pipe cannot be checked beforehand."""
    if not source.may_be_read_twice:
        return
    decoder = codecs.getincrementaldecoder(name)("strict")
    position = 0
    try:
        with source.opened() as stream:
            for block in iter(lambda: stream.read(SAMPLE), b""):
                decoder.decode(block)
                position += len(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise BadEncoding(encoding=name, byte=position + error.start) from None


def _delimiter(text: str, known: Known, width: int | None) -> str:
    """The delimiter that gives the first line most known names, or the right number of fields."""
    line = next((one for one in text.splitlines() if one.strip()), "")
    rated: list[tuple[int, str]] = []
    for delimiter in (",", ";", "\t", "|"):
        cells = _cells(line, delimiter)
        if width is None:
            rated.append((known(cells), delimiter))
        else:
            rated.append((int(len(cells) == width), delimiter))
    rated.sort(key=lambda one: -one[0])
    (best, first), (next_best, second), *_ = rated
    if best == next_best and best > 0 and (width or 2) > 1:
        one_column = all(len(_cells(line, one)) == 1 for one in (first, second))
        if not one_column:
            raise DelimiterUnclear(first=_named(first), second=_named(second))
    return first if best else max(",;\t|", key=line.count)


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _named(delimiter: str) -> str:
    return "tab" if delimiter == "\t" else delimiter
