"""Account groups: accounts that are billed to a managing account of their domain."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.errors import (
    AccountGroupNotFound,
    InAccountGroup,
    InvalidField,
    MissingField,
    NotInAccountGroup,
    SubscriberNotFound,
)
from sippulse_ws.domain.profiles import require_profile
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.rows import insert_row, refers_to_nothing
from sippulse_ws.models import AccountGroup, AccountGroupMember, Subscriber


def get_account_group(db: Session, manager: str) -> SimpleNamespace:
    """The group of this manager, with its accounts by account code."""
    row = db.execute(
        select(AccountGroup.id, AccountGroup.manager_profile)
        .join(Subscriber, Subscriber.id == AccountGroup.manager_id)
        .where(Subscriber.account_code == manager)
    ).first()
    if row is None:
        raise AccountGroupNotFound(account=manager)
    accounts = db.execute(
        select(Subscriber.account_code)
        .join(AccountGroupMember, AccountGroupMember.subscriber_id == Subscriber.id)
        .where(AccountGroupMember.account_group_id == row.id)
        .order_by(Subscriber.account_code)
    )
    return SimpleNamespace(
        id=row.id,
        account_manager=manager,
        manager_profile=row.manager_profile,
        account=accounts.scalars().all(),
    )


def add_account_group(
    db: Session, manager: str, profile: str | None, accounts: Sequence[str] | None
) -> None:
    """Create the group or add accounts to it, and set its profile; members stay members."""
    manager_id = _locked(db, manager)
    if manager_id is None:
        raise SubscriberNotFound(account=manager)
    domain = _domain(manager)
    if not profile:
        raise MissingField(field="managerProfile")
    require_profile(db, domain, profile)
    members = _ids(db, manager, accounts)
    query = select(AccountGroup.id).where(AccountGroup.manager_id == manager_id)
    group_id: int | None = db.execute(query).scalar()
    if group_id is None:
        values = {"manager_id": manager_id, "manager_profile": profile}
        group_id = insert_row(db, AccountGroup, values)
    else:
        same = AccountGroup.id == group_id
        db.execute(update(AccountGroup).where(same).values(manager_profile=profile))
    for account, subscriber_id in members.items():
        _add(db, group_id, account, subscriber_id)


def remove_account_group(db: Session, manager: str, accounts: Sequence[str] | None) -> None:
    """Remove these accounts from the group; without accounts remove the whole group."""
    _locked(db, manager)
    group = get_account_group(db, manager)
    if not accounts:
        db.execute(delete(AccountGroup).where(AccountGroup.id == group.id))
        return
    members = _ids(db, manager, accounts)
    for account in members:
        if account not in group.account:
            raise NotInAccountGroup(account=account)
    db.execute(
        delete(AccountGroupMember).where(
            AccountGroupMember.account_group_id == group.id,
            AccountGroupMember.subscriber_id.in_(members.values()),
        )
    )


def _locked(db: Session, manager: str) -> int | None:
    """The manager's id; locks its row, so that nobody else changes the group meanwhile."""
    found = select(Subscriber.id).where(Subscriber.account_code == manager).with_for_update()
    manager_id: int | None = db.scalar(found)
    return manager_id


def _add(db: Session, group_id: int, account: str, subscriber_id: int) -> None:
    query = select(AccountGroupMember.account_group_id).where(
        AccountGroupMember.subscriber_id == subscriber_id
    )
    if db.execute(query).scalar() == group_id:
        return
    values = {"subscriber_id": subscriber_id, "account_group_id": group_id}
    try:
        db.execute(insert(AccountGroupMember).values(values))
    except IntegrityError as error:
        if refers_to_nothing(error):  # removed in this moment
            raise SubscriberNotFound(account=account) from None
        raise InAccountGroup(account=account) from None


def _ids(db: Session, manager: str, accounts: Sequence[str] | None) -> dict[str, int]:
    """Ids by account code; all must be in the manager's domain."""
    if not accounts or "" in accounts:
        raise MissingField(field="account")
    domain = _domain(manager)
    for account in accounts:
        if _domain(account) != domain:
            raise InvalidField("account", Reason.OF_ANOTHER_DOMAIN, account=account, domain=domain)
    if manager in accounts:
        raise InvalidField("account", Reason.MANAGER_ITSELF)
    query = select(Subscriber.account_code, Subscriber.id).where(
        Subscriber.account_code.in_(set(accounts))
    )
    ids = {row.account_code: row.id for row in db.execute(query)}
    for account in accounts:
        if account not in ids:
            raise SubscriberNotFound(account=account)
    return ids


def _domain(account: str) -> str:
    return account.rpartition("@")[2]
