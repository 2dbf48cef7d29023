"""Self-care: what a subscriber does with its own password, without an administrator."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, bindparam, select

from sippulse_ws.db.statements import Session
from sippulse_ws.domain import login_delays
from sippulse_ws.domain.authentication import Guess
from sippulse_ws.domain.errors import LoginFailed
from sippulse_ws.domain.passwords import PORTAL, SIP, is_right
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import LoginFailure, Subscriber

# Which passwords a customer may use, by the setting `customer_password`.
ACCEPTED = {"either": (SIP, PORTAL), "sip": (SIP,), "portal": (PORTAL,)}

_CUSTOMER = (
    select(
        Subscriber.id,
        Subscriber.username,
        Subscriber.domain,
        Subscriber.account_code,
        Subscriber.password,
        Subscriber.password_portal,
        Subscriber.credit,
        LoginFailure.blocked_until,
    )
    .outerjoin(LoginFailure, login_delays.pending(login_delays.CUSTOMER))
    .where(
        Subscriber.username == bindparam("who_username"),
        Subscriber.domain == bindparam("who_domain"),
    )
)


def authenticate(
    db: Session,
    vault: Vault,
    accepted: str,
    username: str | None,
    domain: str | None,
    password: str | None,
    address: str,
) -> tuple[Row[Any], str, bool]:
    """The subscriber, which password was right, and whether there are recorded failures.

    A blocked subscriber is admitted too, to see why in self-care.
    """
    if not username or not domain or not password:
        raise LoginFailed
    login = f"{username}@{domain}"
    account = {"who_username": username, "who_domain": domain}
    row = db.execute(_CUSTOMER, login_delays.who(login, address) | account).first()
    if row is not None:
        if login_delays.is_delayed(row.blocked_until):
            raise Guess(login_delays.CUSTOMER, login, "delayed")
        for which in ACCEPTED[accepted]:
            if is_right(vault, row, which, password):
                return row, which, row.blocked_until is not None
    raise Guess(login_delays.CUSTOMER, login, "unknown" if row is None else "wrong")
