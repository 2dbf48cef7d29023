"""`sippulse-ws calls`: what could not be rated, what was rated wrongly, and one call in words."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.charging.rating import RatingWorker
from sippulse_ws.db import Database, Session
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.models import Cdr, CreditLedger, Rate, RatePlan, RawCall, Reseller, Subscriber
from tests.factories.platform import DOMAIN
from tests.factories.raw_calls import balance, raw_call
from tests.fixtures.server import Cli


class Charged:
    """An installation with a subscriber, its plan and reseller, and calls that were rated."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        with self.database.writing() as db:
            for model in (CreditLedger, Cdr, RawCall, Rate, Subscriber, RatePlan, Reseller):
                db.execute(sa.delete(model))
            plan = insert_row(
                db, RatePlan, {"domain": DOMAIN, "name": "Plan", "rate_id": 1, "prepaid": True}
            )
            self.rate(db, "55", "0.6")
            reseller = {"domain": DOMAIN, "name": "ACME", "username": "acme", "credit": Decimal(50)}
            reseller_id = insert_row(db, Reseller, reseller)
            for username, seller in (("1000", reseller_id), ("2000", None)):
                insert_row(db, Subscriber, subscriber(username, plan, seller))

    def rate(self, db: Session, prefix: str, value: str) -> None:
        values = {"domain": DOMAIN, "rate_id": 1, "name": "Rate", "rate_value": Decimal(value)}
        insert_row(db, Rate, values | {"prefix": prefix})

    def call(self, account: str = "1000", **values: Any) -> int:
        with self.database.writing() as db:
            return raw_call(db, account, **values)

    def rate_calls(self) -> None:
        while RatingWorker("America/Sao_Paulo").run(self.database):
            pass

    def reprice(self, value: str) -> None:
        with self.database.writing() as db:
            db.execute(sa.update(Rate).values(rate_value=Decimal(value)))

    def balances(self) -> tuple[Decimal, Decimal]:
        with self.database.reading() as db:
            return balance(db), db.scalar(sa.select(Reseller.credit))

    def rows(self, model: Any) -> list[Any]:
        with self.database.reading() as db:
            return list(db.execute(sa.select(*model.__table__.columns).order_by(model.id)))


def subscriber(username: str, plan: int, reseller: int | None) -> dict[str, Any]:
    return {
        "username": username,
        "domain": DOMAIN,
        "account_code": f"{username}@{DOMAIN}",
        "profile": "DEFAULT",
        "ha1": "",
        "ha1b": "",
        "rate_plan_id": plan,
        "reseller_id": reseller,
        "credit": Decimal(10),
    }


@pytest.fixture
def charged(installed_url: str) -> Iterator[Charged]:
    platform = Charged(installed_url)
    yield platform
    platform.database.close()


MARCH = ("--from", "2026-03-24", "--to", "2026-03-24")


def test_calls_without_price_are_shown_until_they_have_one(charged: Charged, cli: Cli) -> None:
    charged.call(call_id="lost", number="1212", seconds=61)
    charged.call(call_id="fine")
    charged.rate_calls()
    (row,) = [
        dict(zip(head.split("\t"), line.split("\t"), strict=True))
        for head, *lines in [cli("calls", "unrated", status=1).stdout.splitlines()]
        for line in lines
    ]
    assert row == {
        "started (UTC)": "2026-03-24 12:27:20",
        "account": f"1000@{DOMAIN}",
        "number": "1212",
        "service": "pstn",
        "seconds": "61",
        "call-id": "lost",
        "reason": "no rate",
    }
    with charged.database.writing() as db:
        charged.rate(db, "12", "1")
    assert "1 calls will be rated again" in cli("calls", "unrated", "--again").output
    cli("jobs", "run", "rating", "--once")
    assert cli("calls", "unrated").stdout.splitlines()[1:] == []
    assert charged.balances()[0] == Decimal(10) - Decimal(2) - Decimal("0.6")


