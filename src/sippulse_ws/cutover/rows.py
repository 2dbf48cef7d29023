"""Writes what was read as rows of ours, under the ids that they had."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, insert, select, update

from sippulse_ws.cutover.reads import Account
from sippulse_ws.cutover.source import Record
from sippulse_ws.db import Session
from sippulse_ws.domain import account_groups, credit, locations, passwords
from sippulse_ws.domain.addresses import checked_address
from sippulse_ws.domain.hunt_groups import hunt_group_members, store_hunt_group_members
from sippulse_ws.domain.values import amount, storable
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import (
    Address,
    DbAlias,
    Dialplan,
    Did,
    Domain,
    HuntGroup,
    HuntGroupMember,
    Location,
    Profile,
    Rate,
    RatePlan,
    Reseller,
    Subscriber,
    UserWhiteList,
)
from sippulse_ws.models.base import Base

MODELS: dict[str, type[Base]] = {
    "domain": Domain,
    "profile": Profile,
    "rate_plan": RatePlan,
    "rate": Rate,
    "reseller": Reseller,
    "dialplan": Dialplan,
}
LISTED: dict[str, type[Base]] = {
    "did": Did,
    "db_alias": DbAlias,
    "address": Address,
    "white_list": UserWhiteList,
}
ADMINISTRATOR = "migrate"
_REFERENCES = ("rate_plan_id", "reseller_id", "reseller_rate_plan_id")


class IdTaken(Exception):
    """Another object of ours has this id."""


class Writer:
    """Within the transaction of a session; counts what became of each row."""

    def __init__(self, vault: Vault, origin: str) -> None:
        self.counts: Counter[str] = Counter()
        self._vault = vault
        self._obs = f"balance taken from {origin}"

    def put_object(self, db: Session, kind: str, record: Record) -> None:
        """An object of a domain, or the domain itself."""
        model = MODELS[kind]
        values = {name: value for name, value in record.items() if name in _columns(model)}
        balance = values.pop("credit", None) if model is Reseller else None
        values.pop("password", None)  # of a reseller: never told
        if model is Dialplan:
            values["match_len"] = 0
        row_id = values.pop("id")
        self._put(db, kind, model, row_id, values, "domain")
        if balance is not None:
            account = f"{record['name']}@{record['domain']}"
            self._balance(db, credit.RESELLER, Reseller, row_id, account, balance)

    def put_hunt_group(self, db: Session, record: Record) -> None:
        names = ("domain", "description", "method", "timeout", "uri")
        values = {name: record[name] for name in names}
        self._put(db, "hunt_group", HuntGroup, record["id"], values, "domain")
        members = hunt_group_members(db, record["domain"], record["group_list"] or "")
        same = HuntGroupMember.hunt_group_id == record["id"]
        stored = select(HuntGroupMember.subscriber_id).where(same)
        there = db.execute(stored.order_by(HuntGroupMember.position)).scalars().all()
        if there != [member for _, member in members]:
            db.execute(delete(HuntGroupMember).where(same))
            store_hunt_group_members(db, record["id"], members, record["domain"])

    def put_account(self, db: Session, account: Account) -> None:
        """A subscriber with its lists; those of an account that is there already are made alike."""
        record = account.subscriber
        subscriber_id, code = record["id"], record["account_code"]
        values = {name: value for name, value in record.items() if name in _columns(Subscriber)}
        for name in ("id", "credit", "password", "password_portal"):
            values.pop(name, None)
        for name in _REFERENCES:
            values[name] = values[name] or None
        values |= self._sealed(db, record)
        self._put(db, "subscriber", Subscriber, subscriber_id, values, "username")
        balance = record["credit"]
        self._balance(db, credit.SUBSCRIBER, Subscriber, subscriber_id, code, balance)
        for kind, model in LISTED.items():
            rows = account.lists[kind]
            self._remove_others(db, model, subscriber_id, [row["id"] for row in rows])
            for row in rows:
                values = _listed_values(kind, row) | {"subscriber_id": subscriber_id}
                natural = "alias_username" if kind == "did" else "subscriber_id"
                self._put(db, kind, model, row["id"], values, natural)
        self._put_locations(db, record, account.lists["location"])

    def put_group(self, db: Session, group: Record) -> None:
        manager, profile = group["account_manager"], group["manager_profile"]
        account_groups.add_account_group(db, manager, profile, group["account"])

    def put_free_numbers(self, db: Session, domain: str, numbers: Iterable[str]) -> None:
        """The API tells no ids of them."""
        known = set(db.execute(select(Did.alias_username)).scalars())
        for number in numbers:
            if number not in known:
                values = storable(Did, {"alias_username": number, "inventory_domain": domain})
                db.execute(insert(Did).values(**values))
                self.counts["number new"] += 1

    def _put(
        self,
        db: Session,
        kind: str,
        model: Any,
        row_id: int,
        values: Record,
        natural: str,
    ) -> None:
        nullable = {one.name for one in model.__table__.columns if one.nullable}
        values = {k: v for k, v in values.items() if v is not None or k in nullable}
        stored = storable(model, values)
        columns = [getattr(model, name) for name in stored]
        current = db.execute(select(*columns).where(model.id == row_id)).first()
        if current is None:
            db.execute(insert(model).values(id=row_id, **stored))
            self.counts[f"{kind} new"] += 1
        elif getattr(current, natural) != stored[natural]:
            raise IdTaken(f"{kind} {row_id} is {getattr(current, natural)} here")
        elif changed := {k: v for k, v in stored.items() if getattr(current, k) != v}:
            db.execute(update(model).where(model.id == row_id).values(**changed))
            self.counts[f"{kind} changed"] += 1
        else:
            self.counts[f"{kind} same"] += 1

    def _sealed(self, db: Session, record: Record) -> Record:
        """Columns of the passwords that are not stored already."""
        names = ("password", "password_portal")
        row = db.execute(
            select(Subscriber.password, Subscriber.password_portal, Subscriber.account_code).where(
                Subscriber.id == record["id"]
            )
        ).first()
        given = {name: record[name] for name in names if record[name] is not None}
        if row is not None and row.account_code == record["account_code"]:
            code = row.account_code
            given = {
                name: value
                for name, value in given.items()
                if getattr(row, name) is None
                or self._vault.open(getattr(row, name), code, name) != value
            }

        return passwords.sealed_passwords(self._vault, record["username"], record["domain"], given)

    def _balance(
        self, db: Session, kind: str, model: Any, row_id: int, account: str, balance: float
    ) -> None:
        """The balance, with a row in the ledger that says where it came from."""
        wanted = amount(balance, "credit")
        stored: Decimal = db.execute(select(model.credit).where(model.id == row_id)).scalar_one()
        if wanted == stored:
            return
        db.execute(update(model).where(model.id == row_id).values(credit=wanted))
        credit.LEDGER[kind].run(
            db,
            at=dt.datetime.now(dt.UTC),
            account_id=row_id,
            account=account,
            change=wanted - stored,
            obs=self._obs,
            administrator=ADMINISTRATOR,
            expires_at=None,
        )

    def _remove_others(self, db: Session, model: Any, subscriber_id: int, ids: list[int]) -> None:
        others = (model.subscriber_id == subscriber_id) & model.id.not_in(ids)
        removed: int = db.execute(delete(model).where(others)).rowcount
        self.counts[f"{model.__tablename__} removed"] += removed

    def _put_locations(self, db: Session, record: Record, rows: list[Record]) -> None:
        username, domain = record["username"], record["domain"]
        of = (Location.username == username) & (Location.domain == domain)
        there = set(db.execute(select(Location.contact).where(of)).scalars())
        for row in rows:
            if row["contact"] not in there:
                locations.add_permanent(db, (), username, domain, row["contact"])
                key = of & (Location.contact == row["contact"])
                if row["id"] is not None:
                    db.execute(update(Location).where(key).values(id=row["id"]))
                self.counts["location new"] += 1


def _columns(model: type[Base]) -> set[str]:
    return {one.key for one in model.__mapper__.column_attrs}


def _listed_values(kind: str, row: Record) -> Record:
    if kind == "address":
        checked = checked_address(row)
        return checked | {name: row[name] for name in ("group", "pattern", "context_info")}
    model = LISTED[kind]
    values = {name: value for name, value in row.items() if name in _columns(model)}
    values.pop("id")
    return values
