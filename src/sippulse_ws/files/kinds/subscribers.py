"""Subscribers, with aliases, DIDs and addresses in the same line."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import BigInteger, Boolean, Double, Integer, Select, delete, select

from sippulse_ws.db.statements import Session
from sippulse_ws.domain import subscribers
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.new_subscribers import (
    AskedSubscriber,
    all_fit,
    asked_subscriber,
    checked_row,
)
from sippulse_ws.domain.passwords import PORTAL, SIP, is_right
from sippulse_ws.domain.subscriber_batches import BatchFacts, insert_subscribers
from sippulse_ws.domain.vault import Vault
from sippulse_ws.files.fields import (
    ContactField,
    DecimalField,
    DomainField,
    Field,
    FlagField,
    IntegerField,
    NameField,
)
from sippulse_ws.files.groups import ADDRESSES, ALIASES, GROUPS, NUMBERS, group_of
from sippulse_ws.files.kind import Identity, Kind, Record, Stored, chunks
from sippulse_ws.files.kinds.subscriber_groups import (
    add_stored_groups,
    missing_of_groups,
    store_groups,
)
from sippulse_ws.files.refusals import AccountsDiffer
from sippulse_ws.models import Subscriber
from sippulse_ws.models.types import Money, as_money

_AT_ONCE = 500
# Letters and digits that cannot be mistaken for one another.
ALPHABET = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_PASSWORDS = (SIP, PORTAL)
# Fields of digits, which a spreadsheet may have shortened (5.54E+12).
_NAMES = frozenset("username document contract_number zip number city_code".split())
_CONTACTS = frozenset({"phone", "mobile"})
_REFERENCES = frozenset({"rate_plan_id", "reseller_id", "reseller_rate_plan_id"})
_WRITTEN = [name for name in subscribers.CORE if name not in ("id", "account_code")]

Generated = Callable[[Sequence[tuple[str, str, str]]], None]


def _field(name: str) -> Field:
    sort = Subscriber.__table__.columns[name].type
    if name == "domain":
        return DomainField(name, required=True)
    if name in _NAMES:
        return NameField(name, required=name == "username")
    if name in _CONTACTS:
        return ContactField(name)
    made: list[tuple[type, Callable[[], Field]]] = [
        (BigInteger, lambda: IntegerField(name, low=0, high=2**63 - 1)),
        (Boolean, lambda: FlagField(name)),
        (Integer, lambda: IntegerField(name)),
        (Double, lambda: DecimalField(name, binary=True)),
        (Money, lambda: DecimalField(name)),
    ]
    make = next((make for kind, make in made if isinstance(sort, kind)), None)
    return Field(name, required=name == "profile") if make is None else make()


@cache
def _group(name: str) -> str | None:
    """The group of a column: `aliases` for `alias_2`; None if it is of no group."""
    group = name.rstrip("0123456789").rstrip("_")
    return group if group in GROUPS else None


class Subscribers(Kind):
    name = "subscribers"
    fields = (
        *(_field(name) for name in ("username", "domain", "profile")),
        Field(SIP),
        Field(PORTAL),
        *(_field(name) for name in _WRITTEN if name not in ("username", "domain", "profile")),
        Field("account_code", also=("account", "accountcode", "conta")),
    )
    identity = ("username", "domain")
    not_compared = frozenset({*_PASSWORDS, "account_code"})
    secret = frozenset(_PASSWORDS)
    tries = True

    def __init__(
        self,
        vault: Vault | None = None,
        generate: int | None = None,
        generated: Generated | None = None,
    ) -> None:
        super().__init__()
        self._vault = vault or Vault()  # exports neither open nor seal passwords
        self._generate = generate
        self._tell_generated = generated
        self._made: dict[str, str] = {}  # by account, since a batch may be repeated
        self._empty: dict[str, bool] | None = {}  # by domain

    def numbered(self, name: str) -> Field | None:
        """The field of alias_1, did_2, ip_address_3, or of aliases, dids, ip_addresses."""
        return group_of(name)

    def begin(self, db: Session) -> None:
        super().begin(db)
        self._facts = BatchFacts(db)

    def check(self, record: Record) -> Record:
        code = record.get("account_code")
        if code is not None and code != f"{record['username']}@{record['domain']}":
            raise AccountsDiffer("account_code", code)
        self.require_domain(record["domain"])
        groups: Record = {group: [] for group in GROUPS}
        checked: Record = {}
        for name, value in record.items():
            if (group := _group(name)) is not None:
                groups[group] += value
            else:
                checked[name] = _as_stored(value)
        return checked | groups

    def check_columns(self, columns: Mapping[str, list[Any]]) -> list[Record] | None:
        if "account_code" in columns or any(map(_group, columns)):
            return super().check_columns(columns)
        for domain in set(columns["domain"]):
            self.require_domain(domain)
        stored = [
            list(map(_as_stored, values)) if Decimal in map(type, values) else values
            for values in columns.values()
        ]
        rows = zip(*stored, strict=True)
        return [
            {**dict(zip(columns, row, strict=True)), **{group: [] for group in GROUPS}}
            for row in rows
        ]

    def find(self, db: Session, records: Sequence[Record]) -> dict[Identity, Stored]:
        columns = [getattr(Subscriber, name) for name in (*subscribers.CORE, *_PASSWORDS)]
        domains = {one["domain"] for one in records}
        had_some = {domain for domain in sorted(domains) if not self._was_empty(db, domain)}
        own = (one for one in records if one["domain"] in had_some) if had_some else ()
        codes = [f"{one['username']}@{one['domain']}" for one in own]
        found: dict[Identity, Stored] = {}
        for some in chunks(codes, _AT_ONCE):
            query = select(*columns).where(Subscriber.account_code.in_(some))
            for row in db.execute(query):
                found[row.username, row.domain] = row._asdict()
        if found and any(map(_has_groups, records)):
            add_stored_groups(db, found)
        return found

    def look_again(self) -> None:
        self._empty = None
        self._facts.look_again()

    def _was_empty(self, db: Session, domain: str) -> bool:
        """Whether the domain was empty before this run, so that all subscribers are the run's."""
        if self._empty is None:
            return False
        if domain not in self._empty:
            query = select(Subscriber.id).where(Subscriber.domain == domain).limit(1)
            self._empty[domain] = db.execute(query).first() is None
        return self._empty[domain]

    def differences(self, stored: Stored, record: Record) -> Record:
        changes: Record = {}
        for name in self.placed - self.not_compared:
            if name not in subscribers.CORE or name == "id":
                continue
            value, old = record[name], stored[name]
            if value is None:
                value = _emptied(name, old)
            if value is not None and value != old:
                changes[name] = value
        for name in _PASSWORDS:
            row = SimpleNamespace(**stored)
            if record.get(name) and not is_right(self._vault, row, name, record[name]):
                changes[name] = record[name]
        return changes | missing_of_groups(stored, record)

    def insert(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        self._facts.read(db, records)
        wrong: dict[int, DomainError] = {}
        asked: dict[int, AskedSubscriber] = {}
        rows: dict[int, dict[str, Any]] = {}
        for place, record in enumerate(records):
            try:
                self._give_password(record)
                asked[place] = asked_subscriber(record)
            except DomainError as error:
                wrong[place] = error
        fits = all_fit(asked.values())
        for place, one in asked.items():
            try:
                facts = self._facts.of(records[place])
                rows[place] = checked_row(self._vault, one, facts, fits=fits)
            except DomainError as error:
                wrong[place] = error
        if rows:
            insert_subscribers(db, list(rows.values()))
        for place in rows:
            if not _has_groups(records[place]):
                continue
            try:
                with db.savepoint():
                    store_groups(db, records[place], records[place])
            except DomainError as error:
                wrong[place] = error
                taken_back = Subscriber.account_code == rows[place]["account_code"]
                db.execute(delete(Subscriber).where(taken_back))
        self._tell(records, wrong)
        return wrong

    def change(self, db: Session, stored: Stored, record: Record, changes: Record) -> None:
        own = {name: value for name, value in changes.items() if name not in GROUPS}
        if own:
            key = {"username": record["username"], "domain": record["domain"]}
            rows = [SimpleNamespace(id=stored["id"])]
            subscribers.update_subscriber(db, self._vault, rows, key | own)
        store_groups(db, record, changes)

    def in_scope(self, scope: Mapping[str, Any]) -> Select[Any] | None:
        columns = Subscriber.id, Subscriber.username, Subscriber.domain
        return select(*columns).where(Subscriber.domain == scope["domain"])

    def remove(self, db: Session, row: Any) -> None:
        subscribers.remove_subscriber(db, row)

    def rows(self, scope: Mapping[str, Any]) -> Select[Any]:
        query = select(*(getattr(Subscriber, name) for name in _WRITTEN))
        if "domain" in scope:
            query = query.where(Subscriber.domain == scope["domain"])
        return query.order_by(Subscriber.domain, Subscriber.username)

    def _give_password(self, record: Record) -> None:
        if record.get(SIP) or self._generate is None:
            return
        account = f"{record['username']}@{record['domain']}"
        if account not in self._made:
            self._made[account] = "".join(secrets.choice(ALPHABET) for _ in range(self._generate))
        record[SIP] = self._made[account]

    def _tell(self, records: Sequence[Record], wrong: Mapping[int, DomainError]) -> None:
        """Write out generated passwords before the commit, or they might be lost."""
        if not self._made:
            return
        told = []
        for place, record in enumerate(records):
            account = f"{record['username']}@{record['domain']}"
            if account in self._made and place not in wrong:
                told.append((record["username"], record["domain"], self._made.pop(account)))
        if told and self._tell_generated is not None:
            self._tell_generated(told)


def _has_groups(record: Record) -> bool:
    return bool(record[ALIASES] or record[NUMBERS] or record[ADDRESSES])


def _as_stored(value: Any) -> Any:
    return as_money(value) if isinstance(value, Decimal) else value


def _emptied(name: str, old: Any) -> Any:
    """What an empty cell does to a value: texts and references are cleared, others stay."""
    if name in _REFERENCES:
        return 0 if old else None
    return "" if isinstance(old, str) and old and name not in ("city_code", "local_area") else None