def test_a_wrong_price_list_is_put_right(charged: Charged, cli: Cli) -> None:
    first, second = charged.call(), charged.call("2000")
    charged.rate_calls()
    assert charged.balances() == (Decimal("9.4"), Decimal("49.4"))
    charged.reprice("0.2")
    assert (
        "2 calls would change, by -0.800000 in all"
        in cli("calls", "rerate", *MARCH, "--dry-run").output
    )
    assert charged.balances() == (Decimal("9.4"), Decimal("49.4"))
    assert "2 calls changed, by -0.800000 in all" in cli("calls", "rerate", *MARCH).output
    assert charged.balances() == (Decimal("9.8"), Decimal("49.8"))
    records = {row.raw_id: row for row in charged.rows(Cdr)}
    for raw_id in (first, second):
        assert (records[raw_id].price, records[raw_id].first_price) == (
            Decimal("0.2"),
            Decimal("0.6"),
        )
    assert records[first].first_reseller_price == Decimal("0.6")
    assert records[first].reseller_price == Decimal("0.2")
    ledger = {row.id: row for row in charged.rows(CreditLedger)}
    corrections = [row for row in ledger.values() if row.corrects_id]
    assert len(corrections) == 3
    for row in corrections:
        corrected = ledger[row.corrects_id]
        same = (corrected.kind, corrected.account_id, corrected.raw_id)
        assert (row.kind, row.account_id, row.raw_id) == same
        assert (row.value, corrected.value) == (Decimal("0.4"), Decimal("-0.6"))
    assert "0 calls changed" in cli("calls", "rerate", *MARCH).output


def test_calls_are_put_right_more_than_once(charged: Charged, cli: Cli) -> None:
    charged.call()
    charged.rate_calls()
    for value, left in (("1", "9"), ("0", "10"), ("0.6", "9.4")):
        charged.reprice(value)
        cli("calls", "rerate", *MARCH)
        assert charged.balances()[0] == Decimal(left)
    (record,) = charged.rows(Cdr)
    assert record.first_price == record.price == Decimal("0.6")


@pytest.mark.parametrize(
    ("which", "count"),
    [
        ([*MARCH], 2),
        ([*MARCH, "--account", f"2000@{DOMAIN}"], 1),
        ([*MARCH, "--plan", "Plan"], 2),
        ([*MARCH, "--plan", "Other"], 0),
        (["--from", "2026-03-25", "--to", "2026-03-31"], 0),
        (["--from", "2026-03-01", "--to", "2026-03-23"], 0),
    ],
)
def test_only_the_calls_that_are_meant(
    charged: Charged, cli: Cli, which: list[str], count: int
) -> None:
    charged.call()
    charged.call("2000")
    charged.rate_calls()
    charged.reprice("5")
    assert f"{count} calls changed" in cli("calls", "rerate", *which).output


def test_a_call_that_has_no_rate_any_more_stays_as_it_is(charged: Charged, cli: Cli) -> None:
    charged.call()
    charged.rate_calls()
    with charged.database.writing() as db:
        db.execute(sa.delete(Rate))
    assert "1 calls have no rate now" in cli("calls", "rerate", *MARCH).output
    assert charged.balances()[0] == Decimal("9.4")


def test_a_call_in_words(charged: Charged, cli: Cli) -> None:
    charged.call(call_id="one", seconds=61, gateway_address="192.0.2.11", ended_by="proxy")
    charged.rate_calls()
    said = cli("calls", "show", "one").output
    for part in (
        "call one, from-tag 1928301774, to-tag a6c85cf",
        "answered 2026-03-24 12:27:20.250Z, 61.000 s, ended by the proxy",
        "proxy sip1, no gateway, service pstn, number 554830258080",
        "whole seconds: 61",
        "price: plan Plan: prefix 55 at 0.600000 a minute and 0 per cent: 0.600000 a minute",
        "first block 60 s, then 60 s: 120 s charged, 1.200000",
        "reseller's price: plan Plan",
        f"subscriber 1000@{DOMAIN} -1.200000, balance 8.800000",
        f"reseller ACME@{DOMAIN} -1.200000, balance 48.800000",
    ):
        assert part in said
    (told,) = json.loads(cli("calls", "show", "one", "--json").stdout)
    assert told["record"]["price"] == "1.200000"
    assert told["record"]["rating"]["sale"]["billed"] == 120
    assert [row["value"] for row in told["ledger"]] == ["-1.200000", "-1.200000"]


def test_a_call_that_there_is_not(charged: Charged, cli: Cli) -> None:
    assert "no call with the call-id" in cli("calls", "show", "none", status=1).output
