"""Settings stored in the database, where SIP proxies' functions read them."""

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
    """The stored value, which counts unless the environment sets another."""
    query = select(StoredSetting.value).where(StoredSetting.name == name)
    found: str | None = db.execute(query).scalar()
    return found


def charging_is_on(db: Session) -> bool:
    """Whether calls are admitted, rated and charged here."""
    return find_stored(db, CHARGING) == "on"


def store_setting(db: Session, name: str, value: str) -> None:
    same = StoredSetting.name == name
    if find_stored(db, name) is None:
        db.execute(insert(StoredSetting).values(name=name, value=value))
    else:
        db.execute(update(StoredSetting).where(same).values(value=value))


def store_environment(db: Session, charging: str | None, emergency_numbers: Iterable[str]) -> None:
    """Store the environment's settings that SIP proxies have to know."""
    wanted = {EMERGENCY_NUMBERS: emergency_expression(emergency_numbers)}
    if charging is not None:
        wanted[CHARGING] = charging
    for name, value in wanted.items():
        if find_stored(db, name) != value:
            store_setting(db, name, value)


def emergency_expression(codes: Iterable[str]) -> str:
    """The codes (`10XXX`, X: any digit) as a regular expression; no codes match nothing."""
    digits = "|".join(code.upper().replace("X", "[0-9]") for code in codes)
    return f"^[+]?({digits})$" if digits else "^$"


def is_emergency(number: str, expression: str) -> bool:
    """Whether a number matches this expression of codes, also written as `+190`."""
    return bool(number) and re.fullmatch(expression, number) is not None
