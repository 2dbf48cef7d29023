"""What charging should do, written down once more: small, slow, and of nothing but the documents.

Money is Decimal, rates and markups are fractions. A price is rounded once, half to even.
"""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

ZERO = Decimal(0)
EMERGENCIES = ("190", "193")


@dataclass
class ModelPlan:
    table: int
    prepaid: bool = False
    first: int = 60
    following: int = 60
    markup: Fraction = Fraction(0)
    delay: int = 0
    discard: int = 0
    blocks: bool = False
    days: int = 0  # that credit lasts


@dataclass
class ModelQuota:
    active: bool = False
    kind: str = "M"
    limit: Decimal = ZERO
    used: Decimal = ZERO

    @property
    def reached(self) -> bool:
        return self.active and self.used >= self.limit


@dataclass
class ModelReseller:
    credit: Decimal = ZERO
    held: Decimal = ZERO  # by the first leg of a call, while its second is asked for

    @property
    def free(self) -> Decimal:
        return self.credit - self.held


@dataclass
class ModelAccount:
    plan: str | None = None
    credit: Decimal = ZERO
    held: Decimal = ZERO  # as a reseller's
    expired: bool | None = None  # None: no end
    reseller: str | None = None
    billing: int = 0
    markup: Fraction = Fraction(0)
    reseller_plan: str | None = None
    manager: str | None = None
    active: bool = True
    outgoing: bool = True
    white: set[str] = field(default_factory=set)
    daily: ModelQuota = field(default_factory=ModelQuota)
    monthly: ModelQuota = field(default_factory=ModelQuota)

    @property
    def free(self) -> Decimal:
        return self.credit - self.held


@dataclass(frozen=True)
class ModelTariff:
    """Money a minute, with all markups."""

    rate: Fraction
    first: int
    following: int
    delay: int
    discard: int

    def billed(self, seconds: int) -> int:
        if seconds <= self.delay or seconds <= self.discard:
            return 0
        charged = self.first
        while charged < seconds - self.delay:
            charged += self.following
        return charged

    def price(self, seconds: int) -> Decimal:
        return rounded(self.rate * self.billed(seconds) / 60)

    @property
    def least(self) -> Decimal:
        return rounded(self.rate * self.first / 60)


Tariffs = tuple[ModelTariff, ModelTariff | None]  # the account's, its reseller's


def rounded(exact: Fraction) -> Decimal:
    with localcontext(prec=80):
        whole = Decimal(exact.numerator) / Decimal(exact.denominator)
        return whole.quantize(Decimal("0.000001"), ROUND_HALF_EVEN)


