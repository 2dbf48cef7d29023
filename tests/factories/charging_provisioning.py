"""Provisioning as hypothesis draws it: each rule does the same to the database and to the model."""

import datetime as dt
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from sippulse_ws.charging.calendar import quota_day
from sippulse_ws.db import Session
from sippulse_ws.domain import (
    account_groups,
    credit,
    quotas,
    rate_plans,
    rates,
    resellers,
    subscribers,
    white_lists,
)
from sippulse_ws.domain.access import Scope
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.local_time import find_timezone
from sippulse_ws.domain.stored_settings import (
    CHARGING,
    EMERGENCY_NUMBERS,
    emergency_expression,
    store_setting,
)
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import DailyTask, Rate, Subscriber
from tests.factories.charging_model import (
    EMERGENCIES,
    ChargingModel,
    ModelAccount,
    ModelPlan,
    ModelReseller,
)
from tests.factories.platform import DOMAIN, Platform

NOON = dt.datetime(2026, 6, 15, 15, tzinfo=dt.UTC)
ZONE = "America/Sao_Paulo"
ROOT = Scope(0, "root", superuser=True)
ACCOUNTS, PLANS, RESELLERS = ("1000", "1001", "1002", "1003"), ("A", "B", "C"), ("R", "S")
NUMBERS = ("5548999990000", "+5548999", "551199", "4420", "0055", *EMERGENCIES)
account_names, plan_names = st.sampled_from(ACCOUNTS), st.sampled_from(PLANS)
money = st.sampled_from(["0.01", "0.09", "0.5", "1", "3.000001", "50"]).map(Decimal)
markups = st.sampled_from(["0", "10", "-5", "12.5", "-100", "0.333"])


