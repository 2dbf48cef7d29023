"""The numbering table: city code (CNL) and local area by the beginning of a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from sqlalchemy import bindparam, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from sippulse_ws.domain.errors import InvalidField
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.values import Values, required, storable, texts_fit
from sippulse_ws.models import Base, Numbering

_FIELDS = ("city_code", "local_area")
LONGEST = 20  # digits of a prefix
_PREFIXES = [f"prefix{end}" for end in range(1, LONGEST + 1)]
_any = aliased(Numbering)
# The join condition for the row with the longest of the `prefixes`.
BY_LONGEST_PREFIX = Numbering.id == (
    select(_any.id)
    .where(or_(*(_any.prefix == bindparam(name) for name in _PREFIXES)))
    .order_by(func.length(_any.prefix).desc())
    .limit(literal_column("1"))
    .scalar_subquery()
)


NO_PREFIXES: dict[str, str | None] = dict.fromkeys(_PREFIXES)


def prefixes(username: str | None) -> dict[str, str]:
    """The parameters of BY_LONGEST_PREFIX: all prefixes of a numeric username, else NULL."""
    digits = (username or "").removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return {}
    return dict(zip(_PREFIXES, accumulate(digits), strict=False))


def checked_numbering(values: Values) -> dict[str, Any]:
    """A prefix with its codes, as stored. Raises InvalidField if it is not a prefix."""
    required(values, "prefix")
    prefix = values["prefix"]
    if not (prefix.isascii() and prefix.isdigit()):
        raise InvalidField("prefix", Reason.DIGITS_ONLY)
    return storable(Numbering, {name: values[name] for name in ("prefix", *_FIELDS)})


def numbering_fits(columns: Mapping[str, Sequence[str]]) -> bool:
    """Whether `checked_numbering` would leave all rows of these columns unchanged."""
    return are_prefixes(Numbering, columns["prefix"]) and all(
        texts_fit(Numbering, name, columns[name]) for name in _FIELDS
    )


def are_prefixes(model: type[Base], texts: Sequence[str]) -> bool:
    """Whether all texts are prefixes of numbers that fit the model's column `prefix`."""
    together = "".join(texts)
    digits = all(texts) and together.isascii() and together.isdigit()
    return digits and texts_fit(model, "prefix", texts)


def guess(numbering: Any, stored: dict[str, Any]) -> dict[str, Any]:
    """Values for fields that were not sent, from the numbering row, if there is one."""
    return {
        name: value
        for name in _FIELDS
        if stored.get(name) is None and (value := getattr(numbering, name)) is not None
    }
