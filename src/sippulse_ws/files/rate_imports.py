"""Rates out of a CSV, many at a time: a price list has tens of thousands of lines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sippulse_ws.db.statements import Session
from sippulse_ws.domain import rates
from sippulse_ws.domain.domains import require_domain
from sippulse_ws.domain.errors import DomainError, InvalidField, RateExists, RateRepeated
from sippulse_ws.files.imports import Report, Row, number, read_rows

COLUMNS = ("domain", "rate_id", "prefix", "name", "rate_value")
OPTIONAL = ("service_type", "cadency", "tx_connection", "tx_delay", "tx_discard")
_NUMBERS = ("rate_id", "cadency", "tx_connection", "tx_delay", "tx_discard")
_AT_ONCE = 1000


def import_rates(db: Session, lines: Iterable[str]) -> Report:
    """Store every good line; the caller commits."""
    report = Report()
    seen: dict[rates.Key, int] = {}
    domains: set[str] = set()
    batch: dict[rates.Key, dict[str, Any]] = {}
    for line, row in read_rows(lines, COLUMNS, OPTIONAL):
        try:
            values = _rate(row)
            if values["domain"] not in domains:
                require_domain(db, values["domain"])
                domains.add(values["domain"])
            key = rates.key_of(values)
            if key in seen:
                raise RateRepeated(row=seen[key], rate_id=key[1], prefix=key[2])
        except DomainError as error:
            report.refused.append((line, error))
            continue
        seen[key] = line
        batch[key] = values
        if len(batch) == _AT_ONCE:
            _store(db, batch, seen, report)
            batch = {}
    _store(db, batch, seen, report)
    report.refused.sort(key=lambda refusal: refusal[0])
    return report


def _store(
    db: Session,
    batch: dict[rates.Key, dict[str, Any]],
    lines: dict[rates.Key, int],
    report: Report,
) -> None:
    for key in rates.find_existing(db, batch):
        error = RateExists(rate_id=key[1], prefix=key[2])
        report.refused.append((lines[key], error))
        del batch[key]
    if batch:
        rates.store(db, list(batch.values()))
    report.stored += len(batch)


def _rate(row: Row) -> dict[str, Any]:
    value = row["rate_value"]
    if value and not re.fullmatch(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", value):
        raise InvalidField(
            "rate_value", "não é um número como 0.35", "not a number written like 0.35"
        )
    numbers = {name: number(row, name) for name in _NUMBERS}
    service_type = row.get("service_type") or None
    return rates.checked(
        row
        | numbers
        | {
            "domain": row["domain"].lower(),
            "rate_value": Decimal(value) if value else None,
            "service_type": service_type,
        }
    )