@dataclass
class ChargingModel:
    accounts: dict[str, ModelAccount] = field(default_factory=dict)
    plans: dict[str, ModelPlan] = field(default_factory=dict)
    resellers: dict[str, ModelReseller] = field(default_factory=dict)
    rates: dict[tuple[int, str], Fraction] = field(default_factory=dict)

    def payer(self, name: str) -> ModelAccount:
        return self.accounts[self.accounts[name].manager or name]

    def tariffs(self, name: str, number: str) -> Tariffs | None:
        """What the account pays, and what its reseller; None where one of them cannot be said."""
        account = self.accounts[name]
        own = self._tariff(account.plan, number)
        if own is None or account.reseller is None:
            return None if own is None else (own, None)
        if account.billing == 1:
            sale = self._tariff(account.reseller_plan, number)
            return None if sale is None else (sale, own)
        dearer = own.rate * (1 + account.markup / 100)
        blocks = own.first, own.following, own.delay, own.discard
        return ModelTariff(max(Fraction(0), dearer), *blocks), own

    def decide(self, name: str, number: str, *, incoming: bool) -> tuple[bool, str]:
        account, payer = self.accounts[name], self.payer(name)
        if number in EMERGENCIES and not incoming:
            return True, "emergency"
        may = account.active and (account.outgoing or incoming)
        if may and account.white & {number, number.lstrip("+")}:
            return True, "white list"
        tariffs = self.tariffs(name, number)
        blocked = {
            "403 No Such Account": not account.active,
            "403 Outgoing Calls Blocked": not account.outgoing and not incoming,
            "403 Daily Quota Reached": payer.daily.reached,
            "403 Monthly Quota Reached": payer.monthly.reached,
        }
        if tariffs is None:
            blocked |= self._unpriced(account, payer)
        else:
            blocked |= self._poor(account, payer, tariffs)
        for reason, is_so in blocked.items():
            if is_so:
                return False, reason
        return True, self._ground(name, number)

    def charge(self, name: str, number: str, seconds: int, ground: str) -> list[Decimal | None]:
        """Let a call happen; price and reseller's price, None where there is none."""
        if ground == "emergency":
            return [ZERO, None]
        tariffs = self.tariffs(name, number)
        if tariffs is None:
            return [None, None]
        payer = self.accounts[name].manager or name
        return self.settle(payer, self.accounts[name].reseller, tariffs, seconds)

    def settle(
        self,
        payer_name: str,
        reseller: str | None,
        tariffs: Tariffs,
        seconds: int,
    ) -> list[Decimal | None]:
        sale, resold = tariffs
        payer, price = self.accounts[payer_name], sale.price(seconds)
        payer.credit -= price
        minutes = rounded(Fraction(sale.billed(seconds), 60))
        for quota in (payer.daily, payer.monthly):
            if quota.active:
                quota.used += price if quota.kind == "V" else minutes
        if resold is None or reseller is None:
            return [price, None]
        self.resellers[reseller].credit -= resold.price(seconds)
        return [price, resold.price(seconds)]

    def _unpriced(self, account: ModelAccount, payer: ModelAccount) -> dict[str, bool]:
        """What stops a call without a rate."""
        plan = self.plans.get(account.plan or "")
        prepaid = plan is not None and plan.prepaid
        reseller = self.resellers.get(account.reseller or "")
        return {
            "403 No Rate For This Destination": plan is not None and plan.blocks,
            "402 Not Enough Credit": prepaid and payer.free <= 0,
            "402 Credit Expired": prepaid and bool(payer.expired),
            "402 Reseller Without Credit": reseller is not None and reseller.free <= 0,
        }

    def _poor(
        self, account: ModelAccount, payer: ModelAccount, tariffs: Tariffs
    ) -> dict[str, bool]:
        """What stops a call that has a price."""
        plan = self.plans.get(account.plan or "")
        prepaid = plan is not None and plan.prepaid
        reseller = self.resellers.get(account.reseller or "")
        sale, resold = tariffs
        short = False
        if reseller is not None and resold is not None and resold.rate > 0:
            short = reseller.free <= 0 or reseller.free < resold.least
        return {
            "402 Credit Expired": prepaid and sale.rate > 0 and bool(payer.expired),
            "402 Not Enough Credit": prepaid and payer.free < sale.least,
            "402 Reseller Without Credit": short,
        }

    def _ground(self, name: str, number: str) -> str:
        plan = self.plans.get(self.accounts[name].plan or "")
        if self.tariffs(name, number) is None:
            return "no plan" if plan is None else "no rate"
        return "prepaid" if plan is not None and plan.prepaid else "postpaid"

    def _tariff(self, plan_name: str | None, number: str) -> ModelTariff | None:
        plan = self.plans.get(plan_name or "")
        if plan is None:
            return None
        digits = number.lstrip("+")
        fits = [
            (len(prefix), value)
            for (table, prefix), value in self.rates.items()
            if table == plan.table and digits.startswith(prefix)
        ]
        if not fits:
            return None
        rate = max(Fraction(0), max(fits)[1] * (1 + plan.markup / 100))
        return ModelTariff(rate, plan.first, plan.following, plan.delay, plan.discard)
