"""A raw record with its prices: what the call costs whom, or why it cannot be priced."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from sippulse_ws.charging.accounts import CallAccount
from sippulse_ws.charging.pricing import (
    Tariff,
    billed_seconds,
    price_of,
    sale_rate,
    same_price,
    whole_seconds,
)
from sippulse_ws.charging.rate_book import RateBook
from sippulse_ws.charging.rows import GatewayRow, HoldRow, RawCallRow
from sippulse_ws.charging.terms import PricedBy, cost_of, rated_number, terms_of
from sippulse_ws.models.types import MONEY_LIMIT

# Calls within the platform and from outside are free.
FREE_SERVICES = ("local", "net", "did")
FREE_GROUNDS = ("free", "emergency")
TIMEOUT = "timeout"

NO_SUCH_ACCOUNT = "unknown account"
REMOVED_ACCOUNT = "account was removed"
TOO_LARGE = "price too large"
IMPLAUSIBLE = "implausible duration"
# Seconds; proxies end calls long before that. A longer duration means that a clock jumped.
_LONGEST = 7 * 86400


@dataclass(frozen=True, slots=True)
class _ShownRate:
    """The rate that admission applied, as stored with the hold."""

    prefix: str | None
    rate_value: Decimal  # per minute, markups included
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """A duration charged by a rate."""

    by: PricedBy
    tariff: Tariff
    billed: int
    price: Decimal

    @property
    def rate(self) -> Decimal:
        return sale_rate(self.tariff)


@dataclass(slots=True)
class RatedCall:
    """A call with its prices, or with the reason why there are none in `missing`."""

    raw: RawCallRow
    account: CallAccount | None
    gateway: GatewayRow | None
    seconds: int
    missing: str | None = None
    free: bool = False
    sale: Priced | None = None
    reseller: Priced | None = None
    cost: Priced | None = None
    duplicate: bool = False  # `cdr` has a priced record of this call already

    @property
    def price(self) -> Decimal | None:
        if self.missing:
            return None
        return self.sale.price if self.sale else Decimal(0)

    @property
    def reseller_price(self) -> Decimal | None:
        return self.reseller.price if self.reseller and not self.missing else None

    @property
    def service(self) -> str | None:
        """The service in the record: "timeout" if the proxy ended the call."""
        ended_by_proxy = self.raw.ended_by == "proxy" and not self.free
        return TIMEOUT if ended_by_proxy else self.raw.service

    def leave_unrated(self, reason: str) -> None:
        """Drop the prices and say why in `missing`."""
        self.missing = reason
        self.sale = self.reseller = self.cost = None


def rate_call(
    raw: RawCallRow,
    account: CallAccount | None,
    gateway: GatewayRow | None,
    hold: HoldRow | None,
    book: RateBook,
) -> RatedCall:
    """Price a raw record; `hold` is the money held for the call, with the tariff of admission."""
    seconds = whole_seconds(raw.duration_ms)
    call = RatedCall(raw, account, gateway, seconds)
    if seconds > _LONGEST:
        call.seconds = _LONGEST
        call.missing = IMPLAUSIBLE
    elif raw.basis in FREE_GROUNDS or raw.service in FREE_SERVICES:
        call.free = True
    elif account is None:
        call.missing = NO_SUCH_ACCOUNT
    else:
        _price(call, account, hold, book)
    priced = [one for one in (call.sale, call.reseller, call.cost) if one]
    if any(max(one.price, one.rate) >= MONEY_LIMIT for one in priced):
        call.leave_unrated(TOO_LARGE)
    return call


def _price(call: RatedCall, account: CallAccount, hold: HoldRow | None, book: RateBook) -> None:
    number = rated_number(call.raw.number)
    terms = terms_of(account, number, book)
    sale = _shown(hold, "") or terms.sale
    reseller = _shown(hold, "reseller_") or terms.reseller
    if sale is None:
        call.missing = terms.missing
        return
    call.sale = _priced(_named(sale, terms.sale), call.seconds)
    if reseller and account.reseller:
        call.reseller = _priced(_named(reseller, terms.reseller), call.seconds)
    if call.gateway is not None and call.gateway.rate_id is not None:
        rate = book.find((account.domain, call.gateway.rate_id), number)
        if cost := cost_of(rate, call.gateway.tx_connection, call.gateway.cadency):
            call.cost = _priced(cost, call.seconds)


def _priced(by: PricedBy, seconds: int) -> Priced:
    tariff = by.tariff
    return Priced(by, tariff, billed_seconds(seconds, tariff), price_of(seconds, tariff))


def _named(shown: PricedBy, now: PricedBy | None) -> PricedBy:
    """The terms of admission, with the names of today's rate and plan if the price is the same."""
    if now is not None and (shown is now or same_price(shown.tariff, now.tariff)):
        return now
    return shown


def _shown(hold: HoldRow | None, side: str) -> PricedBy | None:
    """The terms by which money was held, which rates and plans may no longer have."""
    tariff = _held(hold, side)
    if hold is None or tariff is None:
        return None
    return PricedBy(_ShownRate(hold.prefix, sale_rate(tariff)), None, tariff)


def _held(hold: HoldRow | None, side: str) -> Tariff | None:
    """The tariff by which money was held; None if it was free or nothing was held."""
    if hold is None:
        return None

    def of_side(name: str) -> int:
        value: int = getattr(hold, side + name)
        return value

    text: str = getattr(hold, side + "tariff")
    money = Decimal(text)  # for 6,000 seconds
    if money <= 0:
        return None
    return Tariff(
        _hundredth(money),
        of_side("first_block"),
        of_side("next_block"),
        delay=of_side("delay"),
        discard=of_side("discard"),
    )


def _hundredth(money: Decimal) -> Decimal:
    with localcontext(prec=80):
        return money / 100


def rating_words(call: RatedCall) -> str:
    """How the call was rated, as JSON, for `calls show`."""
    said: dict[str, Any] = {"basis": call.raw.basis, "seconds": call.seconds}
    if call.missing:
        said["missing"] = call.missing
    if call.account:
        said["payer"] = call.account.payer.account_code
    for name in ("sale", "reseller", "cost"):
        priced: Priced | None = getattr(call, name)
        if priced is not None:
            said[name] = _words(priced)
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _words(priced: Priced) -> dict[str, Any]:
    tariff, by = priced.tariff, priced.by
    said: dict[str, Any] = {
        "prefix": by.rate.prefix,
        "base": str(by.rate.rate_value),
        "rate": str(priced.rate),
        "first": tariff.first_block,
        "next": tariff.next_block,
        "delay": tariff.delay,
        "discard": tariff.discard,
        "billed": priced.billed,
        "price": str(priced.price),
    }
    if by.plan:
        said |= {"plan": by.plan.name, "markup": by.plan.markup}
    return said
