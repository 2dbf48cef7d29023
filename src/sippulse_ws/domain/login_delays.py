"""Slows down the guessing of passwords, per login and client address, across all workers.

No thread sleeps: during the delay the login is refused with the fault of a wrong password. Such a
refusal does not count as another failure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, delete, select, tuple_, update

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.rows import upsert
from sippulse_ws.models import LoginFailure

ADMINISTRATOR = "administrator"
CUSTOMER = "customer"

FREE_FAILURES = 3  # a few typing errors must not lock anybody out
_LONGEST_DELAY = 300  # seconds
FORGET_AFTER = dt.timedelta(days=1)
# Failures within the free ones are forgotten so late that they allow no more guesses a day than the
# longest delay does.
_FORGET_FEW_AFTER = dt.timedelta(seconds=_LONGEST_DELAY * FREE_FAILURES)
_LOGIN_LENGTH = 160
_KEY = ("realm", "login", "address")
_SHOWN = ("realm", "login", "address", "failures", "blocked_until")
ADDRESS_LENGTH = 45


def delay_after(failures: int) -> int:
    """Seconds for which a login is refused after so many failures in a row."""
    if failures < FREE_FAILURES:
        return 0
    return min(1 << min(failures - FREE_FAILURES, 16), _LONGEST_DELAY)


def who(login: str, address: str) -> dict[str, str]:
    """The parameters of `pending`, cut to the length of their columns."""
    return {"who_login": login[:_LOGIN_LENGTH], "who_address": address[:ADDRESS_LENGTH]}


def pending(realm: str) -> ColumnElement[bool]:
    """The join condition for the failures of the parameters `who_login` and `who_address`."""
    return and_(
        LoginFailure.realm == realm,
        LoginFailure.login == bindparam("who_login"),
        LoginFailure.address == bindparam("who_address"),
    )


_BLOCK = (
    update(LoginFailure)
    .where(
        LoginFailure.realm == bindparam("who_realm"),
        LoginFailure.login == bindparam("who_login"),
        LoginFailure.address == bindparam("who_address"),
    )
    .values(blocked_until=bindparam("until"))
)


def is_delayed(blocked_until: dt.datetime | None) -> bool:
    return blocked_until is not None and blocked_until > dt.datetime.now(dt.UTC)


def record_failure(db: Session, realm: str, login: str, address: str, times: int = 1) -> bool:
    """Count failures and set the delay; returns whether the login is refused now."""
    return record_failures(db, {(realm, login, address): times}) > 0


def record_failures(db: Session, counts: Mapping[tuple[str, str, str], int]) -> int:
    """Count failures by realm, login and address; returns how many logins are refused now."""
    now = dt.datetime.now(dt.UTC)
    _sweep(db, now)
    cut: dict[tuple[str, str, str], int] = {}
    for (realm, login, address), times in counts.items():
        key = (realm, login[:_LOGIN_LENGTH], address[:ADDRESS_LENGTH])
        cut[key] = cut.get(key, 0) + times
    if not cut:
        return 0
    first = [
        dict(zip(_KEY, key, strict=True)) | {"failures": cut[key], "blocked_until": now}
        for key in sorted(cut)
    ]
    db.execute(upsert(db, LoginFailure, "failures"), first)
    columns = [getattr(LoginFailure, name) for name in _KEY]
    counted = select(*columns, LoginFailure.failures).where(tuple_(*columns).in_(sorted(cut)))
    delays = [
        {"who_realm": row.realm, **who(row.login, row.address), "until": now + delay}
        for row in db.execute(counted).all()
        if (delay := dt.timedelta(seconds=delay_after(row.failures)))
    ]
    if delays:
        db.execute(_BLOCK, delays)
    return len(delays)


def _sweep(db: Session, now: dt.datetime) -> None:
    """Delete old rows, so that made-up logins do not fill the table."""
    few = LoginFailure.failures <= FREE_FAILURES
    db.execute(
        delete(LoginFailure).where(few, LoginFailure.blocked_until < now - _FORGET_FEW_AFTER)
    )
    db.execute(delete(LoginFailure).where(LoginFailure.blocked_until < now - FORGET_AFTER))


def list_delays(db: Session) -> Sequence[Row[Any]]:
    """Logins with failures, those refused longest first."""
    columns = (getattr(LoginFailure, name) for name in _SHOWN)
    query = select(*columns).order_by(LoginFailure.blocked_until.desc(), LoginFailure.login)
    return db.execute(query).all()


def clear_delays(db: Session, login: str) -> int:
    """Delete the failures of a login from all addresses; returns how many addresses."""
    return db.execute(delete(LoginFailure).where(LoginFailure.login == login)).rowcount


def forget_failures(db: Session, realm: str, login: str, address: str) -> None:
    db.execute(delete(LoginFailure).where(pending(realm)), who(login, address))