class Provisioning(RuleBasedStateMachine):
    """A domain with some accounts, plans and resellers."""

    db: Session

    @initialize()
    def begin(self) -> None:
        self.undo = self.db.savepoint()
        self.undo.__enter__()
        self.model = ChargingModel()
        self.ids: dict[str, int] = {}
        platform = Platform(self.db)
        store_setting(self.db, CHARGING, "on")
        store_setting(self.db, EMERGENCY_NUMBERS, emergency_expression(EMERGENCIES))
        for number, name in enumerate(PLANS):
            values = {"domain": DOMAIN, "name": name, "rate_id": number + 1}
            self.ids[name] = rate_plans.insert_rate_plan(self.db, values).id
            self.model.plans[name] = ModelPlan(number + 1)
        for name in RESELLERS:
            self.ids[name] = platform.reseller(name)
            self.model.resellers[name] = ModelReseller()
        for name in ACCOUNTS:
            self.ids[name] = platform.subscriber(name)
            self.model.accounts[name] = ModelAccount()
        self._begin_with_money()

    def _begin_with_money(self) -> None:
        """A world in which most calls are possible; rules make it odd."""
        for name in PLANS:
            drawn = {"first": 30, "following": 6, "markup": "10", "delay": 0, "discard": 0}
            self.change_plan(name, prepaid=name != "C", blocks=False, days=30, **drawn)
            self.change_rate(self.model.plans[name].table, "55", "0.18")
        for name in RESELLERS:
            self.top_up_reseller(name, Decimal(50))
        for number, name in enumerate(ACCOUNTS):
            drawn = {"billing": number % 2, "markup": "10", "reseller_plan": "C"}
            self.assign(name, "AAB"[number % 3], (None, *RESELLERS)[number % 3], **drawn)
            self.top_up(name, Decimal(50))

    def teardown(self) -> None:
        if hasattr(self, "undo"):
            with suppress(RuntimeError):
                self.undo.__exit__(RuntimeError, RuntimeError(), None)

    def _update(self, account: str, **values: Any) -> None:
        rows = [SimpleNamespace(id=self.ids[account])]
        key = {"username": account, "domain": DOMAIN}
        subscribers.update_subscriber(self.db, Vault(), rows, key | values)

    def _sql(self, account: str, **values: Any) -> None:
        same = Subscriber.id == self.ids[account]
        self.db.execute(sa.update(Subscriber).where(same).values(values))

    @rule(
        name=plan_names,
        prepaid=st.booleans(),
        blocks=st.booleans(),
        first=st.sampled_from([1, 30, 60]),
        following=st.sampled_from([1, 6, 60]),
        markup=markups,
        delay=st.sampled_from([0, 3]),
        discard=st.sampled_from([0, 2, 30]),
        days=st.sampled_from([0, 30]),
    )
    def change_plan(self, name: str, prepaid: bool, blocks: bool, **drawn: Any) -> None:
        plan = self.model.plans[name]
        plan.prepaid, plan.blocks, plan.markup = prepaid, blocks, Fraction(drawn["markup"])
        plan.first, plan.following, plan.days = drawn["first"], drawn["following"], drawn["days"]
        plan.delay, plan.discard = drawn["delay"], drawn["discard"]
        values: dict[str, Any] = {"id": self.ids[name], "prepaid": prepaid}
        values |= {"block_calls_without_rate": blocks, "markup": float(drawn["markup"])}
        values |= {"tx_connection": plan.first, "cadency": plan.following}
        values |= {"tx_delay": plan.delay, "tx_discard": plan.discard}
        values |= {"limit_to_credit_expires": plan.days}
        rate_plans.update_rate_plan(self.db, ROOT, values)

    @rule(
        table=st.integers(1, 3),
        prefix=st.sampled_from(["55", "5548", "44", "0"]),
        value=st.sampled_from(["0", "0.18", "0.197", "6", "60", None]),
    )
    def change_rate(self, table: int, prefix: str, value: str | None) -> None:
        same = (Rate.domain == DOMAIN) & (Rate.rate_id == table) & (Rate.prefix == prefix)
        for row_id in self.db.execute(sa.select(Rate.id).where(same)).scalars().all():
            rates.remove_rate(self.db, ROOT, row_id)
        self.model.rates.pop((table, prefix), None)
        if value is not None:
            row = {"domain": DOMAIN, "rate_id": table, "prefix": prefix, "name": prefix}
            rates.insert_rates(self.db, [row | {"rate_value": float(value)}])
            self.model.rates[table, prefix] = Fraction(value)

    @rule(
        account=account_names,
        plan=st.sampled_from([*PLANS, *PLANS, None]),
        reseller=st.sampled_from([None, None, *RESELLERS]),
        billing=st.sampled_from([0, 1]),
        markup=markups,
        reseller_plan=plan_names,
    )
    def assign(self, account: str, plan: str | None, reseller: str | None, **drawn: Any) -> None:
        one = self.model.accounts[account]
        one.plan, one.reseller, one.billing = plan, reseller, drawn["billing"]
        one.markup, one.reseller_plan = Fraction(drawn["markup"]), drawn["reseller_plan"]
        self._update(
            account,
            rate_plan_id=self.ids[plan] if plan else 0,
            reseller_id=self.ids[reseller] if reseller else 0,
            reseller_billing_type=one.billing,
            reseller_markup=float(drawn["markup"]),
            reseller_rate_plan_id=self.ids[drawn["reseller_plan"]],
        )

    @rule(account=account_names, value=money)
    def top_up(self, account: str, value: Decimal) -> None:
        row = credit.get_account(self.db, account, DOMAIN)
        credit.add_credit(self.db, "root", row, float(value), "test")
        one = self.model.accounts[account]
        one.credit += value
        plan = self.model.plans.get(one.plan or "")
        if plan is not None and plan.prepaid and plan.days:
            one.expired = False

    @rule(name=st.sampled_from(RESELLERS), value=money)
    def top_up_reseller(self, name: str, value: Decimal) -> None:
        resellers.add_credit(self.db, "root", name, DOMAIN, float(value), "test")
        self.model.resellers[name].credit += value

    @rule(account=account_names)
    def time_passes(self, account: str) -> None:
        """Beyond the validity of the credit, if it has an end."""
        one = self.model.accounts[account]
        if one.expired is False:
            one.expired = True
            self._sql(account, credit_expires_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))

    @rule(
        account=account_names,
        which=st.sampled_from(["daily", "monthly"]),
        active=st.booleans(),
        kind=st.sampled_from("MV"),
        limit=money,
    )
    def change_quota(
        self, account: str, which: str, active: bool, kind: str, limit: Decimal
    ) -> None:
        name = f"{which}_quota"
        values: dict[str, Any] = {"username": account, "domain": DOMAIN, name: active}
        values |= {f"{name}_type": kind, f"{name}_limit": float(limit)}
        quotas.update_quota(self.db, values, name)
        quota = getattr(self.model.accounts[account], which)
        quota.active, quota.kind, quota.limit = active, kind, limit

    @rule(account=account_names, number=st.sampled_from(NUMBERS))
    def list_number(self, account: str, number: str) -> None:
        entry = {"username": account, "domain": DOMAIN, "prefix": number}
        with suppress(DomainError):
            white_lists.insert_number(self.db, entry)
        self.model.accounts[account].white.add(number)

    @rule(manager=account_names, member=account_names)
    def group(self, manager: str, member: str) -> None:
        one = self.model.accounts[member]
        if manager == member or one.manager not in (None, manager):
            return
        codes = [f"{member}@{DOMAIN}"]
        account_groups.add_account_group(self.db, f"{manager}@{DOMAIN}", "DEFAULT", codes)
        one.manager = manager

    @rule(member=account_names)
    def ungroup(self, member: str) -> None:
        one = self.model.accounts[member]
        if one.manager is not None:
            codes = [f"{member}@{DOMAIN}"]
            account_groups.remove_account_group(self.db, f"{one.manager}@{DOMAIN}", codes)
            one.manager = None

    @rule(account=account_names, active=st.booleans(), outgoing=st.booleans())
    def block(self, account: str, active: bool, outgoing: bool) -> None:
        one = self.model.accounts[account]
        one.active, one.outgoing = active or outgoing, outgoing
        flags = {subscribers.Flag.ACTIVE: one.active}
        flags |= {subscribers.Flag.ACTIVE_OUTGOING_CALLS: one.outgoing}
        for flag, to in flags.items():
            subscribers.set_flag(self.db, account, DOMAIN, flag, to)

    @rule(month=st.booleans())
    def a_day_begins(self, month: bool) -> None:
        """With the next call: the counters' day is over."""
        over = NOON.date() - dt.timedelta(days=31 if month else 1)
        self.db.execute(sa.update(DailyTask).values(day=over))
        if self.db.execute(sa.select(DailyTask.day)).first():
            for one in self.model.accounts.values():
                one.daily.used = Decimal(0)
                if month:
                    one.monthly.used = Decimal(0)
            quota_day(self.db, NOON, find_timezone(self.db, ZONE))
