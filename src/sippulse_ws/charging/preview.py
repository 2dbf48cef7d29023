"""What turning charging on would do: which calls it refuses, what it charges and resets."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import exists, func, select

from sippulse_ws.charging.accounts import load_accounts
from sippulse_ws.charging.admission import standing_refusal
from sippulse_ws.charging.rating import BATCH, price_calls
from sippulse_ws.db.statements import Session
from sippulse_ws.models import Did, Rate, RatePlan, RawCall, Subscriber

REFUSED, CHARGED, RESET = "refused", "charged", "reset"
OFF = 3  # state of a raw record that was written while charging was off


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One consequence; `amount` is money, or the use of a quota."""

    effect: str
    who: str
    why: str
    amount: Decimal | None = None


def foresee(db: Session, days: int, expired_credit: str) -> Iterator[Foreseen]:
    """All consequences, with the costs of the calls of the last `days`. Nothing is written."""
    yield from _refused_accounts(db)
    yield from _refused_plans(db)
    yield from _call_costs(db, dt.datetime.now(dt.UTC) - dt.timedelta(days=days))
    yield from _fees(db)
    yield from _quotas(db)
    yield from _expired(db, expired_credit)


def _refused_accounts(db: Session) -> Iterator[Foreseen]:
    """Accounts whose calls to gateways would be refused, whatever their destination."""
    last = 0
    while True:
        rows = db.execute(
            select(Subscriber.id, Subscriber.account_code)
            .where(Subscriber.id > last, Subscriber.active, Subscriber.active_outgoing_calls)
            .order_by(Subscriber.id)
            .limit(BATCH)
        ).all()
        accounts = load_accounts(db, [row.account_code for row in rows])
        for code in sorted(accounts):
            if refusal := standing_refusal(accounts[code]):
                payer = accounts[code].payer
                yield Foreseen(REFUSED, code, refusal, payer.available)
        if len(rows) < BATCH:
            return
        last = rows[-1].id


def _refused_plans(db: Session) -> Iterator[Foreseen]:
    priced = exists().where(Rate.domain == RatePlan.domain, Rate.rate_id == RatePlan.rate_id)
    rows = db.execute(
        select(RatePlan.name, RatePlan.domain, RatePlan.block_calls_without_rate)
        .where(~priced)
        .order_by(RatePlan.domain, RatePlan.name)
    )
    for row in rows:
        who = f"plan {row.name} of {row.domain}"
        if row.block_calls_without_rate:
            yield Foreseen(REFUSED, who, "no rates, and calls without a rate are blocked")
        else:
            yield Foreseen(CHARGED, who, "no rates: its calls stay unrated", Decimal(0))


def _call_costs(db: Session, since: dt.datetime) -> Iterator[Foreseen]:
    """What calls made while charging was off would have cost; they are never charged."""
    prices: dict[str, Decimal] = defaultdict(Decimal)
    counts: dict[str, int] = defaultdict(int)
    unrated: dict[tuple[str, str], int] = defaultdict(int)
    last = 0
    while True:
        raws = db.execute(
            select(*RawCall.__table__.columns)
            .where(RawCall.state == OFF, RawCall.started >= since, RawCall.id > last)
            .order_by(RawCall.id)
            .limit(BATCH)
        ).all()
        for call in price_calls(db, raws, {}):
            account = call.raw.account or ""
            if call.price is None:
                unrated[account, call.missing or ""] += 1
            elif call.price:
                prices[account] += call.price
                counts[account] += 1
        if len(raws) < BATCH:
            break
        last = raws[-1].id
    for account in sorted(prices):
        why = f"{counts[account]} calls like those of the last days"
        yield Foreseen(CHARGED, account, why, prices[account])
    for (account, missing), count in sorted(unrated.items()):
        yield Foreseen(CHARGED, account, f"{count} calls would stay unrated: {missing}", Decimal(0))


def _fees(db: Session) -> Iterator[Foreseen]:
    rows = db.execute(
        select(Subscriber.account_code, func.sum(Did.monthly_subscription).label("fees"))
        .join(Did, Did.subscriber_id == Subscriber.id)
        .where(Did.monthly_subscription > Decimal(0))
        .group_by(Subscriber.account_code)
        .order_by(Subscriber.account_code)
    )
    for row in rows:
        yield Foreseen(
            CHARGED, row.account_code, "fees of DIDs, each month from the next", row.fees
        )


def _quotas(db: Session) -> Iterator[Foreseen]:
    for name, when in (("daily", "at the next midnight"), ("monthly", "with the next month")):
        used = getattr(Subscriber, f"{name}_quota_consumed")
        query = select(Subscriber.account_code, used).where(used != Decimal(0))
        for account, consumed in db.execute(query.order_by(Subscriber.account_code)):
            yield Foreseen(RESET, account, f"what is used of the {name} quota, {when}", consumed)


def _expired(db: Session, mode: str) -> Iterator[Foreseen]:
    rows = db.execute(
        select(Subscriber.account_code, Subscriber.credit)
        .join(RatePlan, RatePlan.id == Subscriber.rate_plan_id)
        .where(
            RatePlan.prepaid,
            Subscriber.credit > Decimal(0),
            Subscriber.credit_expires_at < dt.datetime.now(dt.UTC),
        )
        .order_by(Subscriber.account_code)
    )
    for row in rows:
        effect, why = (RESET, "expired credit is taken")
        if mode == "frozen":
            effect, why = (REFUSED, "expired credit is frozen until the next top-up")
        yield Foreseen(effect, row.account_code, why, row.credit)
