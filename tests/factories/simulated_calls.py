"""Calls of every kind, on accounts with every feature of plans, as a seed draws them."""

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from sippulse_ws.db import Database, Session
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.models import (
    AccountGroup,
    AccountGroupMember,
    Gateway,
    Provider,
    Rate,
    RatePlan,
    RawCall,
    Reseller,
    Subscriber,
)
from tests.factories.platform import DOMAIN
from tests.factories.raw_calls import ANSWER, hold

ACCOUNTS = 40
PREFIXES = ["5", "55", "5511", "55119", "5548", "554830", "1", "44", "4420"]


class Simulation:
    """Fills a database; `credits` are the balances before any call was rated."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.draw = random.Random(seed)
        with database.writing() as db:
            self.gateways = [self._gateway(db, number) for number in range(3)]
            self.plans = [self._plan(db, number) for number in range(8)]
            self.resellers = [self._reseller(db, number) for number in range(3)]
            self.accounts = [self._account(db, number) for number in range(ACCOUNTS)]
            for number in range(0, ACCOUNTS, 8):
                self._group(db, self.accounts[number : number + 4])
        with database.reading() as db:
            self.credits = balances(db, Subscriber)
            self.reseller_credits = balances(db, Reseller)

    def add_calls(self, count: int) -> None:
        """Raw records, some with holds, some that cannot be rated, some twice."""
        for start in range(0, count, 500):
            with self.database.writing() as db:
                rows = [self._call(db, number) for number in range(start, min(start + 500, count))]
                db.execute(sa.insert(RawCall), rows)
                again = [row | {"proxy": "sip2", "hold_id": None} for row in rows[::50]]
                db.execute(sa.insert(RawCall), again)

    def _money(self, most: int) -> Decimal:
        return Decimal(self.draw.randrange(most * 10**6)).scaleb(-6)

    def _plan(self, db: Session, number: int) -> int:
        draw = self.draw
        table = 100 + number
        for prefix in draw.sample(PREFIXES, 6):
            own = {
                name: draw.choice([None, None, draw.randrange(0, 61)])
                for name in ("tx_connection", "cadency", "tx_delay", "tx_discard")
            }
            self._rate(db, table, prefix, draw.choice([Decimal(0), self._money(2)]), **own)
        return insert_row(
            db,
            RatePlan,
            {
                "domain": DOMAIN,
                "name": f"Plan {number}",
                "rate_id": table,
                "prepaid": number % 2 == 0,
                "tx_connection": draw.choice([1, 6, 30, 60]),
                "cadency": draw.choice([1, 6, 60]),
                "markup": draw.choice([0.0, 10.0, -5.0, 12.5, 0.333, -100.0]),
                "tx_delay": draw.choice([0, 0, 3]),
                "tx_discard": draw.choice([0, 0, 2, 5]),
            },
        )

    def _rate(self, db: Session, table: int, prefix: str, value: Decimal, **own: Any) -> None:
        values = {"domain": DOMAIN, "rate_id": table, "prefix": prefix, "name": f"to {prefix}"}
        insert_row(db, Rate, values | own | {"rate_value": value})

    def _gateway(self, db: Session, number: int) -> int:
        seconds = {"tx_connection": 30, "cadency": 6}
        provider = insert_row(db, Provider, {"name": f"Provider {number}", **seconds})
        self._rate(db, 900 + number, "5", self._money(1))
        values = {"name": f"gw{number}", "address": f"192.0.2.{number}", "rate_id": 900 + number}
        return insert_row(db, Gateway, values | {"provider_id": provider})

    def _reseller(self, db: Session, number: int) -> int:
        values = {"domain": DOMAIN, "name": f"Reseller {number}", "username": f"reseller{number}"}
        return insert_row(db, Reseller, values | {"credit": self._money(1000)})

    def _account(self, db: Session, number: int) -> dict[str, Any]:
        draw = self.draw
        reseller = draw.choice([None, None, *self.resellers])
        values = {
            "username": f"sim{number}",
            "domain": DOMAIN,
            "account_code": f"sim{number}@{DOMAIN}",
            "profile": "DEFAULT",
            "ha1": "",
            "ha1b": "",
            "credit": self._money(100),
            "rate_plan_id": draw.choice([*self.plans, *self.plans, None]),
            "reseller_id": reseller,
            "reseller_billing_type": draw.choice([0, 0, 1, 2]),
            "reseller_markup": draw.choice([0.0, 20.0, 7.7]),
            "reseller_rate_plan_id": draw.choice(self.plans),
            "daily_quota": draw.random() < 0.3,
            "daily_quota_type": draw.choice("MV"),
            "monthly_quota": draw.random() < 0.3,
            "monthly_quota_type": draw.choice("MV"),
        }
        return values | {"id": insert_row(db, Subscriber, values)}

    def _group(self, db: Session, members: list[dict[str, Any]]) -> None:
        manager, *others = members
        values = {"manager_id": manager["id"], "manager_profile": "DEFAULT"}
        group = insert_row(db, AccountGroup, values)
        for one in others:
            member = {"subscriber_id": one["id"], "account_group_id": group}
            db.execute(sa.insert(AccountGroupMember).values(member))

    def _call(self, db: Session, number: int) -> dict[str, Any]:
        draw = self.draw
        account = draw.choice(self.accounts)
        milliseconds = draw.choice([0, 500, draw.randrange(10**5), draw.randrange(3 * 10**6)])
        started = ANSWER + dt.timedelta(seconds=number)
        service = draw.choice(["pstn"] * 6 + ["0800", "acobrar", "local", "did"])
        hold_id = None
        if draw.random() < 0.3:
            reseller = draw.choice([None, *self.resellers])
            sides = {"reseller_id": reseller, "reseller_amount": self._money(1)} if reseller else {}
            hold_id = hold(db, account["id"], str(self._money(2)), **sides)
        return {
            "received_at": started,
            "proxy": "sip1",
            "call_id": f"sim-{number}",
            "from_tag": "f",
            "to_tag": "t",
            "started": started,
            "ended": started + dt.timedelta(milliseconds=milliseconds),
            "duration_ms": milliseconds,
            "account": draw.choice([account["account_code"]] * 30 + ["nobody@example.com"]),
            "basis": draw.choice(["prepaid", "postpaid", "white list", "emergency", "error"]),
            "caller_domain": DOMAIN,
            "caller_id": account["username"],
            "number": draw.choice(PREFIXES) + str(draw.randrange(10**7)),
            "service": service,
            "gateway_id": draw.choice([None, *self.gateways]),
            "hold_id": hold_id,
            "ended_by": draw.choice([None, "proxy"]),
        }


def balances(db: Session, table: type[Subscriber | Reseller]) -> dict[int, Decimal]:
    return {row.id: row.credit for row in db.execute(sa.select(table.id, table.credit))}
