"""DID numbers: the inventories of domains, and the accounts that have a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, delete, func, select, update

from sippulse_ws.db.statements import Session
from sippulse_ws.domain import dids
from sippulse_ws.domain.access import EVERYTHING
from sippulse_ws.domain.errors import DidTaken, DomainError, MissingField, SubscriberNotFound
from sippulse_ws.domain.values import storable, username_text
from sippulse_ws.files.fields import DecimalField, DomainField, Field, FlagField, NumberField
from sippulse_ws.files.kind import Identity, Kind, Record, Stored, chunks
from sippulse_ws.files.kinds.accounts import find_accounts, owner_of
from sippulse_ws.files.numbers import normal_number
from sippulse_ws.files.refusals import NeedsAccount
from sippulse_ws.files.upserts import insert_rows
from sippulse_ws.models import Did, Subscriber

_AT_ONCE = 500
# Columns that a number has only while it belongs to an account, with their defaults.
_OF_OWNER: Mapping[str, Any] = {
    "username": None,
    "destination_domain": None,
    "did_header": None,
    "did_to_ruri": False,
    "gwid": None,
    "local_area": None,
    "monthly_subscription": Decimal(0),
    "reverse_billing": False,
}
_NUMBERS = select(
    Did.alias_username.label("number"),
    func.coalesce(Did.inventory_domain, Subscriber.domain).label("domain"),
    Subscriber.account_code,
    Did.username,
    Did.domain.label("destination_domain"),
    Did.did_header,
    Did.did_to_ruri,
    Did.gwid,
    Did.local_area,
    Did.monthly_subscription,
    Did.reverse_billing,
).outerjoin(Subscriber, Subscriber.id == Did.subscriber_id)


class Dids(Kind):
    name = "dids"
    fields = (
        NumberField("number", required=True, also=("alias_username", "did", "numero")),
        DomainField("domain", also=("inventory_domain",)),
        Field("account_code", 129, also=("account", "accountcode", "conta")),
        Field("username", 64),
        DomainField("destination_domain"),
        Field("did_header"),
        FlagField("did_to_ruri", empty=False),
        Field("gwid"),
        Field("local_area"),
        DecimalField("monthly_subscription", empty=Decimal(0)),
        FlagField("reverse_billing", empty=False),
    )
    identity = ("number",)
    tries = True

    def check(self, record: Record) -> Record:
        """A number without account is free; with one, the domain may be left out."""
        number = username_text(record["number"], "number")
        checked: Record = {**_OF_OWNER, "domain": None, "account_code": None, **record}
        if checked["account_code"]:
            checked["account_code"] = owner_of(
                {name: checked[name] for name in ("account_code", "domain")}
            )
            checked["domain"] = checked["account_code"].rpartition("@")[2]
        elif checked["domain"] is None:
            raise MissingField(field="domain")
        for name, default in _OF_OWNER.items():
            if not checked["account_code"] and checked[name] != default:
                raise NeedsAccount(field=name)
        self.require_domain(checked["domain"])
        return checked | {"number": storable(Did, {"alias_username": number})["alias_username"]}

    def resolve(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        codes = [one["account_code"] for one in records if one["account_code"]]
        found = find_accounts(db, codes) if codes else {}
        wrong: dict[int, DomainError] = {}
        for place, record in enumerate(records):
            code = record["account_code"]
            if not code:
                continue
            owner = found.get(code)
            if owner is None:
                wrong[place] = SubscriberNotFound(account=code)
            else:  # the account itself, as with insertDid
                record["username"] = record["username"] or owner.username
                record["destination_domain"] = record["destination_domain"] or owner.domain
        return wrong

    def find(self, db: Session, records: Sequence[Record]) -> dict[Identity, Stored]:
        # stored by SOAP, a number may have a +, which the normal form lacks
        wanted = [form for one in records for form in (one["number"], f"+{one['number']}")]
        found: dict[Identity, Stored] = {}
        for some in chunks(wanted, _AT_ONCE):
            query = _NUMBERS.add_columns(Did.id).where(Did.alias_username.in_(some))
            for row in db.execute(query):
                number = normal_number(row.number)
                found[(number,)] = {**row._mapping, "sent": row.number, "number": number}
        return found

    def differences(self, stored: Stored, record: Record) -> Record:
        owner, wanted = stored["account_code"], record["account_code"]
        if (owner and wanted and owner != wanted) or stored["domain"] != record["domain"]:
            raise DidTaken(number=record["number"])
        if owner and not wanted and "account_code" not in self.placed:
            return {}  # in use, and in that inventory
        changes = super().differences(stored, record)
        if wanted and not owner:
            changes["account_code"] = wanted
        return changes

    def may_change(self, stored: Stored, changes: Record) -> bool:
        """True if a free number gets an account."""
        return not stored["account_code"] and bool(changes.get("account_code"))

    def insert(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        rows = [
            {"alias_username": one["number"], "inventory_domain": one["domain"]} for one in records
        ]
        insert_rows(db, Did, rows)
        wrong: dict[int, DomainError] = {}
        for place, record in enumerate(records):
            if record["account_code"]:
                try:
                    with db.savepoint():
                        _assign(db, record, record["number"])
                except DomainError as error:
                    wrong[place] = error
        if wrong:
            taken_back = [records[place]["number"] for place in wrong]
            db.execute(delete(Did).where(Did.alias_username.in_(taken_back)))
        return wrong

    def change(self, db: Session, stored: Stored, record: Record, changes: Record) -> None:
        if not record["account_code"]:
            dids.delete_did(db, EVERYTHING, stored["id"])
            return
        if stored["account_code"]:  # insert it anew, with the file's values
            inventory = update(Did).where(Did.id == stored["id"])
            db.execute(inventory.values(inventory_domain=record["domain"]))
            dids.delete_did(db, EVERYTHING, stored["id"])
        kept = {name: value for name, value in stored.items() if name in _OF_OWNER}
        told = {name: record[name] for name in self.placed if name in _OF_OWNER}
        where = {name: record[name] for name in ("username", "destination_domain")}
        _assign(db, {**record, **kept, **where, **told, **_told(where, told)}, stored["sent"])

    def in_scope(self, scope: Mapping[str, Any]) -> Select[Any] | None:
        return _NUMBERS.add_columns(Did.id).where(Did.inventory_domain == scope["domain"])

    def identify_row(self, row: Any) -> Identity:
        return (normal_number(row.number),)

    def remove(self, db: Session, row: Any) -> None:
        if row.account_code:
            raise DidTaken(number=row.number)
        db.execute(delete(Did).where(Did.id == row.id, Did.subscriber_id.is_(None)))

    def rows(self, scope: Mapping[str, Any]) -> Select[Any]:
        query = _NUMBERS.order_by(Did.alias_username)
        if not scope:
            return query
        return query.where(
            func.coalesce(Did.inventory_domain, Subscriber.domain) == scope["domain"]
        )


def _told(where: Record, told: Record) -> Record:
    """The destination: the account itself if the file's cell is empty."""
    return {name: told.get(name) or where[name] for name in where}


def _assign(db: Session, record: Record, number: str) -> None:
    values = {name: record[name] for name in _OF_OWNER if name != "destination_domain"}
    dids.insert_did(
        db,
        EVERYTHING,
        values
        | {
            "account_code": record["account_code"],
            "alias_username": number,
            "domain": record["destination_domain"],
        },
    )
