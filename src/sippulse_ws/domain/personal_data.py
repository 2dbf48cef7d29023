"""What is stored about a subscriber, table by table: for the dossier, and for forgetting.

`SECTIONS` has the tables with personal data, `IMPERSONAL` the others. A test checks that every
table is in one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select

from sippulse_ws.db.statements import Session
from sippulse_ws.domain import login_delays
from sippulse_ws.domain.errors import DomainNotFound, SubscriberNotFound
from sippulse_ws.models import (
    Acc,
    AccountGroup,
    AccountGroupMember,
    Address,
    AdmissionError,
    Audit,
    Base,
    CallHold,
    Cdr,
    CreditExpiry,
    CreditLedger,
    DailyStatistics,
    DbAlias,
    Did,
    DidFee,
    Domain,
    Event,
    EventDelivery,
    HuntGroupMember,
    IdempotencyKey,
    Location,
    LoginFailure,
    LowCreditNotice,
    RawCall,
    SipName,
    Subscriber,
    UserWhiteList,
)

# Credentials: a dossier says only that they exist.
SECRETS = frozenset("password password_portal ha1 ha1b pin_code voice_mail_password".split())
# What could be abused to act as the person, or is meaningless to people.
_NOT_TOLD = SECRETS | {"token", "digest", "once", "contents"}
# Prices, plans, routes, server state: nothing about a person.
IMPERSONAL = frozenset(
    "administrator administrator_domain background_job background_lease cdr_gateway cdr_provider "
    "cdr_rate_plan cdr_reseller daily_task dialplan domain former_name gateway guard hunt_group "
    "integrator integrator_domain numbering price_list price_list_row profile provider "
    "proxy_reload rate rate_plan reload_turn reseller route stored_setting".split()
)


@dataclass(frozen=True, slots=True)
class Person:
    """A subscriber, or what a removed one of that name has left behind."""

    account: str  # username@domain, as it was asked for
    subscriber_id: int | None
    names: frozenset[str]  # the account, and its names before its domain was renamed
    aliases: frozenset[str] = field(default_factory=frozenset)  # username@domain each

    @property
    def username(self) -> str:
        return self.account.rpartition("@")[0]

    @property
    def domain(self) -> str:
        return self.account.rpartition("@")[2]

    def named(self, column: Any) -> ColumnElement[bool]:
        """Rows whose column has one of the names."""
        found: ColumnElement[bool] = column.in_(sorted(self.names))
        return found

    def owned(self, column: Any) -> ColumnElement[bool]:
        """Rows that refer to the subscriber by its id."""
        return false() if self.subscriber_id is None else column == self.subscriber_id


Condition = Callable[[Person], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Section:
    """A table, and which of its rows are about a person."""

    name: str
    model: type[Base]
    about: Condition

    def query(self, person: Person) -> Select[Any]:
        """The rows, oldest first, without credentials."""
        table = self.model.__table__
        columns = [one for one in table.columns if one.name not in _NOT_TOLD]
        return select(*columns).where(self.about(person)).order_by(*table.primary_key.columns)  # type: ignore[attr-defined]

    def count(self, db: Session, person: Person) -> int:
        return count_rows(db, self.model, self.about(person))


def count_rows(db: Session, model: type[Base], condition: ColumnElement[bool]) -> int:
    return int(db.scalar(select(func.count()).select_from(model).where(condition)))


def _ledger(person: Person) -> ColumnElement[bool]:
    of_subscribers = CreditLedger.kind == "subscriber"
    own = or_(person.named(CreditLedger.account), person.owned(CreditLedger.account_id))
    return or_(and_(of_subscribers, own), person.named(CreditLedger.administrator))


def _groups(person: Person) -> ColumnElement[bool]:
    return person.owned(AccountGroup.manager_id)


def _members(person: Person) -> ColumnElement[bool]:
    managed = select(AccountGroup.id).where(_groups(person))
    own = person.owned(AccountGroupMember.subscriber_id)
    return or_(own, AccountGroupMember.account_group_id.in_(managed))


def _dids(person: Person) -> ColumnElement[bool]:
    delivered = and_(Did.username == person.username, Did.domain == person.domain)
    return or_(person.owned(Did.subscriber_id), delivered)


def _location(person: Person) -> ColumnElement[bool]:
    return and_(Location.username == person.username, Location.domain == person.domain)


def _login_failures(person: Person) -> ColumnElement[bool]:
    return and_(LoginFailure.realm == login_delays.CUSTOMER, person.named(LoginFailure.login))


def _holds(person: Person) -> ColumnElement[bool]:
    return or_(person.named(CallHold.account), person.owned(CallHold.subscriber_id))


def mentions(column: Any, person: Person) -> ColumnElement[bool]:
    """Rows that may be about the person; `is_about` or `replace_names` checks each."""
    texts = {name.rpartition("@")[0] for name in person.names | person.aliases}
    return or_(*(column.contains(text, autoescape=True) for text in sorted(texts)))


def _keys(person: Person) -> ColumnElement[bool]:
    texts = [IdempotencyKey.answer.contains(one, autoescape=True) for one in sorted(person.names)]
    return or_(person.named(IdempotencyKey.login), *texts)


def audited(person: Person) -> ColumnElement[bool]:
    return or_(person.named(Audit.login), mentions(Audit.object, person))


SECTIONS: Sequence[Section] = (
    Section("subscriber", Subscriber, lambda one: one.owned(Subscriber.id)),
    Section("names", SipName, lambda one: one.owned(SipName.subscriber_id)),
    Section("aliases", DbAlias, lambda one: one.owned(DbAlias.subscriber_id)),
    Section("dids", Did, _dids),
    Section("white_list", UserWhiteList, lambda one: one.owned(UserWhiteList.subscriber_id)),
    Section("addresses", Address, lambda one: one.owned(Address.subscriber_id)),
    Section("registrations", Location, _location),
    Section("hunt_groups", HuntGroupMember, lambda one: one.owned(HuntGroupMember.subscriber_id)),
    Section("managed_group", AccountGroup, _groups),
    Section("account_groups", AccountGroupMember, _members),
    Section("ledger", CreditLedger, _ledger),
    Section("credit_expiries", CreditExpiry, lambda one: one.owned(CreditExpiry.subscriber_id)),
    Section("did_fees", DidFee, lambda one: one.owned(DidFee.subscriber_id)),
    Section("mails", LowCreditNotice, lambda one: one.owned(LowCreditNotice.subscriber_id)),
    Section(
        "daily_statistics", DailyStatistics, lambda one: one.named(DailyStatistics.account_code)
    ),
    Section("calls", Cdr, lambda one: one.named(Cdr.accountcode)),
    Section("failed_calls", Acc, lambda one: one.named(Acc.accountcode)),
    Section("raw_calls", RawCall, lambda one: one.named(RawCall.account)),
    Section("calls_under_way", CallHold, _holds),
    Section("admission_errors", AdmissionError, lambda one: one.named(AdmissionError.account)),
    Section("events", Event, lambda one: one.named(Event.account)),
    Section("event_deliveries", EventDelivery, lambda one: one.named(EventDelivery.account)),
    Section("failed_logins", LoginFailure, _login_failures),
    Section("idempotency_keys", IdempotencyKey, _keys),
    Section("audit", Audit, audited),
)
BY_MODEL: Mapping[type[Base], Section] = {one.model: one for one in SECTIONS}


def find_person(db: Session, account: str) -> Person:
    """The subscriber with its earlier names, or a removed one that had the name.

    Raises DomainNotFound, or SubscriberNotFound.
    """
    username, _, domain = account.rpartition("@")
    if not username or not domain:
        raise SubscriberNotFound(account=account)
    found = db.execute(select(Subscriber.id).where(Subscriber.account_code == account)).scalar()
    if found is None:
        person = Person(account, None, frozenset([account]))
        known = db.execute(select(Domain.id).where(Domain.domain == domain)).first()
        if known is None and not _has_left(db, person):
            raise DomainNotFound(domain=domain)
        return person
    names = set(_earlier_names(db, int(found), account)) | {account}
    aliases = select(DbAlias.alias_username + "@" + DbAlias.alias_domain)
    own = db.execute(aliases.where(DbAlias.subscriber_id == found)).scalars()
    return Person(account, int(found), frozenset(names), frozenset(own))


def _has_left(db: Session, person: Person) -> bool:
    """Whether any row has the name; a text that mentions it may mean somebody else."""
    sections = (one for one in SECTIONS if one.model not in (Audit, IdempotencyKey))
    return any(one.count(db, person) for one in sections)


def _earlier_names(db: Session, subscriber_id: int, account: str) -> Iterator[str]:
    """Earlier names found in the ledger, unless another account has them today."""
    own = (CreditLedger.kind == "subscriber") & (CreditLedger.account_id == subscriber_id)
    taken = select(Subscriber.id).where(Subscriber.account_code == CreditLedger.account).exists()
    names = select(CreditLedger.account).distinct().where(own, ~taken)
    for name in db.execute(names).scalars():
        if name != account and name.rpartition("@")[0] == account.rpartition("@")[0]:
            yield name
