"""The SIP proxies' functions decide as charging/ does in Python: one price, one decision."""

import datetime as dt
import random
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.charging.lookup import look_up
from sippulse_ws.charging.pricing import Tariff, longest_call, price_of
from sippulse_ws.db import Database
from sippulse_ws.models import Rate, RatePlan, Reseller, Subscriber, UserWhiteList
from tests.factories.platform import PASSWORD
from tests.fixtures.proxy_functions import Functions, functions

__all__ = ["functions"]
pytestmark = pytest.mark.engines("mariadb")

DOMAIN = "example.com"
TARIFFS = 10_000
ACCOUNTS = 300
WANTED = 100_000
NUMBERS = ("5548999990000", "554899", "551199990000", "+5548999990000", "1", "49" + "1" * 60)


def random_tariff(chance: random.Random) -> Tariff:
    whole = chance.choice([0, 1, 30, 3, chance.randint(1, 10**6), chance.randint(1, 10**9)])
    markup = chance.choice([0, 0, 10, -5, -100, -120, 12.5, chance.randint(-99999, 999999) / 1000])
    return Tariff(
        rate=Decimal(whole).scaleb(-6),
        first_block=chance.choice([0, 1, 6, 30, 60, chance.randint(1, 120)]),
        next_block=chance.choice([0, 1, 6, 60, chance.randint(1, 120)]),
        markup=Decimal(repr(markup)),
        delay=chance.choice([0, 0, 3, chance.randint(0, 20)]),
        discard=chance.choice([0, 0, 2, chance.randint(0, 100)]),
    )


def test_prices_and_longest_calls_are_those_of_python(functions: Functions) -> None:
    chance = random.Random(16)
    cases = [random_case(chance) for _ in range(TARIFFS)]
    rows = [
        {
            "n": number,
            "s": seconds,
            "c": credit,
            "f": max(1, tariff.first_block),
            "x": max(1, tariff.next_block),
            "d": tariff.delay,
            "j": tariff.discard,
            "t": max(Decimal(0), tariff.rate * (100 + tariff.markup)),
        }
        for number, (tariff, seconds, credit) in enumerate(cases)
    ]
    found = answers(functions, rows)
    assert len(found) == TARIFFS
    for (tariff, seconds, credit), (price, affordable) in zip(cases, found, strict=True):
        assert price == price_of(seconds, tariff), (tariff, seconds)
        longest = longest_call(credit, tariff)
        if longest is None or longest >= WANTED:
            assert affordable >= WANTED, (tariff, credit)
        else:
            assert affordable == longest, (tariff, credit)


def random_case(chance: random.Random) -> tuple[Tariff, int, Decimal]:
    """A tariff, a duration, and a credit: a price of this tariff, so that ties and exact ends come
    up, or any."""
    tariff = random_tariff(chance)
    seconds = chance.choice([0, 1, 29, 30, 31, chance.randint(0, 4000), 10**6])
    exact = price_of(chance.randint(1, 500), tariff)
    return tariff, seconds, chance.choice([exact, Decimal(chance.randint(0, 10**8)).scaleb(-6)])


def answers(functions: Functions, rows: list[dict[str, Any]]) -> Any:
    """The price and the longest call of each row, as the database has it."""
    table = (
        "CREATE TEMPORARY TABLE tariffs (n INT PRIMARY KEY, s INT, c DECIMAL(18,6), f INT, "
        "x INT, d INT, j INT, t DECIMAL(56,24))"
    )
    query = (
        f"SELECT {functions.schema}.sippulse_held(s, f, x, d, j, t), "
        f"{functions.schema}.sippulse_affords(c, {WANTED}, f, x, d, j, t) FROM tariffs ORDER BY n"
    )
    with functions.engine.connect() as db:
        db.execute(sa.text(table))
        db.execute(sa.text("INSERT INTO tariffs VALUES (:n, :s, :c, :f, :x, :d, :j, :t)"), rows)
        return db.execute(sa.text(query)).all()


def test_a_call_is_admitted_as_the_lookup_says(functions: Functions, installed_url: str) -> None:
    chance = random.Random(3)
    database = Database(installed_url)
    with database.writing() as db:
        accounts = [make_account(db, chance, number) for number in range(ACCOUNTS)]
    seen = set()
    for account in accounts:
        number = chance.choice(NUMBERS)
        with database.reading() as db:
            expected = look_up(db, account, number)
        answer = functions(
            "sippulse_admit(:a, :n, :n, 'pstn', :c, 't', 'p', 1, 1, 60)",
            a=account,
            n=number,
            c=f"{account}{number}",
        )
        allowed, code, reason, basis, seconds, hold, _ = answer.split("|", 6)
        told = basis if allowed == "1" else f"{code} {reason}"
        assert (allowed == "1", told) == (expected.allowed, expected.reason), (account, number)
        seen.add(expected.reason)
        if expected.longest_seconds is not None and allowed == "1" and hold:
            # a slice, or less where the money ends before
            assert int(seconds) <= max(expected.longest_seconds, 0)
    assert len(seen) >= 8, seen
    database.close()


