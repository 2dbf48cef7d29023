"""Tables loaded from CSV: each line is checked, and the bad ones are named."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select, update

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.dialplans import create_dialplan
from sippulse_ws.domain.errors import DidTaken, DomainError, DomainNotFound, InvalidField
from sippulse_ws.domain.values import required, storable, username_text
from sippulse_ws.models import Did, Domain, Numbering


@dataclass
class Report:
    """How an import went: rows stored, and (line, error) for each refused one."""

    stored: int = 0
    refused: list[tuple[int, DomainError]] = field(default_factory=list)


class MissingColumns(DomainError):
    code = "missing-columns"
    pt = "A primeira linha do arquivo não tem a coluna {columns}"
    en = "The first line of the file has no column {columns}"


class BadLine(DomainError):
    code = "bad-line"
    pt = "Linha {line} ilegível: {reason}; nada foi importado"
    en = "Line {line} is unreadable: {reason}; nothing was imported"


Row = dict[str, Any]


def read_rows(
    lines: Iterable[str], columns: tuple[str, ...], optional: tuple[str, ...] = ()
) -> Iterator[tuple[int, Row]]:
    """(line number, row) of a CSV with these columns in its first line, in any order."""
    reader = csv.DictReader(lines)
    try:
        missing = set(columns) - set(reader.fieldnames or ())
        if missing:
            raise MissingColumns(columns=", ".join(sorted(missing)))
        names = (*columns, *(name for name in optional if name in (reader.fieldnames or ())))
        for row in reader:
            yield reader.line_num, {name: (row[name] or "").strip() for name in names}
    except csv.Error as error:
        raise BadLine(line=reader.line_num, reason=error) from None


def import_lines(
    db: Session,
    lines: Iterable[str],
    columns: tuple[str, ...],
    store: Callable[[Session, Row], None],
    optional: tuple[str, ...] = (),
) -> Report:
    """Store every good line; the caller commits."""
    report = Report()
    for number, row in read_rows(lines, columns, optional):
        try:
            store(db, row)
        except DomainError as error:
            report.refused.append((number, error))
        else:
            report.stored += 1
    return report


def number(row: Row, name: str) -> int | None:
    """An integer out of a cell; an empty or absent one is None."""
    text = row.get(name)
    if not text:
        return None
    if not re.fullmatch("-?[0-9]{1,10}", text):
        raise InvalidField(name, "não é um número inteiro", "not an integer")
    return int(text)


NUMBERING_COLUMNS = ("prefix", "city_code", "local_area")
DID_COLUMNS = ("number", "domain")
DIALPLAN_COLUMNS = ("domain", "dpid", "match_exp")
DIALPLAN_OPTIONAL = ("pr", "match_op", "match_len", "subst_exp", "repl_exp", "attrs")
_DIALPLAN_NUMBERS = ("dpid", "pr", "match_op", "match_len")


def store_numbering(db: Session, row: Row) -> None:
    """A prefix that is there already gets the new codes."""
    required(row, "prefix")
    if not (row["prefix"].isascii() and row["prefix"].isdigit()):
        raise InvalidField("prefix", "somente dígitos", "digits only")
    values = storable(Numbering, row)
    codes = {name: values[name] for name in ("city_code", "local_area")}
    changed = db.execute(
        update(Numbering).where(Numbering.prefix == values["prefix"]).values(codes)
    )
    if changed.rowcount == 0:
        db.execute(insert(Numbering).values(values))


def store_did(db: Session, row: Row) -> None:
    """A number joins the inventory of a domain; it must not be there yet."""
    required(row, "number", "domain")
    number, domain = username_text(row["number"], "number"), row["domain"].lower()
    if db.execute(select(Domain.id).where(Domain.domain == domain)).first() is None:
        raise DomainNotFound(domain=domain)
    if db.execute(select(Did.id).where(Did.alias_username == number)).first() is not None:
        raise DidTaken(number=number)
    values = storable(Did, {"alias_username": number, "inventory_domain": domain})
    db.execute(insert(Did).values(values))


def store_dialplan(db: Session, row: Row) -> None:
    """A rule of the domain's dial plans; absent columns have Kamailio's defaults."""
    numbers = {name: number(row, name) for name in _DIALPLAN_NUMBERS}
    create_dialplan(db, row | numbers | {"domain": row["domain"].lower()})
