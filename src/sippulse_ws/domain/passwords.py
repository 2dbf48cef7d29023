"""A subscriber's SIP and portal passwords: encrypting, decrypting, changing."""

from __future__ import annotations

import hashlib
import hmac
from types import SimpleNamespace
from typing import Any, Protocol

from sqlalchemy import LargeBinary, Row, cast, literal, select, update

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.errors import (
    MissingField,
    NoPassword,
    PasswordsDiffer,
    SubscriberNotFound,
    WrongPassword,
)
from sippulse_ws.domain.errors_guard import WeakPassword
from sippulse_ws.domain.values import Values, password_text, wire_name
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import Reseller, Subscriber

SIP = "password"
PORTAL = "password_portal"


class SealedPasswords(Protocol):
    account_code: str
    password: str | None
    password_portal: str | None


class PasswordRow(SealedPasswords, Protocol):
    id: int
    username: str
    domain: str


def sealed_passwords(vault: Vault, username: str, domain: str, values: Values) -> dict[str, Any]:
    """The columns for the passwords among the values; an empty portal password clears it."""
    account = f"{username}@{domain}"
    columns: dict[str, Any] = {}
    if values.get(SIP) is not None:
        password = password_text(values[SIP], wire_name(SIP))
        _require_strength(password, username, vault.shortest)
        columns[SIP] = vault.seal(password, account, SIP)
        columns["ha1"] = _md5(f"{username}:{domain}:{password}")
        columns["ha1b"] = _md5(f"{account}:{domain}:{password}")
    if values.get(PORTAL) is not None:
        portal = password_text(values[PORTAL], wire_name(PORTAL))
        columns[PORTAL] = vault.seal(portal, account, PORTAL) if portal else None
    return columns


def _require_strength(password: str, username: str, shortest: int) -> None:
    """Since ha1 is stored beside the encrypted password, only length makes guessing hopeless."""
    if shortest and (len(password) < shortest or username.lower() in password.lower()):
        raise WeakPassword(field=wire_name(SIP), length=shortest)


def opened(db: Session, vault: Vault, row: Row[Any]) -> SimpleNamespace:
    """A subscriber's row with decrypted passwords."""
    query = select(Subscriber.password, Subscriber.password_portal).where(Subscriber.id == row.id)
    stored = db.execute(query).first()
    if stored is None:  # removed in this moment
        raise SubscriberNotFound(account=row.account_code)
    passwords = {
        name: vault.open(sealed, row.account_code, name) if sealed else None
        for name, sealed in stored._mapping.items()
    }
    return SimpleNamespace(**(row._asdict() | passwords))


def get_password(db: Session, vault: Vault, username: str, domain: str, which: str) -> str:
    row = _get(db, username, domain)
    sealed = _sealed(row, which)
    if sealed is None:
        raise NoPassword(field=wire_name(which))
    return vault.open(sealed, row.account_code, which)


def change_password(
    db: Session,
    vault: Vault,
    username: str,
    domain: str,
    which: str,
    *,
    actual: str | None,
    new: str | None,
    confirmation: str | None,
) -> None:
    """Change a password; the current one must be right, the new one confirmed and not empty."""
    row = _get(db, username, domain)
    if actual is None:
        raise MissingField(field="actualPassword")
    if not is_right(vault, row, which, actual):
        raise WrongPassword
    replace_password(db, vault, row, which, new, confirmation)


def replace_password(
    db: Session,
    vault: Vault,
    row: PasswordRow,
    which: str,
    new: str | None,
    confirmation: str | None,
) -> None:
    if not new:
        raise MissingField(field="newPassword")
    if new != confirmation:
        raise PasswordsDiffer
    password_text(new, "newPassword")
    columns = sealed_passwords(vault, row.username, row.domain, {which: new})
    # compare once more, as bytes: of two concurrent changes the second must fail
    column, current = getattr(Subscriber, which), _sealed(row, which)
    unchanged = cast(column, LargeBinary) == cast(literal(current), LargeBinary)
    same = update(Subscriber).where(Subscriber.id == row.id, unchanged)
    if db.execute(same.values(columns)).rowcount == 0:
        _get(db, row.username, row.domain)
        raise WrongPassword


def is_right(vault: Vault, row: SealedPasswords, which: str, password: str) -> bool:
    """Compare in constant time; an unset password is never right."""
    sealed = _sealed(row, which)
    if sealed is None:
        return False
    stored = vault.open(sealed, row.account_code, which)
    return hmac.compare_digest(stored.encode(), password.encode(errors="surrogatepass"))


def reseal_all(db: Session, vault: Vault) -> int:
    """Encrypt every password with the current key; returns how many were not before."""
    changed = 0
    name = (Reseller.name + "@" + Reseller.domain).label("account_code")
    tables = (
        (Subscriber, Subscriber.account_code, (SIP, PORTAL)),
        (Reseller, name, ("password",)),
    )
    for model, account, fields in tables:
        columns = [getattr(model, field) for field in fields]
        # locked, so that a password changed meanwhile is not overwritten with the one before
        rows = select(model.id, account, *columns).with_for_update()
        for row in db.execute(rows).all():
            owner = row.account_code
            stale = {
                field: vault.seal(vault.open(sealed, owner, field), owner, field)
                for field in fields
                if (sealed := getattr(row, field)) and not vault.is_current(sealed)
            }
            if stale:
                db.execute(update(model).where(model.id == row.id).values(stale))
                changed += len(stale)
    return changed


def _get(db: Session, username: str, domain: str) -> PasswordRow:
    if not username:
        raise MissingField(field="username")
    row = db.execute(
        select(
            Subscriber.id,
            Subscriber.username,
            Subscriber.domain,
            Subscriber.account_code,
            Subscriber.password,
            Subscriber.password_portal,
        ).where(Subscriber.username == username, Subscriber.domain == domain)
    ).first()
    if row is None:
        raise SubscriberNotFound(account=f"{username}@{domain}")
    return row


def _sealed(row: SealedPasswords, which: str) -> str | None:
    return row.password if which == SIP else row.password_portal


def _md5(text: str) -> str:
    # what SIP digest authentication is made of (RFC 2617), not a protection of ours
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