class TestCallsAtOnce:
    """They wait for each other, also on a server that refuses rows which changed meanwhile."""

    NUMBER = "5548999990000"

    def wait(self, functions: Functions, account: str, call: str, **values: object) -> Any:
        """What a call gets that begins while another transaction has the account."""
        held = sa.text("UPDATE subscriber SET held = held + 1 WHERE account_code = :a")
        queue = "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
        with functions.engine.connect() as other, ThreadPoolExecutor(1) as pool:
            other.exec_driver_sql("BEGIN")
            other.execute(held, {"a": account})
            waiting = pool.submit(functions, call, **values)
            while not (waiting.done() or other.exec_driver_sql(queue).scalar()):
                time.sleep(0.25)  # read more often, that table stays as it is
            other.exec_driver_sql("COMMIT")
            return waiting.result()

    def test_each_is_admitted_and_let_go(self, functions: Functions, installed_url: str) -> None:
        database = Database(installed_url)
        with database.writing() as db:
            account = self.make_account(db)
        database.close()
        asked = {"a": account, "n": self.NUMBER}
        admit = "sippulse_admit(:a, :n, :n, 'pstn', 'c', 't', 'p', 1, 1, 60)"
        allowed, *_, hold, _gateways = self.wait(functions, account, admit, **asked).split("|")
        assert (allowed, hold != "") == ("1", True)
        assert self.wait(functions, account, "sippulse_failed(:h)", h=hold) == 1
        with functions.engine.connect() as db:
            left = sa.text("SELECT held FROM subscriber WHERE account_code = :a")
            assert db.execute(left, {"a": account}).scalar() == 2  # those of the other ones

    def make_account(self, db: Any) -> str:
        plan = {"domain": DOMAIN, "name": "At once", "rate_id": 9999, "prepaid": True}
        plan_id = db.execute(sa.insert(RatePlan).values(plan)).inserted_primary_key[0]
        rate = {"domain": DOMAIN, "rate_id": 9999, "prefix": "55", "name": "55"}
        db.execute(sa.insert(Rate).values(**rate, rate_value=Decimal("0.1")))
        account = f"once@{DOMAIN}"
        owner = {"username": "once", "domain": DOMAIN, "account_code": account}
        owner |= {"profile": "DEFAULT", "password": PASSWORD, "ha1": "", "ha1b": ""}
        paid = {"rate_plan_id": plan_id, "credit": Decimal(1000)}
        db.execute(sa.insert(Subscriber).values(**owner, **paid))
        return account


def make_account(db: Any, chance: random.Random, number: int) -> str:
    """An account, its plan and its rates, with every feature now and then."""
    plan_id = make_plan(db, chance, number)
    reseller_id = make_reseller(db, chance, number) if chance.random() < 0.3 else None
    now = dt.datetime.now(dt.UTC)
    account = f"{2000 + number}@{DOMAIN}"
    expires = chance.choice([None, None, now + dt.timedelta(days=1), now - dt.timedelta(days=1)])
    owner = {
        "username": str(2000 + number),
        "domain": DOMAIN,
        "account_code": account,
        "profile": "DEFAULT",
        "password": PASSWORD,
        "ha1": "",
        "ha1b": "",
        "active_outgoing_calls": chance.random() < 0.9,
    }
    paid = {
        "rate_plan_id": chance.choice([plan_id, plan_id, plan_id, None]),
        "credit": Decimal(chance.randint(-1, 12)) / 100,
        "credit_expires_at": expires,
        "reseller_id": reseller_id,
        "reseller_billing_type": chance.choice([0, 0, 1, 2]),
        "reseller_rate_plan_id": plan_id if chance.random() < 0.5 else None,
        "reseller_markup": chance.choice([0.0, 7.5, -3.0]),
    }
    made = db.execute(sa.insert(Subscriber).values(**owner, **paid, **quotas(chance)))
    if chance.random() < 0.1:
        listed = {"subscriber_id": made.inserted_primary_key[0], "prefix": NUMBERS[0]}
        db.execute(sa.insert(UserWhiteList).values(listed))
    return account


def quotas(chance: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, kind in (("daily", "M"), ("monthly", "V")):
        found |= {f"{name}_quota": chance.random() < 0.2, f"{name}_quota_type": kind}
        found |= {f"{name}_quota_limit": Decimal(10)}
        found |= {f"{name}_quota_consumed": Decimal(chance.choice([9, 10]))}
    return found


def make_reseller(db: Any, chance: random.Random, number: int) -> int:
    names = {"name": f"r{number}", "username": f"r{number}", "domain": DOMAIN}
    money = Decimal(chance.randint(-1, 3)) / 10
    made = db.execute(sa.insert(Reseller).values(**names, credit=money))
    return int(made.inserted_primary_key[0])


def make_plan(db: Any, chance: random.Random, number: int) -> int:
    rate_id = 1000 + number
    plan = {
        "domain": DOMAIN,
        "name": f"P{number}",
        "rate_id": rate_id,
        "prepaid": chance.random() < 0.7,
        "block_calls_without_rate": chance.random() < 0.5,
        "tx_connection": chance.choice([0, 1, 30, 60]),
        "cadency": chance.choice([1, 6, 60]),
        "markup": chance.choice([0.0, 10.0, -5.0, -100.0, 12.5]),
        "tx_delay": chance.choice([0, 3]),
        "tx_discard": chance.choice([0, 2]),
    }
    for prefix in ("55", "5548", "5548999"):
        if chance.random() < 0.6:
            rate = {"domain": DOMAIN, "rate_id": rate_id, "prefix": prefix, "name": prefix}
            price = chance.choice([Decimal(0), Decimal("0.18"), Decimal("0.197"), Decimal(60)])
            own = chance.choice([None, 1, 30])
            db.execute(sa.insert(Rate).values(**rate, rate_value=price, tx_connection=own))
    return int(db.execute(sa.insert(RatePlan).values(plan)).inserted_primary_key[0])
