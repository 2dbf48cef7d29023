"""The numbering table: city code (CNL) and local area by the beginning of a number."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, func, literal_column, or_, select

from sippulse_ws.db.prepared import Prepared
from sippulse_ws.models import Numbering

FIELDS = ("city_code", "local_area")
LONGEST = 20  # digits of a prefix
_LONGEST = Prepared(
    select(Numbering.city_code, Numbering.local_area)
    .where(or_(*(Numbering.prefix == bindparam(f"prefix{end}") for end in range(1, LONGEST + 1))))
    .order_by(func.length(Numbering.prefix).desc())
    .limit(literal_column("1"))
)


def guess(db: Connection, username: str, stored: dict[str, Any]) -> dict[str, Any]:
    """What a numeric username says about the fields that were not sent; longest prefix wins."""
    absent = [name for name in FIELDS if stored.get(name) is None]
    digits = username.removeprefix("+")
    if not absent or not (digits.isascii() and digits.isdigit()):
        return {}
    beginnings = {f"prefix{end}": digits[:end] for end in range(1, LONGEST + 1)}
    row = _LONGEST.first(db, **beginnings)
    return {} if row is None else {name: getattr(row, name) for name in absent}
