"""Administrators, for the command line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.authentication import Authenticator
from sippulse_ws.domain.domains import require_domain
from sippulse_ws.domain.errors import AdministratorExists, AdministratorNotFound, InvalidField
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.domain.values import Values, password_text, required, storable
from sippulse_ws.models import Administrator, AdministratorDomain


def create_administrator(
    db: Session, authenticator: Authenticator, login: str, password: str, *, superuser: bool
) -> int:
    required({"login": login, "password": password}, "login", "password")
    secret = password_text(password, "password")
    values = storable(Administrator, {"login": login}) | {
        "password_hash": authenticator.hash(secret),
        "superuser": superuser,
        "created_at": dt.datetime.now(dt.UTC),
    }
    try:
        return insert_row(db, Administrator, values)
    except IntegrityError:
        raise AdministratorExists(login=login) from None


def adopt_administrator(db: Session, login: str, password_hash: str) -> bool:
    """Create an administrator from an argon2 hash; False if the login exists already."""
    required({"login": login}, "login")
    if not password_hash.startswith("$argon2id$"):
        raise InvalidField("password_hash", Reason.NOT_A_HASH)
    values = {"login": login, "password_hash": password_hash}
    stored = storable(Administrator, values) | {"created_at": dt.datetime.now(dt.UTC)}
    try:
        with db.savepoint():
            insert_row(db, Administrator, stored)
    except IntegrityError:
        return False
    return True


def set_password(db: Session, authenticator: Authenticator, login: str, password: str) -> None:
    required({"password": password}, "password")
    _update(db, login, password_hash=authenticator.hash(password_text(password, "password")))


def take_administrator(db: Session, authenticator: Authenticator, values: Values) -> str:
    """Store an administrator of another installation: `new`, `changed` or `same`; grants only grow.

    `values` has login, password or password_hash, superuser, active and domains.
    """
    login = values["login"]
    query = select(Administrator).where(Administrator.login == login)
    stored = db.execute(query.with_only_columns(*Administrator.__table__.columns)).first()
    if stored is None:
        hashed = values["password_hash"] or authenticator.hash(
            password_text(values["password"], "password")
        )
        row = storable(Administrator, {"login": login, "password_hash": hashed})
        flags = {name: bool(values[name]) for name in ("superuser", "active")}
        insert_row(db, Administrator, row | flags | {"created_at": dt.datetime.now(dt.UTC)})
        became = "new"
    else:
        became = _take_changes(db, authenticator, stored, values)
    there = {one for row, grants in list_administrators(db) if row.login == login for one in grants}
    for domain in sorted(set(values["domains"]) - there):
        grant_domain(db, login, domain)
        became = became if became == "new" else "changed"
    return became


def _take_changes(db: Session, authenticator: Authenticator, stored: Any, values: Values) -> str:
    changes: dict[str, Any] = {
        name: bool(values[name])
        for name in ("superuser", "active")
        if bool(values[name]) != getattr(stored, name)
    }
    hashed, password = values["password_hash"], str(values.get("password"))
    if hashed and hashed != stored.password_hash:
        changes["password_hash"] = hashed
    elif not hashed and not authenticator.is_right(stored.password_hash, password):
        changes["password_hash"] = authenticator.hash(password_text(password, "password"))
    if changes:
        _update(db, stored.login, **changes)
    return "changed" if changes else "same"


def replace_hash(db: Session, hashes: tuple[str, str]) -> None:
    """Replace an old hash by one with today's parameters, unless it was changed meanwhile."""
    old, new = hashes
    same = Administrator.password_hash == old
    db.execute(update(Administrator).where(same).values(password_hash=new))


def remove_temporary(db: Session, prefix: str) -> None:
    """Remove temporary administrators, whose logins have this prefix."""
    gone = select(Administrator.id).where(Administrator.login.startswith(prefix, autoescape=True))
    mine = AdministratorDomain.administrator_id.in_(gone)
    db.execute(delete(AdministratorDomain).where(mine))
    ids = db.execute(gone).scalars().all()
    db.execute(delete(Administrator).where(Administrator.id.in_(ids)))


def set_active(db: Session, login: str, active: bool) -> None:
    _update(db, login, active=active)


def grant_domain(db: Session, login: str, domain: str) -> None:
    """Grant a domain; if it is granted already, nothing changes."""
    administrator_id = _get_id(db, login)
    require_domain(db, domain)
    values = {"administrator_id": administrator_id, "domain": domain}
    with suppress(IntegrityError), db.savepoint():
        db.execute(insert(AdministratorDomain).values(values))


def revoke_domain(db: Session, login: str, domain: str) -> None:
    db.execute(
        delete(AdministratorDomain).where(
            AdministratorDomain.administrator_id == _get_id(db, login),
            AdministratorDomain.domain == domain,
        )
    )


def list_administrators(db: Session) -> list[tuple[Row[Any], list[str]]]:
    """Every administrator with the domains granted."""
    grants: dict[int, list[str]] = {}
    query = select(AdministratorDomain.administrator_id, AdministratorDomain.domain)
    for administrator_id, domain in db.execute(query.order_by(AdministratorDomain.domain)):
        grants.setdefault(administrator_id, []).append(domain)
    rows: Sequence[Row[Any]] = db.execute(
        select(
            Administrator.id,
            Administrator.login,
            Administrator.active,
            Administrator.superuser,
            Administrator.created_at,
        ).order_by(Administrator.login)
    ).all()
    return [(row, grants.get(row.id, [])) for row in rows]


def _get_id(db: Session, login: str) -> int:
    row = db.execute(select(Administrator.id).where(Administrator.login == login)).first()
    if row is None:
        raise AdministratorNotFound(login=login)
    return int(row.id)


def _update(db: Session, login: str, **values: Any) -> None:
    result = db.execute(update(Administrator).where(Administrator.login == login).values(values))
    if result.rowcount == 0:
        raise AdministratorNotFound(login=login)
