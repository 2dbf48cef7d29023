"""Resellers of a domain and their credit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, delete, func, literal, null, select, update
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.access import Scope
from sippulse_ws.domain.credit import (
    LEDGER,
    RESELLER,
    credit_bounds,
    credit_change,
    ledger_obs,
    refuse_repeated,
)
from sippulse_ws.domain.domains import require_domain
from sippulse_ws.domain.errors import (
    InvalidField,
    MissingField,
    ResellerExists,
    ResellerInUse,
    ResellerLoginTaken,
    ResellerNotFound,
)
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.domain.values import Values, password_text, present, required, storable
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import Reseller, Subscriber
from sippulse_ws.models.types import Money

_PASSWORD = "password"  # noqa: S105 - the field
_FIELDS = "domain email manager mobile name phone username".split()
_LISTED = "credit domain email id manager mobile name phone username".split()


def list_resellers(db: Session, domain: str) -> Sequence[Row[Any]]:
    """Without passwords."""
    require_domain(db, domain)
    columns = (getattr(Reseller, name) for name in _LISTED)
    query = select(*columns, null().label(_PASSWORD)).where(Reseller.domain == domain)
    return db.execute(query.order_by(Reseller.name)).all()


def insert_reseller(db: Session, vault: Vault, administrator: str, values: Values) -> int:
    """Store a reseller, and its initial credit in the ledger; returns the id."""
    required(values, "domain", "name", "manager", "email", "username", _PASSWORD)
    domain, name = values["domain"], values["name"]
    require_domain(db, domain)
    credit = credit_change(values["credit"]) if values.get("credit") else Decimal(0)
    stored = storable(Reseller, present(values, _FIELDS))
    password = password_text(values[_PASSWORD], _PASSWORD)
    stored[_PASSWORD] = vault.seal(password, _account(name, domain), _PASSWORD)
    try:
        reseller_id = insert_row(db, Reseller, stored | {"credit": credit})
    except IntegrityError:
        if _find_id(db, name, domain) is not None:
            raise ResellerExists(reseller=_account(name, domain)) from None
        raise ResellerLoginTaken(username=values["username"]) from None
    if credit:
        _record(db, reseller_id, _account(name, domain), credit, administrator, None)
    return reseller_id


def delete_reseller(db: Session, scope: Scope, reseller_id: int | None) -> None:
    """Delete a reseller; refused while it has subscribers. The ledger stays."""
    _require(db, scope, reseller_id)
    try:
        removed = db.execute(delete(Reseller).where(Reseller.id == reseller_id)).rowcount
    except IntegrityError:
        count = select(func.count()).where(Subscriber.reseller_id == reseller_id)
        raise ResellerInUse(subscribers=db.execute(count).scalar()) from None
    if removed == 0:  # lost a race with a concurrent request
        raise ResellerNotFound(reseller=reseller_id)


def add_credit(
    db: Session,
    administrator: str,
    name: str | None,
    domain: str,
    value: float | None,
    obs: str | None,
    repeated_minutes: int | None = None,
) -> None:
    """Add (or, negative, take) credit of a reseller; see `refuse_repeated`."""
    if not name:
        raise MissingField(field="resellerName")
    change = credit_change(value)
    reseller_id = _find_id(db, name, domain)
    if reseller_id is None:
        raise ResellerNotFound(reseller=_account(name, domain))
    lowest, highest = (literal(bound, Money) for bound in credit_bounds(change))
    result = db.execute(
        update(Reseller)
        .where(Reseller.id == reseller_id, Reseller.credit.between(lowest, highest))
        .values(credit=Reseller.credit + literal(change, Money))
    )
    if result.rowcount == 0:
        if _find_id(db, name, domain) != reseller_id:  # removed in this moment
            raise ResellerNotFound(reseller=_account(name, domain))
        raise InvalidField("value", Reason.BALANCE_TOO_LARGE)
    refuse_repeated(db, RESELLER, reseller_id, change, obs, repeated_minutes)
    _record(db, reseller_id, _account(name, domain), change, administrator, obs)


def get_credit(db: Session, scope: Scope, reseller_id: int | None) -> Decimal:
    _require(db, scope, reseller_id)
    query = select(Reseller.credit).where(Reseller.id == reseller_id)
    credit = db.scalar(query)
    if credit is None:  # removed in this moment
        raise ResellerNotFound(reseller=reseller_id)
    return Decimal(credit)


def _record(
    db: Session,
    reseller_id: int,
    account: str,
    change: Decimal,
    administrator: str,
    obs: str | None,
) -> None:
    LEDGER[RESELLER].run(
        db,
        at=dt.datetime.now(dt.UTC),
        account_id=reseller_id,
        account=account,
        change=change,
        obs=ledger_obs(obs),
        administrator=administrator,
        expires_at=None,
    )


def _require(db: Session, scope: Scope, reseller_id: int | None) -> None:
    if reseller_id is None:
        raise MissingField(field="resellerId")
    domain = db.execute(select(Reseller.domain).where(Reseller.id == reseller_id)).scalar()
    if domain is None or not scope.allows(db, domain):
        raise ResellerNotFound(reseller=reseller_id)


def _find_id(db: Session, name: str, domain: str) -> int | None:
    query = select(Reseller.id).where(Reseller.domain == domain, Reseller.name == name)
    found: int | None = db.execute(query).scalar()
    return found


def _account(name: str, domain: str) -> str:
    """The reseller's account code, for the ledger and for sealing its password."""
    return f"{name}@{domain}"
