"""Price lists: the difference, one transaction, moments, history and the way back."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from sippulse_ws.db import Session
from sippulse_ws.domain import price_lists
from sippulse_ws.domain.price_lists import PriceListNotFound, PriceListNotStaged
from sippulse_ws.models import PriceList, PriceListRow, Rate
from tests.factories.platform import DOMAIN, Platform

NOW = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)


def price_list(platform: Platform, rows: dict[str, str], rate_id: int = 1, **values: Any) -> int:
    """A loaded list of prefixes with their prices."""
    new = price_lists.begin_list(platform.db, DOMAIN, rate_id, by="ana", source="list.csv")
    for prefix, value in rows.items():
        filled = {"name": f"Rate {prefix}", "rate_value": Decimal(value)} | values
        platform.insert(PriceListRow, price_list_id=new, prefix=prefix, **filled)
    return new


def prices(platform: Platform, rate_id: int = 1) -> dict[str, str]:
    rows = platform.rows(Rate, rate_id=rate_id)
    return {row.prefix: f"{row.rate_value.normalize():f}" for row in rows}


@pytest.fixture
def rates(platform: Platform) -> dict[str, str]:
    values = {"55": "0.10", "5511": "0.20", "5548": "0.30", "1": "0.05"}
    for prefix, value in values.items():
        platform.rate(prefix, rate_value=Decimal(value))
    platform.rate("55", rate_id=2)
    return {prefix: value.rstrip("0") for prefix, value in values.items()}


NEW = {"55": "0.15", "5511": "0.12", "5548": "0.30", "44": "0.4"}


def test_the_difference_is_counted_before_anything_changes(
    platform: Platform, rates: dict[str, str]
) -> None:
    found = price_lists.compare_list(platform.db, price_list(platform, NEW))
    assert (found.new, found.gone, found.dearer, found.cheaper) == (1, 1, 1, 1)
    assert (found.otherwise, found.same) == (0, 1)
    assert (found.most_dearer, found.most_cheaper) == (Decimal("0.05"), Decimal("0.08"))
    assert [(row.prefix, row.old, row.new) for row in found.largest] == [
        ("5511", Decimal("0.2"), Decimal("0.12")),
        ("55", Decimal("0.1"), Decimal("0.15")),
    ]
    assert prices(platform) == rates


def test_another_name_or_block_is_a_change(platform: Platform, rates: dict[str, str]) -> None:
    new = price_list(platform, {"55": "0.10", "5511": "0.20"}, cadency=6)
    found = price_lists.compare_list(platform.db, new)
    assert (found.otherwise, found.same, found.gone) == (2, 0, 2)


def test_many_changes_are_counted_each(platform: Platform, rates: dict[str, str]) -> None:
    dearer = dict.fromkeys(rates, "9")
    found = price_lists.compare_list(platform.db, price_list(platform, dearer))
    assert (found.dearer, found.cheaper, found.otherwise, found.same) == (4, 0, 0, 0)
    cheaper = dict.fromkeys(rates, "0")
    found = price_lists.compare_list(platform.db, price_list(platform, cheaper))
    assert (found.dearer, found.cheaper, found.most_cheaper) == (0, 4, Decimal("0.3"))
    assert [row.prefix for row in found.largest] == ["5548", "5511", "55", "1"]


def test_an_empty_table_and_an_equal_list_differ_in_nothing_else(platform: Platform) -> None:
    new = price_list(platform, {})
    found = price_lists.compare_list(platform.db, new)
    assert (found.new, found.gone, found.changed, found.same) == (0, 0, 0, 0)
    assert found.largest == []


def test_applying_replaces_the_whole_table_and_no_other(
    platform: Platform, rates: dict[str, str]
) -> None:
    kept_id = platform.one(Rate, rate_id=1, prefix="55").id
    done = price_lists.apply_list(platform.db, price_list(platform, NEW))
    assert prices(platform) == {"55": "0.15", "5511": "0.12", "5548": "0.3", "44": "0.4"}
    assert prices(platform, 2) == {"55": "0.1"}
    assert platform.one(Rate, rate_id=1, prefix="55").id == kept_id
    assert (done.state, done.added, done.removed, done.changed) == ("applied", 1, 1, 2)


def test_what_was_replaced_comes_back(platform: Platform, rates: dict[str, str]) -> None:
    first = price_list(platform, NEW)
    price_lists.apply_list(platform.db, first)
    second = price_list(platform, {"7": "1"})
    price_lists.apply_list(platform.db, second)
    assert [row.id for row in price_lists.list_history(platform.db)] == [second, first]
    assert price_lists.list_history(platform.db, rate_id=2) == []
    back = price_lists.copy_kept_list(platform.db, first, by="bia")
    price_lists.apply_list(platform.db, back)
    assert prices(platform) == rates
    newest = price_lists.list_history(platform.db)[0]
    assert (newest.created_by, newest.source) == ("bia", f"before list {first}")
    again = price_lists.copy_kept_list(platform.db, back, by="bia")
    price_lists.apply_list(platform.db, again)
    assert prices(platform) == {"7": "1"}


def test_a_staged_list_is_due_at_its_moment_and_applied_once(
    platform: Platform, rates: dict[str, str]
) -> None:
    db = platform.db
    late, soon = price_list(platform, {"7": "2"}), price_list(platform, {"7": "1"})
    price_lists.stage_list(db, late, NOW + dt.timedelta(hours=1))
    price_lists.stage_list(db, soon, NOW)
    assert [(row.id, row.rates) for row in price_lists.list_staged(db)] == [(soon, 1), (late, 1)]
    assert price_lists.find_due(db, NOW - dt.timedelta(seconds=1)) == []
    assert price_lists.find_due(db, NOW) == [soon]
    assert price_lists.find_due(db, NOW + dt.timedelta(days=9)) == [soon, late]
    price_lists.apply_list(db, soon)
    assert price_lists.find_due(db, NOW) == []
    with pytest.raises(PriceListNotStaged):
        price_lists.apply_list(db, soon)


def test_a_cancelled_list_is_gone(platform: Platform, db: Session) -> None:
    one = price_list(platform, NEW)
    with pytest.raises(PriceListNotStaged):  # not before it waits
        price_lists.cancel_list(db, one)
    price_lists.stage_list(db, one, NOW)
    price_lists.cancel_list(db, one)
    assert price_lists.list_staged(db) == []
    assert platform.rows(PriceListRow) == []
    for act in (price_lists.cancel_list, price_lists.apply_list):
        with pytest.raises(PriceListNotStaged):
            act(db, one)
    with pytest.raises(PriceListNotFound):
        price_lists.cancel_list(db, one + 100)


def test_a_list_that_was_not_wanted_leaves_nothing(platform: Platform, db: Session) -> None:
    price_lists.discard_list(db, price_list(platform, NEW))
    assert platform.rows(PriceList) == platform.rows(PriceListRow) == []
