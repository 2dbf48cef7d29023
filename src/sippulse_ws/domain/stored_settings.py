"""Settings that the database was given when it was made or upgraded."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import insert, select, update

from sippulse_ws.db.statements import Session
from sippulse_ws.models import StoredSetting

TIMEZONE = "timezone"  # a new installation's is Brazil's, an old one's UTC
CHARGING = "charging"  # on for a new installation, off for an old one
EMERGENCY_NUMBERS = "emergency_numbers"


def find_stored(db: Session, name: str) -> str | None:
    """What holds while the environment says nothing else."""
    query = select(StoredSetting.value).where(StoredSetting.name == name)
    found: str | None = db.execute(query).scalar()
    return found


def charging_is_on(db: Session) -> bool:
    """Whether calls are admitted, rated and charged here, or by somebody else, or not at all."""
    return find_stored(db, CHARGING) == "on"


def store_setting(db: Session, name: str, value: str) -> None:
    same = StoredSetting.name == name
    if find_stored(db, name) is None:
        db.execute(insert(StoredSetting).values(name=name, value=value))
    else:
        db.execute(update(StoredSetting).where(same).values(value=value))


def store_environment(db: Session, charging: str | None, emergency_numbers: Iterable[str]) -> None:
    """Tell the database what SIP proxies have to know of the environment's settings."""
    wanted = {EMERGENCY_NUMBERS: emergency_expression(emergency_numbers)}
    if charging is not None:
        wanted[CHARGING] = charging
    for name, value in wanted.items():
        if find_stored(db, name) != value:
            store_setting(db, name, value)


def emergency_expression(codes: Iterable[str]) -> str:
    """The codes (`10XXX`, X being any digit) as a regular expression; none of them fits nothing."""
    digits = "|".join(code.upper().replace("X", "[0-9]") for code in codes)
    return f"^[+]?({digits})$" if digits else "^$"


def is_emergency(number: str, expression: str) -> bool:
    """Whether a number is one of the codes that this expression stands for, also as `+190`."""
    return bool(number) and re.fullmatch(expression, number) is not None
