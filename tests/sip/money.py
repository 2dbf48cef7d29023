"""Plans, credit, gateways and records, for calls that cost something."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.fixtures.server import Cli
from tests.sip.conftest import DOMAIN, PASSWORD, REQUIRED, Telephones
from tests.sip.phone import Phone
from tests.sip.servers import Kamailio
from tests.sip.soap import RemoteSoap

NETWORK = "127.0.0.9"
RATES = 100
WAIT = 20


class Money:
    """`money.plan(…)`, `money.caller("1000", credit=5, …)`, `money.records("1000")`."""

    def __init__(
        self, telephones: Telephones, soap: RemoteSoap, operator: Cli, engine: sa.Engine
    ) -> None:
        self.telephones = telephones
        self.soap = soap
        self.operator = operator
        self.engine = engine
        self.plans: list[int] = []
        self.gateways: list[str] = []

    def plan(self, price: float | None = 60, **values: object) -> int:
        """A prepaid plan, one money a second, whose rates are for numbers that begin with 55."""
        rate_id = RATES + len(self.plans)
        plan = {
            "domain": DOMAIN,
            "name": f"P{rate_id}",
            "rateId": rate_id,
            "prepaid": True,
            "blockCallsWithoutRate": True,
            "txConnection": 1,
            "cadency": 1,
        }
        made = self.soap("RatePlanWS", "insertRatePlan", ratePlan=plan | values)
        self.plans.append(int(made.id))
        if price is not None:
            self.rate("55", price, rate_id)
        return int(made.id)

    def rate(self, prefix: str, price: float, rate_id: int = RATES) -> None:
        rate = {"domain": DOMAIN, "rateId": rate_id, "prefix": prefix, "name": f"to {prefix}"}
        self.soap("RateWS", "insertRates", rate=[rate | {"rateValue": price}])

    def caller(self, username: str, plan: int, credit: float = 0, **values: Any) -> Phone:
        phone = self.telephones.registered(username, ratePlanId=plan, **values)
        if credit:
            self.top_up(username, credit)
        return phone

    def top_up(self, username: str, value: float) -> None:
        key = {"username": username, "domain": DOMAIN}
        self.soap("SubscriberWS", "addCredit", **key, value=value, obs="test")

    def gateway(self, name: str, on_invite: int = 200, address: str = NETWORK) -> Phone:
        """A gateway of the telephone network, known by its address and port."""
        phone = self.telephones.phone(name, on_invite, address)
        if not self.gateways:
            self.operator("provider", "create", "carrier")
        at = f"{phone.address}:{phone.port}"
        self.operator("gateway", "create", name, "--provider", "carrier", "--address", at)
        self.gateways.append(name)
        return phone

    def records(self, call_id: str, count: int = 1) -> list[dict[str, Any]]:
        """The raw records of a call, as soon as there are so many; and a little later."""
        query = "SELECT * FROM call_raw WHERE call_id = :call_id ORDER BY leg"
        self.wait(query, count, call_id=call_id)
        time.sleep(0.3)
        return self.rows(query, call_id=call_id)

    def wait(self, query: str, count: int, seconds: float = WAIT, **values: object) -> None:
        """Until a query gives so many rows."""
        deadline = time.monotonic() + seconds
        while len(found := self.rows(query, **values)) != count and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(found) == count, found

    def rows(self, query: str, **values: object) -> list[dict[str, Any]]:
        with self.engine.connect() as db:
            return [dict(row._mapping) for row in db.execute(sa.text(query), values)]

    def run(self, statement: str, **values: object) -> None:
        with self.engine.connect() as db:
            db.execute(sa.text(statement), values)

    def clear(self) -> None:
        for table in ("call_raw", "call_hold", "route", "gateway", "provider"):
            self.run(f"DELETE FROM {table}")
        self.run(
            "UPDATE subscriber SET held = 0, rate_plan_id = NULL, reseller_rate_plan_id = NULL,"
            " reseller_id = NULL"
        )
        for table in ("rate_plan", "rate", "reseller", "acc", "admission_error"):
            self.run(f"DELETE FROM {table}")


def money_of(
    telephones: Telephones, soap: RemoteSoap, operator: Cli, engine: sa.Engine
) -> Iterator[Money]:
    made = Money(telephones, soap, operator, engine)
    made.clear()  # records of tests before, also of those that do not ask for them
    yield made
    made.clear()


money = pytest.fixture(money_of)
__all__ = ["DOMAIN", "PASSWORD", "REQUIRED", "Kamailio", "Money", "money"]
