"""Renames and removes what is referred to by name: domains, profiles, administrators.

Removing something in use is refused; the error says what uses it.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import Any

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.errors import (
    AdministratorExists,
    AdministratorNotFound,
    DomainError,
    DomainExists,
    DomainNotFound,
    ProfileExists,
    ProfileNotFound,
)
from sippulse_ws.domain.former_names import note_former_name
from sippulse_ws.domain.passwords import PORTAL, SIP, sealed_passwords
from sippulse_ws.domain.values import domain_text, required, storable
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import (
    AccountGroup,
    Address,
    Administrator,
    Base,
    Domain,
    Location,
    Profile,
    Reseller,
    Subscriber,
)
from sippulse_ws.wording import Wording


class InUse(DomainError):
    code = "in-use"
    wording = Wording("{name} está em uso: {uses}", "{name} is in use: {uses}")


class LastSuperuser(DomainError):
    code = "last-superuser"
    wording = Wording(
        "{login} é o último superusuário ativo", "{login} is the last active superuser"
    )


def rename_domain(db: Session, vault: Vault, name: str, new_name: str) -> int:
    """Rename a domain with everything in it; returns the number of subscribers.

    Call records, ledger and audit keep the old name. Phones need the new one.
    """
    new = domain_text(new_name)
    required({"domain": new}, "domain")
    storable(Domain, {"domain": new})
    _require(db, Domain.domain == name, DomainNotFound(domain=name))
    if new != name and db.execute(select(Domain.id).where(Domain.domain == new)).first():
        raise DomainExists(domain=new)
    _rename_everywhere(db, name, new)
    db.execute(update(Location).where(Location.domain == name).values(domain=new))
    vault = copy(vault)
    vault.shortest = 0  # the passwords are those that there were
    columns = Subscriber.id, Subscriber.username, Subscriber.password, Subscriber.password_portal
    rows = db.execute(select(*columns).where(Subscriber.domain == new)).all()
    for row in rows:
        _move(db, vault, row, name, new)
    _reseal_resellers(db, vault, name, new)
    return len(rows)


def remove_domain(db: Session, name: str) -> None:
    """Remove a domain, with grants, price lists and the like; refused while it is in use."""
    _require(db, Domain.domain == name, DomainNotFound(domain=name))
    _refuse_use(db, name, _references_to(Domain.__tablename__), name)
    db.execute(delete(Domain).where(Domain.domain == name))


def rename_profile(db: Session, domain: str, profile: str, new_name: str) -> None:
    """Rename a profile, also in subscribers and account groups."""
    required({"profile": new_name}, "profile")
    storable(Profile, {"profile": new_name})
    one = (Profile.domain == domain) & (Profile.profile == profile)
    try:
        if db.execute(update(Profile).where(one).values(profile=new_name)).rowcount == 0:
            raise ProfileNotFound(profile=profile)
    except IntegrityError:
        raise ProfileExists(profile=new_name) from None
    managers = select(Subscriber.id).where(Subscriber.domain == domain)
    groups = AccountGroup.manager_id.in_(managers) & (AccountGroup.manager_profile == profile)
    db.execute(update(AccountGroup).where(groups).values(manager_profile=new_name))


def remove_profile(db: Session, domain: str, profile: str) -> None:
    one = (Profile.domain == domain) & (Profile.profile == profile)
    _require(db, one, ProfileNotFound(profile=profile))
    used = (Subscriber.domain == domain) & (Subscriber.profile == profile)
    managers = select(Subscriber.id).where(Subscriber.domain == domain)
    groups = AccountGroup.manager_id.in_(managers) & (AccountGroup.manager_profile == profile)
    counts = {
        "subscriber": _count(db, Subscriber.__table__, used),
        "account_group": _count(db, AccountGroup.__table__, groups),
    }
    _refuse(profile, counts)
    db.execute(delete(Profile).where(one))


def rename_administrator(db: Session, login: str, new_login: str) -> None:
    """Rename a login; grants and password stay, audit and ledger keep the old one."""
    required({"login": new_login}, "login")
    storable(Administrator, {"login": new_login})
    one = Administrator.login == login
    try:
        if db.execute(update(Administrator).where(one).values(login=new_login)).rowcount == 0:
            raise AdministratorNotFound(login=login)
    except IntegrityError:
        raise AdministratorExists(login=new_login) from None


def remove_administrator(db: Session, login: str) -> None:
    """Remove an administrator with the grants; never the last active superuser."""
    one = Administrator.login == login
    _require(db, one, AdministratorNotFound(login=login))
    superuser = Administrator.superuser & Administrator.active
    others = _count(db, Administrator.__table__, superuser & (Administrator.login != login))
    if others == 0 and _count(db, Administrator.__table__, superuser & one):
        raise LastSuperuser(login=login)
    db.execute(delete(Administrator).where(one))


def _rename_everywhere(db: Session, name: str, new: str) -> None:
    """Rename the domain and all references to it.

    InnoDB cascades key by key: a subscriber would have the new domain before its profile has it.
    """
    renamed = update(Domain).where(Domain.domain == name).values(domain=new)
    if db.is_sqlite:
        db.execute(renamed)
        return
    db.exec_driver_sql("SET SESSION foreign_key_checks = 0")
    try:
        db.execute(renamed)
        for table, column in _references_to(Domain.__tablename__, cascading=True):
            db.execute(update(table).where(column == name).values({column.name: new}))
    finally:
        db.exec_driver_sql("SET SESSION foreign_key_checks = 1")


def _move(db: Session, vault: Vault, row: Any, name: str, new: str) -> None:
    """Update the columns of a subscriber that are derived from its domain."""
    before, account = f"{row.username}@{name}", f"{row.username}@{new}"
    sealed = {SIP: row.password, PORTAL: row.password_portal}
    opened = {
        field: vault.open(text, before, field) for field, text in sealed.items() if text is not None
    }
    columns = sealed_passwords(vault, row.username, new, opened)
    same = Subscriber.id == row.id
    note_former_name(db, before, row.id)
    db.execute(update(Subscriber).where(same).values(account_code=account, **columns))
    owned = Address.subscriber_id == row.id
    db.execute(update(Address).where(owned).values(context_info=account))


def _reseal_resellers(db: Session, vault: Vault, name: str, new: str) -> None:
    columns = Reseller.id, Reseller.name, Reseller.password
    for row in db.execute(select(*columns).where(Reseller.domain == new)).all():
        if row.password is not None:
            opened = vault.open(row.password, f"{row.name}@{name}", "password")
            sealed = vault.seal(opened, f"{row.name}@{new}", "password")
            db.execute(update(Reseller).where(Reseller.id == row.id).values(password=sealed))


def _references_to(table: str, *, cascading: bool = False) -> Iterable[tuple[Table, Any]]:
    """Columns that refer to a table; those deleted with its row only if asked for."""
    for other in Base.metadata.sorted_tables:
        for key in other.foreign_keys:
            if key.column.table.name == table and (cascading or key.ondelete != "CASCADE"):
                yield other, key.parent


def _refuse_use(
    db: Session, value: str, references: Iterable[tuple[Table, Any]], name: str
) -> None:
    counts: dict[str, int] = {}
    for table, column in references:
        counts[table.name] = counts.get(table.name, 0) + _count(db, table, column == value)
    _refuse(name, counts)


def _refuse(name: str, counts: dict[str, int]) -> None:
    uses = ", ".join(f"{count} {table}" for table, count in sorted(counts.items()) if count)
    if uses:
        raise InUse(name=name, uses=uses)


def _count(db: Session, table: Any, condition: Any) -> int:
    return int(db.scalar(select(func.count()).select_from(table).where(condition)))


def _require(db: Session, condition: Any, missing: DomainError) -> None:
    if db.execute(select(1).where(condition)).first() is None:
        raise missing
