"""Credit of subscribers: one atomic update, and its row in the ledger."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import (
    BigInteger,
    String,
    bindparam,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import aliased

from sippulse_ws.db.statements import Prepared, Session
from sippulse_ws.domain import events
from sippulse_ws.domain.errors import InvalidField, MissingField, SubscriberNotFound
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.repeat_errors import RepeatedCredit
from sippulse_ws.domain.subscribers import key, reading
from sippulse_ws.domain.values import amount, storable
from sippulse_ws.models import CreditLedger, RatePlan, Reseller, Subscriber
from sippulse_ws.models.types import MONEY_LIMIT, MONEY_UNIT, Key, Money, UtcDateTime

SUBSCRIBER = "subscriber"
RESELLER = "reseller"


CREDIT = reading(Subscriber.credit)
# What adding credit needs to know of the account, read along with the principal.
WITH_PLAN = reading(
    Subscriber.account_code,
    Subscriber.credit,
    Subscriber.credit_expires_at,
    RatePlan.prepaid,
    RatePlan.limit_to_credit_expires,
    joins=[(RatePlan, RatePlan.id == Subscriber.rate_plan_id)],
)


class CreditedAccount(Protocol):
    """A row of WITH_PLAN; without a plan its columns are None."""

    id: int
    account_code: str
    credit: Decimal
    credit_expires_at: dt.datetime | None
    prepaid: bool | None
    limit_to_credit_expires: int | None


def get_account(db: Session, username: str, domain: str) -> CreditedAccount:
    """The row of WITH_PLAN, for callers that have no principal."""
    row: CreditedAccount | None = db.execute(
        select(
            Subscriber.id,
            Subscriber.account_code,
            Subscriber.credit,
            Subscriber.credit_expires_at,
            RatePlan.prepaid,
            RatePlan.limit_to_credit_expires,
        )
        .outerjoin(RatePlan, RatePlan.id == Subscriber.rate_plan_id)
        .where(key(username, domain))
    ).one_or_none()  # never another account's plan
    if row is None:
        raise SubscriberNotFound(account=f"{username}@{domain}")
    return row


_LIMIT = MONEY_LIMIT - MONEY_UNIT
_change = bindparam("change", type_=Money)
# One atomic statement, and only if the balance still fits its column.
_ADD = Prepared(
    update(Subscriber)
    .where(
        Subscriber.id == bindparam("account_id"),
        Subscriber.credit.between(
            bindparam("lowest", type_=Money), bindparam("highest", type_=Money)
        ),
    )
    .values(
        credit=Subscriber.credit + _change,
        credit_expires_at=func.coalesce(
            bindparam("expires_at", type_=UtcDateTime), Subscriber.credit_expires_at
        ),
    )
)


def add_credit(
    db: Session,
    administrator: str,
    account: CreditedAccount,
    value: float | None,
    obs: str | None,
    repeated_minutes: int | None = None,
) -> None:
    """Add (or, negative, take) credit. A prepaid plan may let it expire after some days.

    `account` is a row of WITH_PLAN; for `repeated_minutes` see `refuse_repeated`.
    """
    change = credit_change(value)
    now = dt.datetime.now(dt.UTC)
    days = account.limit_to_credit_expires or 0
    expires = now + dt.timedelta(days) if account.prepaid and days > 0 and change > 0 else None
    lowest, highest = credit_bounds(change)
    added = _ADD.queue(
        db,
        account_id=account.id,
        change=change,
        expires_at=expires,
        lowest=lowest,
        highest=highest,
    )
    refuse_repeated(db, SUBSCRIBER, account.id, change, obs, repeated_minutes)
    _tell_revived(db, administrator, account, now, expires)
    told = {"value": change, "obs": obs, "expires_at": expires}
    events.emit(db, events.CREDIT_ADDED, account.account_code, told)
    LEDGER[SUBSCRIBER].run(
        db,
        at=now,
        account_id=account.id,
        account=account.account_code,
        change=change,
        obs=ledger_obs(obs),
        administrator=administrator,
        expires_at=expires,
    )
    if added.result.matched == 0:
        if db.execute(select(Subscriber.id).where(Subscriber.id == account.id)).first() is None:
            raise SubscriberNotFound(account=account.account_code)  # removed in this moment
        raise InvalidField("value", Reason.BALANCE_TOO_LARGE)


def _tell_revived(
    db: Session,
    administrator: str,
    account: CreditedAccount,
    now: dt.datetime,
    expires: dt.datetime | None,
) -> None:
    """Expired credit becomes valid again; a ledger row with value 0 records that."""
    before = account.credit_expires_at
    if expires is not None and account.credit > 0 and before is not None and before < now:
        LEDGER[SUBSCRIBER].queue(
            db,
            at=now,
            account_id=account.id,
            account=account.account_code,
            change=Decimal(0),
            obs=f"{account.credit:f} valid again, expired {before:%Y-%m-%d}",
            administrator=administrator,
            expires_at=expires,
        )


def credit_change(value: float | None) -> Decimal:
    """The exact amount of a credit operation: finite, and not zero once rounded."""
    if value is None:
        raise MissingField(field="value")
    change = amount(value, "value")
    if change == 0:
        raise InvalidField("value", Reason.ZERO)
    return change


def credit_bounds(change: Decimal) -> tuple[Decimal, Decimal]:
    """The least and the largest balance whose sum with this change fits the column."""
    return -_LIMIT - min(change, Decimal(0)), _LIMIT - max(change, Decimal(0))


class _Alike(Protocol):
    id: int
    at: dt.datetime
    obs: str | None


_reversal = aliased(CreditLedger)
_ALIKE = Prepared(
    select(CreditLedger.id, CreditLedger.at, CreditLedger.obs)
    .where(
        CreditLedger.kind == bindparam("kind", type_=String),
        CreditLedger.account_id == bindparam("account_id"),
        CreditLedger.value == bindparam("change", type_=Money),
        CreditLedger.at >= bindparam("since", type_=UtcDateTime),
        ~exists().where(_reversal.reverses == CreditLedger.id),
    )
    .order_by(CreditLedger.id.desc())
)


def refuse_repeated(
    db: Session,
    kind: str,
    account_id: int,
    change: Decimal,
    obs: str | None,
    minutes: int | None,
) -> None:
    """Raise RepeatedCredit if the ledger has the same value and remark in the last minutes.

    Called after the balance's row is locked, so that of two concurrent requests the second sees the
    first.
    """
    if minutes is None or not obs or not obs.strip():
        return
    since = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=minutes)
    alike: list[_Alike] = _ALIKE.all(
        db, kind=kind, account_id=account_id, change=change, since=since
    )
    for row in alike:
        if row.obs == obs:
            raise RepeatedCredit(row=row.id, at=f"{row.at:%Y-%m-%d %H:%M:%S}")


def ledger_obs(obs: str | None) -> str | None:
    """The remark. Raises InvalidField if it does not fit its column."""
    storable(CreditLedger, {"obs": obs})
    return obs


def _ledger_entry(kind: str, table: type[Subscriber | Reseller]) -> Prepared:
    values: dict[str, Any] = {
        "at": bindparam("at", type_=UtcDateTime),
        "kind": literal(kind),
        "account_id": table.id,
        "account": bindparam("account", type_=Key(160)),
        "value": bindparam("change", type_=Money),
        "balance": table.credit,
        "obs": bindparam("obs", type_=String),
        "administrator": bindparam("administrator", type_=Key(128)),
        "expires_at": bindparam("expires_at", type_=UtcDateTime),
        "reverses": bindparam("reverses", type_=BigInteger),
    }
    balance = select(*values.values()).where(table.id == bindparam("account_id"))
    entry = insert(CreditLedger).from_select(list(values), balance)
    return Prepared(entry, {"reverses": None})


# The ledger's row of a change, by kind of account; its balance is the one the account has now.
LEDGER = {
    SUBSCRIBER: _ledger_entry(SUBSCRIBER, Subscriber),
    RESELLER: _ledger_entry(RESELLER, Reseller),
}
