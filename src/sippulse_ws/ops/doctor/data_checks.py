"""Checks of the data: passwords and their keys, numbers, networks, backups."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, or_, select

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.audit import DONE
from sippulse_ws.domain.errors_guard import KeyMissing
from sippulse_ws.domain.networks import WIDEST
from sippulse_ws.domain.password_keys import check_key
from sippulse_ws.domain.passwords import PORTAL, SIP
from sippulse_ws.domain.vault import AES, PLAIN, Vault, VaultError
from sippulse_ws.models import Address, Audit, Did, Reseller, Subscriber
from sippulse_ws.ops.doctor.findings import Finding, error, fine, warning

BACKUP_DAYS = 7
CREATE_BACKUP = "backup create"


def check_canary(db: Session, vault: Vault) -> Iterator[Finding]:
    """Whether a server would start with the configured key."""
    try:
        check_key(db, vault)
    except KeyMissing as missing:
        yield error("key", "key-missing", key=missing.values["key"])
    else:
        yield fine("key")


def check_keys(db: Session, vault: Vault, has_key: bool) -> Iterator[Finding]:
    """Whether there is a key for all encrypted passwords, and none is stored readable beside them.

    Of each key one password is decrypted.
    """
    kinds = _seals(db)
    sealed = {kind: count for kind, count in kinds.items() if kind.startswith(AES)}
    troubles = list(_seal_troubles(db, vault, sealed))
    yield from troubles
    if not has_key:
        yield warning("passwords", "no-key")
    elif kinds[PLAIN]:
        yield error("passwords", "plain-beside-sealed", count=kinds[PLAIN])
    stale = sum(count for kind, count in sealed.items() if not vault.is_current(kind))
    if has_key and stale and not troubles:
        yield warning("passwords", "old-keys", count=stale)
    elif has_key and not troubles and not kinds[PLAIN]:
        yield fine("passwords")
    if not has_key and sealed and kinds[PLAIN]:
        yield error("passwords", "plain-beside-sealed", count=kinds[PLAIN])


def _seal_troubles(db: Session, vault: Vault, sealed: dict[str, int]) -> Iterator[Finding]:
    for kind, count in sealed.items():
        account, field, value = _first_with(db, kind)
        try:
            vault.open(value, account, field)
        except VaultError as trouble:
            if "no key" in str(trouble):
                key = kind.removeprefix(AES).rstrip(":")
                yield error("passwords", "key-unknown", count=count, key=key)
            else:
                yield error("passwords", "key-wrong", account=account)


def _seals(db: Session) -> Counter[str]:
    """Count of passwords by `aes1:` and the id of their key; PLAIN for those not encrypted."""
    found: Counter[str] = Counter()
    for _, column, _ in _columns():
        head = func.substr(column, 1, len(AES) + 9)
        query = select(head, func.count()).where(column.is_not(None)).group_by(head)
        for start, count in db.execute(query).all():
            found[start if str(start).startswith(AES) else PLAIN] += count
    return found


def _first_with(db: Session, kind: str) -> tuple[str, str, str]:
    for account, column, field in _columns():
        query = select(account, column).where(column.startswith(kind, autoescape=True)).limit(1)
        if row := db.execute(query).first():
            return str(row[0]), field, str(row[1])
    raise AssertionError("it was there a moment ago")


def _columns() -> list[tuple[Any, Any, str]]:
    """Account, column of the password, and the field name that its encryption is bound to."""
    reseller = Reseller.name + "@" + Reseller.domain
    return [
        (Subscriber.account_code, Subscriber.password, SIP),
        (Subscriber.account_code, Subscriber.password_portal, PORTAL),
        (reseller, Reseller.password, "password"),
    ]


def check_dids(db: Session) -> Iterator[Finding]:
    outside = select(func.count()).select_from(Did)
    outside = outside.where(Did.inventory_domain.is_(None), Did.origin != "superuser")
    count = db.execute(outside).scalar_one()
    yield warning("dids", "dids-outside", count=count) if count else fine("dids")


def check_networks(db: Session) -> Iterator[Finding]:
    four = ~Address.ip_address.contains(":")
    wide = or_(four & (Address.mask < WIDEST[4]), ~four & (Address.mask < WIDEST[6]))
    rows = db.execute(select(Address.ip_address, Address.mask).where(wide)).all()
    if rows:
        first = f"{rows[0].ip_address}/{rows[0].mask}"
        yield warning("networks", "networks-wide", count=len(rows), first=first)
    else:
        yield fine("networks")


def check_backups(db: Session) -> Iterator[Finding]:
    made = Audit.operation == CREATE_BACKUP
    last = db.execute(select(func.max(Audit.at)).where(made, Audit.outcome == DONE)).scalar()
    if last is None:
        yield warning("backups", "no-backup")
        return
    days = (dt.datetime.now(dt.UTC) - last).days
    if days >= BACKUP_DAYS:
        yield warning("backups", "backup-old", days=days)
    else:
        yield fine("backups", "is", what=f"{last:%Y-%m-%d %H:%M} UTC")
