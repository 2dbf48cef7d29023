"""Whether all rates of a list can be stored as they are, column by column.

Most lists can; in the others each rate is checked by itself, so that the first wrong one is named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sippulse_ws.db.statements import NumberTexts
from sippulse_ws.domain.errors import InvalidField
from sippulse_ws.domain.numbering import are_prefixes
from sippulse_ws.domain.values import INT_MAX, amount, texts_fit
from sippulse_ws.models import Rate

KEY = ("domain", "rate_id", "prefix")
REQUIRED = ("domain", "name", "prefix", "rate_id", "rate_value")
SECONDS = ("cadency", "tx_connection", "tx_delay", "tx_discard")
FIELDS = (*REQUIRED, "service_type", *SECONDS)
_TEXTS = ("domain", "name", "prefix")

Columns = Mapping[str, Sequence[Any]]
# A float's shortest writing, where it is an amount: nothing to round, below every limit.
_amounts = re.compile(r"(?:[0-9]{1,9}\.[0-9]{1,6} )*").fullmatch


def fitting(columns: Columns) -> Columns | None:
    """The columns as they are stored, without empty ones; None if a rate is to be looked at."""
    if not (columns.keys() >= set(REQUIRED) and all(_are_texts(columns[one]) for one in _TEXTS)):
        return None
    amounts = _as_amounts(columns["rate_value"])
    if amounts is None or not _are_numbers(columns["rate_id"], -INT_MAX - 1):
        return None
    if not (are_prefixes(Rate, columns["prefix"]) and _are_different(columns)):
        return None
    stored = {name: columns[name] for name in REQUIRED} | {"rate_value": amounts}
    for name in FIELDS[len(REQUIRED) :]:
        values = set(columns.get(name, ())) - {None}
        if values:
            stored[name] = columns[name]
            if not (_are_services(values) if name == "service_type" else _are_numbers(values, 0)):
                return None
    distinct = {name: list(set(columns[name])) for name in ("domain", "name")}
    return stored if all(texts_fit(Rate, *one) for one in distinct.items()) else None


def _are_texts(column: Sequence[Any]) -> bool:
    """Whether all are texts, and none of them empty."""
    return set(map(type, column)) == {str} and "" not in column


def _are_different(columns: Columns) -> bool:
    """Whether no two rates have the same domain, table and prefix."""
    domains, tables, prefixes = (columns[name] for name in KEY)
    if domains.count(domains[0]) == tables.count(tables[0]) == len(prefixes):
        return len(set(prefixes)) == len(prefixes)
    return len(set(zip(domains, tables, prefixes, strict=True))) == len(prefixes)


def _as_amounts(values: Sequence[Any]) -> Sequence[Any] | None:
    """As the column takes them; None if one of them is no price."""
    if set(map(type, values)) != {float}:
        return None
    texts = NumberTexts(map(repr, values))
    if _amounts(" ".join(texts) + " "):
        return texts
    try:
        known = {value: amount(value, "") for value in set(values)}
    except InvalidField:
        return None
    if any(value < 0 or (value and not stored) for value, stored in known.items()):
        return None
    return list(map(known.__getitem__, values))


def _are_numbers(values: Sequence[Any] | set[Any], least: int) -> bool:
    distinct = set(values)
    return set(map(type, distinct)) == {int} and min(distinct) >= least and max(distinct) <= INT_MAX


def _are_services(values: set[Any]) -> bool:
    return set(map(type, values)) == {str} and texts_fit(Rate, "service_type", list(values))
