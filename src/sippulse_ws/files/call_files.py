"""Call records and acc rows out of CSV: each line is checked, and the bad ones say why."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import partial
from typing import IO, Any

from sqlalchemy import Boolean, Column, DateTime, Double, Integer, select

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.call_records import METHOD, Kind
from sippulse_ws.domain.errors import (
    DomainError,
    DomainNotFound,
    InvalidField,
    MissingField,
)
from sippulse_ws.domain.values import INT_MAX, Values, amount, finite
from sippulse_ws.models import Domain
from sippulse_ws.models.types import Money

LINE_LENGTH = 1 << 20  # characters; what is longer is no record
METHOD_LENGTH = 16
TIME_FORMAT = "yyyy-MM-dd HH:mm:ss"
_TIME = re.compile(r"[1-9]\d{3}-\d\d-\d\d[ T]\d\d:\d\d:\d\d", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,19}", re.ASCII)
_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)

Read = Callable[[str], Any]


class BadHeader(DomainError):
    code = "bad-header"
    pt = "A primeira linha não serve: {reason_pt}"
    en = "The first line does not fit: {reason_en}"

    def __init__(self, reason_pt: str, reason_en: str) -> None:
        super().__init__(reason_pt=reason_pt, reason_en=reason_en)


class BadRecord(DomainError):
    code = "bad-record"
    pt = "Linha ilegível: {reason_pt}"
    en = "Unreadable line: {reason_en}"

    def __init__(self, reason_pt: str, reason_en: str) -> None:
        super().__init__(reason_pt=reason_pt, reason_en=reason_en)


def known_domains(db: Session) -> frozenset[str]:
    return frozenset(db.execute(select(Domain.domain)).scalars())


def read_records(
    file: IO[bytes], kind: Kind, domains: frozenset[str], *, method: bool
) -> Iterator[tuple[int, Values | DomainError]]:
    """(line number, record or what is wrong with it); BadHeader when the first line is none.

    `method`: whether acc has that column here.
    """
    lines = _lines(file)
    readers = {name: _reader(name, column) for name, column in kind.columns.items()}
    if method:
        readers[METHOD] = partial(_text, field=METHOD, length=METHOD_LENGTH)
    rows = csv.reader(lines, strict=True)
    header = _header(rows, kind, readers)
    places = {name: header.index(name) for name in readers if name in header}
    while True:
        number = rows.line_num + 1
        try:
            row = next(rows)
            if row:  # blank lines are none
                yield number, _record(row, len(header), places, readers, kind, domains)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, BadRecord(f"não é CSV ({error})", f"not CSV ({error})")
        except DomainError as error:
            yield number, error


def _lines(file: IO[bytes]) -> Iterator[str]:
    # bytes that are not UTF-8 stay recognisable, so that they spoil their own line only
    text = io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="")
    return iter(lambda: text.readline(LINE_LENGTH), "")


def _header(rows: Iterator[list[str]], kind: Kind, known: Iterable[str]) -> list[str]:
    try:
        header = [name.strip() for name in next(rows, [])]
    except csv.Error as error:
        raise BadHeader(f"não é CSV ({error})", f"not CSV ({error})") from None
    if missing := ", ".join(name for name in kind.required if name not in header):
        raise BadHeader(f"falta a coluna {missing}", f"no column {missing}")
    if unknown := ", ".join(map(ascii, set(header) - {*known, "id"})):
        raise BadHeader(f"coluna desconhecida {unknown}", f"unknown column {unknown}")
    if len(set(header)) < len(header):
        raise BadHeader("coluna repetida", "a column is there twice")
    return header


def _record(
    row: list[str],
    width: int,
    places: dict[str, int],
    readers: dict[str, Read],
    kind: Kind,
    domains: frozenset[str],
) -> Values:
    if len(row) != width:
        raise BadRecord(f"{len(row)} campos em vez de {width}", f"{len(row)} fields, not {width}")
    for name in kind.required:
        if not row[places[name]]:
            raise MissingField(field=name)
    record = {
        name: read(row[places[name]] if name in places else "") for name, read in readers.items()
    }
    if (domain := record[kind.domain]) is not None:
        record[kind.domain] = domain.lower()
        if record[kind.domain] not in domains:
            raise DomainNotFound(domain=_printable(domain))
    return record


def _reader(name: str, column: Column[Any]) -> Read:
    """How a field of this column is read; an empty one is NULL, or '' where NULL cannot be."""
    kind = column.type
    read: Read
    if isinstance(kind, Money):
        read = partial(_money, field=name)
    elif isinstance(kind, DateTime):
        read = partial(_time, field=name)
    elif isinstance(kind, Boolean):
        read = partial(_flag, field=name)
    elif isinstance(kind, Integer):
        read = partial(_integer, field=name, low=0 if name == "duration" else -INT_MAX - 1)
    elif isinstance(kind, Double):
        read = partial(_double, field=name)
    else:
        read = partial(_text, field=name, length=kind.length)  # type: ignore[attr-defined] # all others are texts
        if not column.nullable:
            return read
    return lambda text: read(text) if text else None


def _money(text: str, field: str) -> Decimal:
    return amount(Decimal(_matching(_NUMBER, text, field)), field)


def _double(text: str, field: str) -> float:
    return finite(float(_matching(_NUMBER, text, field)), field)


def _matching(pattern: re.Pattern[str], text: str, field: str) -> str:
    if not pattern.fullmatch(text):
        raise InvalidField(
            field, f"não é um número: {_printable(text)}", f"not a number: {_printable(text)}"
        )
    return text


def _integer(text: str, field: str, low: int) -> int:
    number = int(_matching(_INTEGER, text, field))
    if not low <= number <= INT_MAX:
        raise InvalidField(
            field, f"deve estar entre {low} e {INT_MAX}", f"must be between {low} and {INT_MAX}"
        )
    return number


def _flag(text: str, field: str) -> bool:
    if text not in ("0", "1"):
        raise InvalidField(field, "deve ser 0 ou 1", "must be 0 or 1")
    return text == "1"


def _time(text: str, field: str) -> dt.datetime:
    try:
        if _TIME.fullmatch(text):
            return dt.datetime.fromisoformat(text)
    except ValueError:  # the 30th of February
        pass
    raise InvalidField(
        field,
        f"não é uma data {TIME_FORMAT}: {_printable(text)}",
        f"not a date {TIME_FORMAT}: {_printable(text)}",
    )


def _text(text: str, field: str, length: int) -> str:
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidField(field, "não é UTF-8", "not UTF-8")
    if len(text) > length:
        raise InvalidField(field, f"mais de {length} caracteres", f"more than {length} characters")
    return text


def _printable(text: str) -> str:
    """Enough of a bad value to find it."""
    return ascii(text[:40])
