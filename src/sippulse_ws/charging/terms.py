"""Which rate and plan price a call: for the subscriber, its reseller, and the provider."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

from sippulse_ws.charging.accounts import (
    MARKUP_ONLY,
    OWN_PLAN,
    CallAccount,
    Plan,
    ResellerTerms,
    exact_markup,
)
from sippulse_ws.charging.pricing import Tariff
from sippulse_ws.charging.rate_book import RateBook, RateTable
from sippulse_ws.charging.rows import PricedRate, RateRow

NO_PLAN = "no plan"
NO_RATE = "no rate"
NO_RESELLER_RATE = "no reseller rate"
UNKNOWN_BILLING = "unknown reseller billing"
# The decimals to which the proxies' functions round a rate with two markups.
_TARIFF_UNIT = Decimal(1).scaleb(-24)
_DIGITS = 80  # more than any rate with two markups has


@dataclass(frozen=True, slots=True)
class PricedBy:
    """A rate, the plan that names its table, and the tariff of both."""

    rate: PricedRate
    plan: Plan | None
    tariff: Tariff


@dataclass(frozen=True, slots=True)
class Terms:
    """How a call of an account is priced, or in `missing` why it cannot be."""

    sale: PricedBy | None = None
    reseller: PricedBy | None = None
    missing: str | None = None


def rated_number(number: str) -> str:
    """The number as prefixes are written: without a leading +."""
    return number.lstrip("+")


def tables_of(account: CallAccount) -> Iterator[RateTable]:
    """The rate tables that `terms_of` looks into."""
    for plan in (account.plan, account.reseller.plan if account.reseller else None):
        if plan is not None:
            yield plan.domain, plan.rate_id


def terms_of(account: CallAccount, number: str, book: RateBook) -> Terms:
    """The terms of a call to a number, which `rated_number` has normalized."""
    reseller = account.reseller
    if account.plan is None:
        return Terms(missing=NO_PLAN)
    own = _by_plan(account.plan, number, book)
    if own is None:
        return Terms(missing=NO_RATE)
    return Terms(sale=own) if reseller is None else _through(reseller, own, number, book)


def _through(reseller: ResellerTerms, own: PricedBy, number: str, book: RateBook) -> Terms:
    """A reseller pays by the account's plan; its subscriber by the reseller's plan or markup."""
    if reseller.billing_type == OWN_PLAN:
        sale = _by_plan(reseller.plan, number, book) if reseller.plan else None
        return Terms(sale=sale, reseller=own) if sale else Terms(missing=NO_RESELLER_RATE)
    if reseller.billing_type != MARKUP_ONLY:
        return Terms(missing=UNKNOWN_BILLING)
    dearer = _marked_up(own.tariff, exact_markup(reseller.markup))
    return Terms(sale=PricedBy(own.rate, own.plan, dearer), reseller=own)


def cost_of(rate: RateRow | None, tx_connection: int, cadency: int) -> PricedBy | None:
    """What a provider charges: its blocks count where the rate has none; there is no markup."""
    if rate is None:
        return None
    tariff = Tariff(
        rate.rate_value,
        _or(rate.tx_connection, tx_connection),
        _or(rate.cadency, cadency),
        delay=_or(rate.tx_delay, 0),
        discard=_or(rate.tx_discard, 0),
    )
    return PricedBy(rate, None, tariff)


def _by_plan(plan: Plan, number: str, book: RateBook) -> PricedBy | None:
    rate = book.find((plan.domain, plan.rate_id), number)
    if rate is None:
        return None
    tariff = Tariff(
        rate.rate_value,
        _or(rate.tx_connection, plan.tx_connection),
        _or(rate.cadency, plan.cadency),
        exact_markup(plan.markup),
        _or(rate.tx_delay, plan.tx_delay),
        _or(rate.tx_discard, plan.tx_discard),
    )
    return PricedBy(rate, plan, tariff)


def _marked_up(tariff: Tariff, markup: Decimal) -> Tariff:
    """A tariff with a second markup, added to the price that includes the first."""
    with localcontext(prec=_DIGITS):
        money = tariff.rate * (100 + tariff.markup) * (100 + markup) / 100
        rate = money.quantize(_TARIFF_UNIT, ROUND_HALF_UP) / 100
    return Tariff(
        rate,
        tariff.first_block,
        tariff.next_block,
        delay=tariff.delay,
        discard=tariff.discard,
    )


def _or(own: int | None, otherwise: int) -> int:
    return otherwise if own is None else own
