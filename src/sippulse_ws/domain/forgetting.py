"""Forgets a subscriber (LGPD): personal data are erased, amounts and legal records stay."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    Row,
    String,
    and_,
    cast,
    delete,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    update,
)

from sippulse_ws.db.statements import Session
from sippulse_ws.domain import audit_names, dids, events
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.former_names import note_former_name
from sippulse_ws.domain.local_time import wall_time
from sippulse_ws.domain.personal_data import BY_MODEL, Person, count_rows
from sippulse_ws.domain.webhooks import PATIENCE, WAITING, without_person
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
    CreditLedger,
    DailyStatistics,
    DbAlias,
    Did,
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
from sippulse_ws.wording import Wording

# Kept of a forgotten account: what it was sold, its balance, how its calls were limited.
KEPT_FIELDS = frozenset(
    "id domain profile rate_plan_id reseller_id reseller_rate_plan_id reseller_billing_type "
    "reseller_markup credit credit_expires_at held low_credit_limit daily_quota daily_quota_type "
    "daily_quota_limit daily_quota_consumed monthly_quota monthly_quota_type monthly_quota_limit "
    "monthly_quota_consumed".split()
)
# Tables whose rows are deleted: they belong to the account, or refer to it.
_GOES = (
    *(DbAlias, UserWhiteList, Address, Location, HuntGroupMember, AccountGroupMember),
    *(AccountGroup, LowCreditNotice, LoginFailure, AdmissionError),
)
_AT_ONCE = 1000
# Of each kind of call record: the column of the time, and columns about the person.
_CALLS: Mapping[type[Base], tuple[str, tuple[str, ...], str]] = {
    Cdr: ("call_start_time", ("src_uri", "dst_uri", "caller_id", "src_ip"), "sip_call_id"),
    Acc: ("time", ("src_uri", "dst_uri", "caller_id", "src_ip"), "callid"),
    RawCall: ("started", ("src_uri", "dst_uri", "caller_id", "src_ip", "dst_ip"), "call_id"),
}
_ACCOUNT = {Cdr: "accountcode", Acc: "accountcode", RawCall: "account"}


class CallsUnderWay(DomainError):
    code = "calls-under-way"
    wording = Wording(
        "{account} tem chamadas em curso ou ainda não tarifadas ({count}): tente depois",
        "{account} has calls under way or not rated yet ({count}): try again later",
    )


@dataclass(slots=True)
class Forgotten:
    """What was done: rows per table, and call records that must still be kept."""

    pseudonym: str
    changed: dict[str, int] = field(default_factory=dict)
    kept_calls: int = 0
    kept_until: dt.date | None = None  # when the last of them is old enough
    waiting_events: int = 0  # not yet delivered to other systems

    def note(self, table: str, count: int) -> None:
        if count:
            self.changed[table] = self.changed.get(table, 0) + count


def forget_account(db: Session, person: Person, *, tells: bool) -> Forgotten:
    """Forget everything but call records, in one transaction.

    `tells`: other systems get events, also of this. Raises CallsUnderWay while calls are in
    progress or not rated.
    """
    _refuse_calls_under_way(db, person)
    done = Forgotten(_find_pseudonym(db, person))
    if person.subscriber_id is not None:
        if tells and not is_forgotten(person):
            events.emit(db, events.SUBSCRIBER_REMOVED, person.account, {})
        if count_rows(db, Did, Did.subscriber_id == person.subscriber_id):
            dids.release_all(db, person.subscriber_id)
        _redirect_dids(db, person)
    for model in _GOES:
        done.note(model.__tablename__, _delete(db, model, BY_MODEL[model].about(person)))
    if person.subscriber_id is not None:
        _anonymise_subscriber(db, person, done)
    _anonymise_ledger(db, person, done)
    _anonymise_statistics(db, person, done)
    _forget_events(db, person, done, tells=tells)
    _anonymise_keys(db, person, done)
    _anonymise_audit(db, person, done)
    return done


def forget_calls(
    transaction: Callable[[], Any], person: Person, done: Forgotten, years: int, zone: ZoneInfo
) -> None:
    """Make call records beyond the legal term anonymous, in batches; count the others."""
    now = dt.datetime.now(dt.UTC)
    for model, (time, _, _) in _CALLS.items():
        limit = years_before(now, years)
        moment = limit if model is RawCall else wall_time(limit, zone)
        column = model.__table__.columns[time]
        while True:
            with transaction() as db:
                count = _anonymise_calls(db, model, person, done.pseudonym, column < moment)
                done.note(model.__tablename__, count)
                if count < _AT_ONCE:
                    break
        with transaction() as db:
            kept = BY_MODEL[model].about(person)
            done.kept_calls += count_rows(db, model, kept)
            newest = db.execute(select(func.max(column)).where(kept)).scalar()
        if newest is not None:
            until = years_before(newest, -years).date() + dt.timedelta(days=1)
            done.kept_until = max(done.kept_until or until, until)


def years_before(moment: dt.datetime, years: int) -> dt.datetime:
    """The same day and hour so many years earlier; the 28th for the 29th of February."""
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:
        return moment.replace(year=moment.year - years, day=28)


def is_forgotten(person: Person) -> bool:
    return person.username == _pseudonym(person.subscriber_id)


def _pseudonym(subscriber_id: object) -> str:
    return f"forgotten-{subscriber_id}"


def _find_pseudonym(db: Session, person: Person) -> str:
    """The pseudonym for all rows, which nobody else has."""
    known = person.subscriber_id
    if known is None:
        ledger = CreditLedger.account == person.account, CreditLedger.kind == "subscriber"
        known = db.execute(select(func.max(CreditLedger.account_id)).where(*ledger)).scalar()
    name = _pseudonym(known) if known is not None else _pseudonym(f"x{secrets.token_hex(4)}")
    account = f"{name}@{person.domain}"
    others = (Subscriber.account_code == account) & (Subscriber.id != (known or 0))
    if db.execute(select(Subscriber.id).where(others)).first():
        account = f"{name}-{secrets.token_hex(4)}@{person.domain}"
    return account


def _refuse_calls_under_way(db: Session, person: Person) -> None:
    if person.subscriber_id is not None:
        own = select(Subscriber.id).where(Subscriber.id == person.subscriber_id)
        db.execute(own.with_for_update())  # so that no call is admitted meanwhile
    held = count_rows(db, CallHold, BY_MODEL[CallHold].about(person))
    new = and_(BY_MODEL[RawCall].about(person), RawCall.state == 0)
    if count := held + count_rows(db, RawCall, new):
        raise CallsUnderWay(account=person.account, count=count)


def _anonymise_subscriber(db: Session, person: Person, done: Forgotten) -> None:
    if is_forgotten(person) or person.subscriber_id is None:
        return
    note_former_name(db, person.account, person.subscriber_id)
    username = done.pseudonym.rpartition("@")[0]
    values: dict[str, Any] = {}
    for column in Subscriber.__table__.columns:
        if column.name not in KEPT_FIELDS:
            default = column.server_default
            values[column.name] = None if default is None else default.arg
    own = Subscriber.id == person.subscriber_id
    values |= {
        "username": username,
        "account_code": done.pseudonym,
        "active": False,
        "active_incoming_calls": False,
        "active_outgoing_calls": False,
        # random: no known password has these hashes
        "ha1": secrets.token_hex(16),
        "ha1b": secrets.token_hex(16),
    }
    done.note("subscriber", db.execute(update(Subscriber).where(own).values(values)).rowcount)
    named = SipName.subscriber_id == person.subscriber_id
    db.execute(update(SipName).where(named).values(username=username))


def _redirect_dids(db: Session, person: Person) -> None:
    """Numbers of other accounts that were delivered here are delivered to their owners."""
    delivered = and_(Did.username == person.username, Did.domain == person.domain)
    owner = select(Subscriber.username).where(Subscriber.id == Did.subscriber_id).scalar_subquery()
    domain = select(Subscriber.domain).where(Subscriber.id == Did.subscriber_id).scalar_subquery()
    db.execute(update(Did).where(delivered).values(username=owner, domain=domain))


def _anonymise_ledger(db: Session, person: Person, done: Forgotten) -> None:
    """Rename ledger rows; value, balance and moment stay."""
    named = person.named(CreditLedger.administrator)
    db.execute(update(CreditLedger).where(named).values(administrator=done.pseudonym))
    own = BY_MODEL[CreditLedger].about(person)
    ids = select(CreditLedger.account_id).distinct().where(own)
    for account_id in db.execute(ids).scalars().all():
        mine = account_id == person.subscriber_id
        name = done.pseudonym if mine else f"{_pseudonym(account_id)}@{person.domain}"
        rows = and_(own, CreditLedger.account_id == account_id)
        changed = or_(CreditLedger.account != name, CreditLedger.obs.is_not(None))
        values = {"account": name, "obs": None}
        count = db.execute(update(CreditLedger).where(rows, changed).values(values)).rowcount
        done.note("credit_ledger", count)


def _anonymise_statistics(db: Session, person: Person, done: Forgotten) -> None:
    rows = BY_MODEL[DailyStatistics].about(person)
    rows = and_(rows, DailyStatistics.account_code != done.pseudonym)
    values = {"account_code": done.pseudonym}
    done.note(
        "daily_statistics", db.execute(update(DailyStatistics).where(rows).values(values)).rowcount
    )


def _forget_events(db: Session, person: Person, done: Forgotten, *, tells: bool) -> None:
    """Delete events without pending deliveries, and late ones; others go once delivered."""
    own = BY_MODEL[Event].about(person)
    deliveries = exists().where(EventDelivery.event_id == Event.id)
    waiting = deliveries.where(EventDelivery.state == WAITING)
    if tells:
        in_time = Event.at >= dt.datetime.now(dt.UTC) - PATIENCE
        unheard = and_(in_time, or_(Event.dispatched.is_(False), waiting))
        for event in db.execute(select(Event.id, Event.data).where(own, unheard)).all():
            marked = {"data": without_person(event.data)}
            db.execute(update(Event).where(Event.id == event.id).values(marked))
            done.waiting_events += 1
        own = and_(own, not_(unheard))
    ids = list(db.execute(select(Event.id).where(own)).scalars())
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        _delete(db, EventDelivery, EventDelivery.event_id.in_(some))
        done.note("event", _delete(db, Event, Event.id.in_(some)))


def _anonymise_keys(db: Session, person: Person, done: Forgotten) -> None:
    columns = IdempotencyKey.token, IdempotencyKey.login, IdempotencyKey.answer
    query = select(*columns).where(BY_MODEL[IdempotencyKey].about(person))
    for row in db.execute(query).all():
        answer = row.answer and audit_names.replace_names(row.answer, person.names, done.pseudonym)
        login = done.pseudonym if row.login in person.names else row.login
        if (answer, login) != (row.answer, row.login):
            one = update(IdempotencyKey).where(IdempotencyKey.token == row.token)
            db.execute(one.values(answer=answer, login=login))
            done.note("idempotency_key", 1)


def _anonymise_audit(db: Session, person: Person, done: Forgotten) -> None:
    for row in audit_of(db, person):
        values = {"object": audit_names.without_person(row.object, person, done.pseudonym)}
        if row.login in person.names:
            values |= {"login": done.pseudonym, "address": ""}
        if any(getattr(row, name) != value for name, value in values.items()):
            db.execute(update(Audit).where(Audit.id == row.id).values(values))
            done.note("audit", 1)


def audit_of(db: Session, person: Person) -> Iterator[Row[Any]]:
    """The audit rows about the person, oldest first, read in batches."""
    last = 0
    while True:
        found = BY_MODEL[Audit].query(person).where(Audit.id > last).limit(_AT_ONCE)
        rows = db.execute(found).all()
        yield from (row for row in rows if audit_names.is_about(row.object, row.login, person))
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1].id


def _anonymise_calls(
    db: Session, model: type[Base], person: Person, pseudonym: str, old: Any
) -> int:
    """Make a batch of old records anonymous; price, duration and prefix stay."""
    columns = model.__table__.columns
    time, personal, call_id = _CALLS[model]
    own = and_(BY_MODEL[model].about(person), old)
    own = and_(own, columns[_ACCOUNT[model]] != pseudonym)
    rows = db.execute(select(columns["id"], columns[time]).where(own).limit(_AT_ONCE)).all()
    if not rows:
        return 0
    values: dict[str, Any] = dict.fromkeys((*personal, "user_agent"))
    values[_ACCOUNT[model]] = pseudonym
    values[call_id] = literal("forgotten-").concat(cast(columns["id"], String(20)))
    if model is RawCall:
        values["number"] = ""
    if model is Cdr:
        values["rating"] = None
    times = [row[1] for row in rows]
    some = columns["id"].in_([row.id for row in rows])
    near = columns[time].between(min(times), max(times))  # so that few partitions are read
    return db.execute(update(model).where(some, near).values(values)).rowcount


def _delete(db: Session, model: type[Base], condition: Any) -> int:
    return db.execute(delete(model).where(condition)).rowcount
