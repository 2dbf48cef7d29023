"""Writes a subscriber with its lists; the caller begins and commits the transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from sippulse_ws.cutover.errors import DanglingReference
from sippulse_ws.cutover.reads import OldAccount
from sippulse_ws.cutover.rows import Remark, RowWriter, mapped_columns
from sippulse_ws.cutover.source import Record
from sippulse_ws.db import Session
from sippulse_ws.domain import locations, passwords
from sippulse_ws.domain.addresses import checked_address, with_proxy_columns
from sippulse_ws.domain.dids import UPGRADE
from sippulse_ws.domain.domains import require_domain
from sippulse_ws.domain.errors import AliasTaken, DomainError, InvalidField, SubscriberExists
from sippulse_ws.domain.profiles import require_profile
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.sip_names import NAME_SUBSCRIBER, is_aliased, name_alias
from sippulse_ws.domain.values import required, storable, username_text, wire_name
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import (
    Address,
    DbAlias,
    Did,
    Location,
    RatePlan,
    Reseller,
    SipName,
    Subscriber,
    UserWhiteList,
)
from sippulse_ws.models.base import Base
from sippulse_ws.models.proxy_views import PERMANENT

# The lists, and the column that must be equal for rows with the same id to be the same thing.
ACCOUNT_LISTS: dict[str, tuple[type[Base], str]] = {
    "db_alias": (DbAlias, "alias_username"),
    "did": (Did, "alias_username"),
    "address": (Address, "ip_address"),
    "white_list": (UserWhiteList, "subscriber_id"),
}
REFERENCES: dict[str, Any] = {
    "rate_plan_id": RatePlan,
    "reseller_id": Reseller,
    "reseller_rate_plan_id": RatePlan,
}
_OWN = ("id", "credit", "password", "password_portal")  # written separately


class AccountWriter:
    """Stores accounts; leaves a remark for each part that cannot be taken over."""

    def __init__(self, rows: RowWriter, vault: Vault) -> None:
        self._rows = rows
        self._vault = vault

    def put(self, db: Session, account: OldAccount, more: Mapping[str, Any]) -> None:
        """Store a subscriber with its lists, which replace those of an existing account.

        `more` has the columns that no operation returns. Raises DomainError if the subscriber
        cannot be stored.
        """
        record, code = account.subscriber, account.code
        subscriber_id = record["id"]
        username_text(record["username"])
        require_domain(db, record["domain"])
        required(record, "profile")
        require_profile(db, record["domain"], record["profile"])
        values = {k: v for k, v in {**record, **more}.items() if k in mapped_columns(Subscriber)}
        values = {name: value for name, value in values.items() if name not in _OWN}
        self._keep_references(db, code, values)
        values = self._rows.fitting(code, Subscriber, values)
        values |= self._sealed(db, record)
        became = self._rows.put(db, "subscriber", Subscriber, subscriber_id, values, "account_code")
        if became == "new":
            _name_subscriber(db, record["username"], record["domain"], code)
        self._rows.put_balance(db, Subscriber, subscriber_id, code, record["credit"])
        for kind in ACCOUNT_LISTS:
            rows = account.lists.get(kind)
            if rows is not None:
                self._put_list(db, kind, account, rows)
        contacts = account.lists.get("location")
        if contacts is not None:
            self._put_locations(db, record, contacts)

    def _keep_references(self, db: Session, code: str, values: Record) -> None:
        """Drop references to what does not exist here, which would fail all; 0 means none."""
        for name, model in REFERENCES.items():
            row_id = values.get(name) or None
            if row_id is not None and db.scalar(select(model.id).where(model.id == row_id)) is None:
                error = DanglingReference(field=wire_name(name), id=row_id)
                self._rows.remarks.append(Remark(code, error))
                row_id = None
            values[name] = row_id

    def _sealed(self, db: Session, record: Record) -> Record:
        """The encrypted columns of passwords that differ from those stored here."""
        names = (passwords.SIP, passwords.PORTAL)
        columns = [getattr(Subscriber, name) for name in names]
        found = select(*columns, Subscriber.account_code).where(Subscriber.id == record["id"])
        row = db.execute(found).first()
        code = record["account_code"]
        given = {name: record[name] for name in names if record[name] is not None}
        if row is None and passwords.SIP not in given:
            # an account without a password gets a random one: an empty one could be guessed
            unknown = {"ha1": secrets.token_hex(16), "ha1b": secrets.token_hex(16)}
            return unknown | self._seal(record, given)
        if row is not None and row.account_code == code:
            given = {
                name: value
                for name, value in given.items()
                if getattr(row, name) is None
                or self._vault.open(getattr(row, name), code, name) != value
            }
        return self._seal(record, given)

    def _seal(self, record: Record, given: Record) -> Record:
        return passwords.sealed_passwords(self._vault, record["username"], record["domain"], given)

    def _put_list(self, db: Session, kind: str, account: OldAccount, rows: list[Record]) -> None:
        subscriber_id = account.subscriber["id"]
        self._remove_others(db, kind, subscriber_id, [row["id"] for row in rows])
        for row in rows:
            what = f"{kind} {row['id']} of {account.code}"
            try:
                with db.savepoint():
                    self._put_row(db, kind, row, account)
            except DomainError as error:
                self._rows.remarks.append(Remark(what, error, again=True))
            except IntegrityError as error:
                reason = InvalidField(kind, Reason.AS_THE_DATABASE_SAYS, told=error.orig)
                self._rows.remarks.append(Remark(what, reason, again=True))

    def _put_row(self, db: Session, kind: str, row: Record, account: OldAccount) -> None:
        model, natural = ACCOUNT_LISTS[kind]
        values = _listed_values(kind, row, account.code)
        values["subscriber_id"] = account.subscriber["id"]
        if kind == "did":
            values |= _make_room(db, row["id"], row["alias_username"])
        if kind == "db_alias":
            username_text(row["alias_username"], "aliasUsername")
            require_domain(db, row["alias_domain"])
        became = self._rows.put(db, kind, model, row["id"], values, natural)
        if kind == "db_alias" and became != "same":
            db.execute(delete(SipName).where(SipName.db_alias_id == row["id"]))
            if not name_alias(db, row["id"]):
                raise AliasTaken(alias=f"{row['alias_username']}@{row['alias_domain']}")

    def _remove_others(self, db: Session, kind: str, subscriber_id: int, ids: list[int]) -> None:
        model: Any = ACCOUNT_LISTS[kind][0]
        others = (model.subscriber_id == subscriber_id) & model.id.not_in(ids)
        removed: int = db.execute(delete(model).where(others)).rowcount
        self._rows.counts[f"{kind} removed"] += removed

    def _put_locations(self, db: Session, record: Record, rows: list[Record]) -> None:
        """Store permanent contacts; registrations are left to the SIP proxies."""
        username, domain = record["username"], record["domain"]
        of = (Location.username == username) & (Location.domain == domain)
        permanent = of & PERMANENT
        there = set(db.execute(select(Location.contact).where(permanent)).scalars())
        told = {row["contact"]: row["id"] for row in rows}
        for contact in there - set(told):
            db.execute(delete(Location).where(permanent, Location.contact == contact))
            self._rows.counts["location removed"] += 1
        for contact in sorted(set(told) - there):
            try:
                with db.savepoint():
                    locations.add_permanent(db, (), username, domain, contact)
            except DomainError as error:
                what = f"location of {record['account_code']}"
                self._rows.remarks.append(Remark(what, error))
                continue
            self._keep_location_id(db, of & (Location.contact == contact), told[contact])
            self._rows.counts["location new"] += 1

    @staticmethod
    def _keep_location_id(db: Session, key: Any, row_id: int | None) -> None:
        """Give the contact its old id, unless a registration has that here."""
        if row_id is None or db.scalar(select(Location.id).where(Location.id == row_id)):
            return
        db.execute(update(Location).where(key).values(id=row_id))


def _name_subscriber(db: Session, username: str, domain: str, code: str) -> None:
    try:
        NAME_SUBSCRIBER.run(db, username=username, domain=domain)
    except IntegrityError:
        if is_aliased(db, username, domain):
            raise AliasTaken(alias=code) from None
        raise SubscriberExists(account=code) from None


def _make_room(db: Session, did_id: int, number: str) -> Record:
    """Delete the free number that is this DID; give another free number with its id a new id.

    Returns values that keep the number in its inventory, if it was in one.
    """
    free = Did.subscriber_id.is_(None)
    inventory = db.scalar(select(Did.inventory_domain).where(free, Did.alias_username == number))
    if inventory is not None:
        db.execute(delete(Did).where(free, Did.alias_username == number))
    columns = (Did.alias_username, Did.inventory_domain, Did.origin)
    moving = db.execute(select(*columns).where(Did.id == did_id, free)).first()
    if moving is not None:
        db.execute(delete(Did).where(Did.id == did_id))
        db.execute(insert(Did).values(**moving._mapping))
    known = db.scalar(select(Did.id).where(Did.id == did_id))
    return {"inventory_domain": inventory, "origin": UPGRADE} if known is None else {}


def _listed_values(kind: str, row: Record, code: str) -> Record:
    if kind == "address":
        required(row, "id", "ip_address", "mask", "method", "protocol")
        checked = checked_address({**row, "port": row["port"] or 0})
        return with_proxy_columns(checked, code)
    required(row, "id")
    model = ACCOUNT_LISTS[kind][0]
    values = {name: value for name, value in row.items() if name in mapped_columns(model)}
    values.pop("id")
    return storable(model, values)
