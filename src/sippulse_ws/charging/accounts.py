"""An account as charging sees it: its rate plan, its reseller, and who pays for its calls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import aliased

from sippulse_ws.db.statements import Session
from sippulse_ws.models import AccountGroup, AccountGroupMember, RatePlan, Reseller, Subscriber

MARKUP_ONLY = 0  # resellerBillingType: the reseller's markup on the plan's price
OWN_PLAN = 1  # the reseller's rate plan prices the subscriber
# The column is a double; the proxies' functions round it to nine decimals as well.
_MARKUP_UNIT = Decimal(1).scaleb(-9)
_PLAN = (
    "id name domain rate_id prepaid tx_connection cadency markup tx_delay tx_discard "
    "block_calls_without_rate"
).split()


@dataclass(frozen=True, slots=True)
class Plan:
    """The part of a rate plan that calls need."""

    id: int
    name: str
    domain: str
    rate_id: int
    prepaid: bool
    tx_connection: int
    cadency: int
    markup: float
    tx_delay: int
    tx_discard: int
    block_calls_without_rate: bool


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose credit and quotas a call uses: the account itself, or the manager of its group."""

    id: int
    account_code: str
    credit: Decimal
    held: Decimal
    credit_expires_at: dt.datetime | None
    daily_quota: bool
    daily_quota_type: str | None
    daily_quota_limit: Decimal
    daily_quota_consumed: Decimal
    monthly_quota: bool
    monthly_quota_type: str | None
    monthly_quota_limit: Decimal
    monthly_quota_consumed: Decimal

    @property
    def available(self) -> Decimal:
        return self.credit - self.held


@dataclass(frozen=True, slots=True)
class ResellerTerms:
    """The subscriber's reseller, and how it bills."""

    id: int
    name: str
    domain: str
    available: Decimal
    billing_type: int
    markup: float
    plan: Plan | None  # prices the subscriber's calls when billing_type is OWN_PLAN

    @property
    def account(self) -> str:
        """Its name in the ledger: name@domain."""
        return f"{self.name}@{self.domain}"


@dataclass(frozen=True, slots=True)
class CallAccount:
    """The account to which a call belongs."""

    id: int
    account_code: str
    username: str
    domain: str
    profile: str
    active: bool
    active_outgoing_calls: bool
    plan: Plan | None
    reseller: ResellerTerms | None
    payer: Payer

    @property
    def prepaid(self) -> bool:
        return self.plan is not None and self.plan.prepaid

    @property
    def blocks_without_rate(self) -> bool:
        return self.plan is not None and self.plan.block_calls_without_rate


def exact_markup(markup: float) -> Decimal:
    """A stored markup as the shortest decimal of its double, rounded to nine places."""
    return Decimal(repr(markup)).quantize(_MARKUP_UNIT, ROUND_HALF_UP)


_payer = aliased(Subscriber, name="payer")
_plan = aliased(RatePlan, name="plan")
_reseller_plan = aliased(RatePlan, name="reseller_plan")
_OWN = "id account_code username domain profile active active_outgoing_calls".split()
_PAYER = [name for name in Payer.__dataclass_fields__ if name != "id"]
_ACCOUNTS = (
    select(
        *(getattr(Subscriber, name) for name in _OWN),
        Subscriber.reseller_billing_type,
        Subscriber.reseller_markup,
        *(getattr(_plan, name).label(f"plan_{name}") for name in _PLAN),
        *(getattr(_reseller_plan, name).label(f"reseller_plan_{name}") for name in _PLAN),
        Reseller.id.label("reseller_id"),
        Reseller.name.label("reseller_name"),
        Reseller.domain.label("reseller_domain"),
        (Reseller.credit - Reseller.held).label("reseller_available"),
        *(getattr(_payer, name).label(f"payer_{name}") for name in ("id", *_PAYER)),
    )
    .outerjoin(AccountGroupMember, AccountGroupMember.subscriber_id == Subscriber.id)
    .outerjoin(AccountGroup, AccountGroup.id == AccountGroupMember.account_group_id)
    .join(_payer, _payer.id == func.coalesce(AccountGroup.manager_id, Subscriber.id))
    .outerjoin(_plan, _plan.id == Subscriber.rate_plan_id)
    .outerjoin(_reseller_plan, _reseller_plan.id == Subscriber.reseller_rate_plan_id)
    .outerjoin(Reseller, Reseller.id == Subscriber.reseller_id)
)


def load_accounts_by_id(db: Session, ids: Collection[int]) -> dict[int, CallAccount]:
    """Accounts by subscriber id; ids that do not exist are left out."""
    if not ids:
        return {}
    rows = db.execute(_ACCOUNTS.where(Subscriber.id.in_(sorted(ids))))
    return {row.id: _account(row) for row in rows}


def load_payers(db: Session, ids: Collection[int]) -> dict[int, Payer]:
    """Payers by subscriber id; ids that do not exist are left out."""
    if not ids:
        return {}
    columns = (getattr(Subscriber, name) for name in ("id", *_PAYER))
    rows = db.execute(select(*columns).where(Subscriber.id.in_(sorted(ids))))
    return {row.id: Payer(*row) for row in rows}


def load_accounts(db: Session, codes: Collection[str]) -> dict[str, CallAccount]:
    """Accounts by account code; codes that do not exist are left out."""
    if not codes:
        return {}
    rows = db.execute(_ACCOUNTS.where(Subscriber.account_code.in_(sorted(codes))))
    return {row.account_code: _account(row) for row in rows}


def _account(row: Row[Any]) -> CallAccount:
    values = row._mapping
    reseller = None
    if row.reseller_id is not None:
        reseller = ResellerTerms(
            row.reseller_id,
            row.reseller_name,
            row.reseller_domain,
            row.reseller_available,
            row.reseller_billing_type,
            row.reseller_markup,
            _plan_of(values, "reseller_plan_"),
        )
    return CallAccount(
        **{name: values[name] for name in _OWN},
        plan=_plan_of(values, "plan_"),
        reseller=reseller,
        payer=Payer(*(values[f"payer_{name}"] for name in ("id", *_PAYER))),
    )


def _plan_of(values: Any, prefix: str) -> Plan | None:
    if values[prefix + "id"] is None:
        return None
    return Plan(*(values[prefix + name] for name in _PLAN))
