"""`export statistics`: what was counted of each day."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.models import DailyStatistics
from tests.fixtures.server import Cli

HEAD = "day,account_code,service,calls,seconds,price,unrated"
FIRST = "2026-03-24,1000@example.com,pstn,4,131,2.4,1"
SECOND = "2026-03-25,1000@other.example,pstn,1,60,0.6,0"


@pytest.fixture
def counted(installed_url: str) -> None:
    database = Database(installed_url)
    with database.writing() as db:
        db.execute(sa.delete(DailyStatistics))
        for line in (FIRST, SECOND):
            day, account, service, calls, seconds, price, unrated = line.split(",")
            row = {
                "day": dt.date.fromisoformat(day),
                "account_code": account,
                "service": service,
                "calls": int(calls),
                "seconds": int(seconds),
                "price": Decimal(price),
                "unrated": int(unrated),
            }
            db.execute(sa.insert(DailyStatistics).values(row))
    database.close()


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ([], [FIRST, SECOND]),
        (["--domain", "Example.com"], [FIRST]),
        (["--from", "2026-03-25"], [SECOND]),
        (["--to", "2026-03-24"], [FIRST]),
    ],
)
def test_statistics_are_exported(cli: Cli, options: list[str], lines: list[str]) -> None:
    head, *rows = cli("export", "statistics", *options).stdout.splitlines()
    assert head == HEAD
    assert [row.replace("2.400000", "2.4").replace("0.600000", "0.6") for row in rows] == lines
