"""Writes domains and their objects as our rows, with the ids that they had."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import UniqueConstraint, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from sippulse_ws.cutover.errors import BalanceMoved, IdHasAnother, NameHasAnotherId
from sippulse_ws.cutover.source import Record
from sippulse_ws.db import Session
from sippulse_ws.domain import account_groups, credit
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.hunt_groups import hunt_group_members, store_hunt_group_members
from sippulse_ws.domain.values import amount, storable, wire_name
from sippulse_ws.models import (
    AccountGroup,
    AccountGroupMember,
    CreditLedger,
    Dialplan,
    Did,
    Domain,
    Gateway,
    HuntGroup,
    HuntGroupMember,
    Profile,
    Provider,
    Rate,
    RatePlan,
    Reseller,
    Subscriber,
)
from sippulse_ws.models.base import Base

MODELS: dict[str, type[Base]] = {
    "domain": Domain,
    "profile": Profile,
    "rate_plan": RatePlan,
    "rate": Rate,
    "reseller": Reseller,
    "dialplan": Dialplan,
    "hunt_group": HuntGroup,
    "provider": Provider,
    "gateway": Gateway,
}
# The column that must be equal for rows with the same id to be the same thing.
_NATURAL = {"provider": "name", "gateway": "name"}
LEDGER_NAME = "migrate"


class Remark(NamedTuple):
    """Something that could not be taken as it was; `again`: it may be possible later."""

    what: str
    reason: DomainError
    again: bool = False


class RowWriter:
    """Writes rows in the caller's transaction, and counts new, changed and equal ones."""

    def __init__(self, origin: str) -> None:
        self.counts: Counter[str] = Counter()
        self.remarks: list[Remark] = []
        self._obs = f"balance taken from {origin}"

    def put_object(self, db: Session, kind: str, record: Record) -> None:
        """Store a domain or one of its objects."""
        model = MODELS[kind]
        values = {name: value for name, value in record.items() if name in mapped_columns(model)}
        balance = values.pop("credit", None) if model is Reseller else None
        values.pop("password", None)  # of a reseller: no operation returns it
        if model is Dialplan:
            values["match_len"] = 0
        row_id = values.pop("id")
        fitting = self.fitting(f"{kind} {row_id}", model, values)
        self.put(db, kind, model, row_id, fitting, _NATURAL.get(kind, "domain"))
        if balance is not None:
            account = f"{record['name']}@{record['domain']}"
            self.put_balance(db, Reseller, row_id, account, balance)

    def put_hunt_group(self, db: Session, record: Record) -> None:
        names = ("domain", "description", "method", "timeout", "uri")
        values = storable(HuntGroup, {name: record[name] for name in names})
        self.put(db, "hunt_group", HuntGroup, record["id"], values, "domain")
        members = hunt_group_members(db, record["domain"], record["group_list"] or "")
        same = HuntGroupMember.hunt_group_id == record["id"]
        stored = select(HuntGroupMember.subscriber_id).where(same)
        there = db.execute(stored.order_by(HuntGroupMember.position)).scalars().all()
        if there != [member for _, member in members]:
            db.execute(delete(HuntGroupMember).where(same))
            store_hunt_group_members(db, record["id"], members, record["domain"])

    def put_group(self, db: Session, group: Record) -> None:
        """Store an account group with exactly these members."""
        manager, profile = group["account_manager"], group["manager_profile"]
        account_groups.add_account_group(db, manager, profile, group["account"])
        of = select(AccountGroup.id).join(Subscriber, Subscriber.id == AccountGroup.manager_id)
        group_id = db.scalar(of.where(Subscriber.account_code == manager))
        members = select(Subscriber.id).where(Subscriber.account_code.in_(group["account"]))
        mine = AccountGroupMember.account_group_id == group_id
        others = mine & AccountGroupMember.subscriber_id.not_in(members)
        db.execute(delete(AccountGroupMember).where(others))

    def put_free_numbers(self, db: Session, domain: str, numbers: Iterable[str]) -> None:
        """Store a domain's free numbers, for which the API returns no ids."""
        told = set(numbers)
        free = (Did.inventory_domain == domain) & Did.subscriber_id.is_(None)
        gone = set(db.execute(select(Did.alias_username).where(free)).scalars()) - told
        for number in sorted(gone):
            db.execute(delete(Did).where(free, Did.alias_username == number))
            self.counts["number removed"] += 1
        known = set(db.execute(select(Did.alias_username)).scalars())
        for number in sorted(told - known):
            values = storable(Did, {"alias_username": number, "inventory_domain": domain})
            db.execute(insert(Did).values(**values))
            self.counts["number new"] += 1

    def remove_object(self, db: Session, kind: str, row_id: int) -> None:
        """Delete an object that the old server no longer has. Raises DomainError if in use."""
        model: Any = MODELS[kind]
        db.execute(delete(model).where(model.id == row_id))
        self.counts[f"{kind} removed"] += 1

    def put(
        self,
        db: Session,
        kind: str,
        model: Any,
        row_id: int,
        values: Mapping[str, Any],
        natural: str,
    ) -> str:
        """Store these values under this id: `new`, `changed` or `same`."""
        nullable = {one.name for one in model.__table__.columns if one.nullable}
        stored = {k: v for k, v in values.items() if v is not None or k in nullable}
        columns = [getattr(model, name) for name in stored]
        current = db.execute(select(*columns).where(model.id == row_id)).first()
        became = "same"
        if current is None:
            self._insert(db, kind, model, {"id": row_id, **stored})
            became = "new"
        elif getattr(current, natural) != stored[natural]:
            raise IdHasAnother(id=row_id, name=f"{kind} {getattr(current, natural)}")
        elif changed := {k: v for k, v in stored.items() if getattr(current, k) != v}:
            db.execute(update(model).where(model.id == row_id).values(**changed))
            became = "changed"
        self.counts[f"{kind} {became}"] += 1
        return became

    def _insert(self, db: Session, kind: str, model: Any, values: Record) -> None:
        try:
            with db.savepoint():
                db.execute(insert(model).values(**values))
        except IntegrityError:
            taken = _same_name(db, model, values)
            if taken is None:
                raise
            name = f"{kind} {taken[1]}"
            raise NameHasAnotherId(name=name, id=taken[0]) from None

    def fitting(self, what: str, model: type[Base], values: Mapping[str, Any]) -> Record:
        """The values that fit their columns; others are left out, with a remark."""
        stored: Record = {}
        for name, value in values.items():
            try:
                stored |= storable(model, {name: value})
            except DomainError as error:
                self.remarks.append(Remark(f"{what}: {wire_name(name)}", error))
        return stored

    def put_balance(
        self, db: Session, model: Any, row_id: int, account: str, balance: float
    ) -> None:
        """Store the balance, with a ledger row that says where it came from."""
        kind = credit.RESELLER if model is Reseller else credit.SUBSCRIBER
        wanted = amount(balance, "credit")
        locked = select(model.credit).where(model.id == row_id).with_for_update()
        stored: Decimal = db.execute(locked).scalar_one()
        if wanted == stored:
            return
        mine = (CreditLedger.kind == kind) & (CreditLedger.account_id == row_id)
        others = select(CreditLedger.id).where(mine, CreditLedger.administrator != LEDGER_NAME)
        moved = db.scalar(others.order_by(CreditLedger.id.desc()).limit(1))
        if moved is not None:
            self.remarks.append(Remark(f"credit of {account}", BalanceMoved(row=moved)))
            return
        db.execute(update(model).where(model.id == row_id).values(credit=wanted))
        credit.LEDGER[kind].run(
            db,
            at=dt.datetime.now(dt.UTC),
            account_id=row_id,
            account=account,
            change=wanted - stored,
            obs=self._obs,
            administrator=LEDGER_NAME,
            expires_at=None,
        )


def mapped_columns(model: type[Base]) -> set[str]:
    return {one.key for one in model.__mapper__.column_attrs}


def _same_name(db: Session, model: Any, values: Mapping[str, Any]) -> tuple[int, str] | None:
    """Id and name of another row that has this one's name, if there is one."""
    table = model.__table__
    keys: list[Any] = [one.columns for one in table.constraints if type(one) is UniqueConstraint]
    keys += [[column] for column in table.columns if column.unique]
    for key in keys:
        names = [column.name for column in key]
        if not all(name in values for name in names):
            continue
        same = [getattr(model, name) == values[name] for name in names]
        found = db.scalar(select(model.id).where(*same))
        if found is not None:
            return int(found), " ".join(str(values[name]) for name in names)
    return None
