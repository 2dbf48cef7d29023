"""Guessing passwords is made slow, per login and client address, across all workers.

Nobody sleeps: until the time is over the login is refused, with the fault of a wrong password. A
refusal during that time does not count as another guess.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Session
from sippulse_ws.models import LoginFailure

ADMINISTRATOR = "administrator"
CUSTOMER = "customer"

FREE_FAILURES = 3  # a typing error or two must not lock anybody out
LONGEST_DELAY = 300  # seconds
FORGET_AFTER = dt.timedelta(days=1)
LOGIN_LENGTH = 160
_SHOWN = ("realm", "login", "address", "failures", "blocked_until")
ADDRESS_LENGTH = 45


def delay_after(failures: int) -> int:
    """Seconds for which a login is refused after so many failures in a row."""
    if failures < FREE_FAILURES:
        return 0
    return min(1 << min(failures - FREE_FAILURES, 16), LONGEST_DELAY)


def who(login: str, address: str) -> dict[str, str]:
    """The parameters of `pending`, as long as their columns."""
    return {"who_login": login[:LOGIN_LENGTH], "who_address": address[:ADDRESS_LENGTH]}


def pending(realm: str) -> ColumnElement[bool]:
    """The join condition for the failures of the parameters `who_login` and `who_address`."""
    return and_(
        LoginFailure.realm == realm,
        LoginFailure.login == bindparam("who_login"),
        LoginFailure.address == bindparam("who_address"),
    )


def is_delayed(blocked_until: dt.datetime | None) -> bool:
    return blocked_until is not None and blocked_until > dt.datetime.now(dt.UTC)


def record_failure(db: Session, realm: str, login: str, address: str, times: int = 1) -> bool:
    """Count wrong passwords and set how long the next try is refused; whether it is."""
    guesser = who(login, address)
    now = dt.datetime.now(dt.UTC)
    db.execute(delete(LoginFailure).where(LoginFailure.blocked_until < now - FORGET_AFTER))
    more = update(LoginFailure).where(pending(realm)).values(failures=LoginFailure.failures + times)
    if db.execute(more, guesser).rowcount == 0:
        first = {
            "realm": realm,
            "login": guesser["who_login"],
            "address": guesser["who_address"],
            "failures": times,
            "blocked_until": now,
        }
        try:
            with db.savepoint():
                db.execute(insert(LoginFailure).values(first))
        except IntegrityError:  # another worker was first
            db.execute(more, guesser)
    counted = select(LoginFailure.failures).where(pending(realm))
    delay = dt.timedelta(seconds=delay_after(db.execute(counted, guesser).scalar_one()))
    block = update(LoginFailure).where(pending(realm)).values(blocked_until=now + delay)
    db.execute(block, guesser)
    return bool(delay)


def list_delays(db: Session) -> Sequence[Row[Any]]:
    """Who has failed, those first who are refused longest."""
    columns = (getattr(LoginFailure, name) for name in _SHOWN)
    query = select(*columns).order_by(LoginFailure.blocked_until.desc(), LoginFailure.login)
    return db.execute(query).all()


def clear_delays(db: Session, login: str) -> int:
    """Forget the failures of a login, from wherever; how many addresses there were."""
    return db.execute(delete(LoginFailure).where(LoginFailure.login == login)).rowcount


def forget_failures(db: Session, realm: str, login: str, address: str) -> None:
    db.execute(delete(LoginFailure).where(pending(realm)), who(login, address))
