"""The numbering table: city code (CNL) and local area by the beginning of a number."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from sippulse_ws.models import Numbering

FIELDS = ("city_code", "local_area")


def guess(db: Connection, username: str, stored: dict[str, Any]) -> dict[str, Any]:
    """What a numeric username says about the fields that were not sent; longest prefix wins."""
    absent = [name for name in FIELDS if stored.get(name) is None]
    digits = username.removeprefix("+")
    if not absent or not (digits.isascii() and digits.isdigit()):
        return {}
    prefixes = [digits[:end] for end in range(1, len(digits) + 1)]
    row = db.execute(
        select(Numbering.city_code, Numbering.local_area)
        .where(Numbering.prefix.in_(prefixes))
        .order_by(func.length(Numbering.prefix).desc())
        .limit(1)
    ).first()
    return {} if row is None else {name: getattr(row, name) for name in absent}
