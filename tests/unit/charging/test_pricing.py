"""What a call costs: the worked prices, and what holds for every tariff."""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sippulse_ws.charging.pricing import (
    Tariff,
    billed_seconds,
    longest_call,
    price_of,
    sale_rate,
    whole_seconds,
)

EXAMPLES = Path(__file__).with_name("worked_prices.md")
RATE = Decimal("0.18")
TARIFFS = {
    "30/6": Tariff(RATE, 30, 6),
    "60/60": Tariff(RATE, 60, 60),
    "1/1": Tariff(RATE, 1, 1),
    "30/6 delay 3": Tariff(RATE, 30, 6, delay=3),
    "30/6 discard 2": Tariff(RATE, 30, 6, discard=2),
    "30/6 delay 3 discard 2": Tariff(RATE, 30, 6, delay=3, discard=2),
    "30/6 delay 2 discard 3": Tariff(RATE, 30, 6, delay=2, discard=3),
    "30/6 markup 10": Tariff(RATE, 30, 6, markup=Decimal(10)),
    "30/6 markup -5": Tariff(RATE, 30, 6, markup=Decimal(-5)),
    "plan 30/6, rate's own 60/1": Tariff(RATE, 60, 1),
    "rate 0": Tariff(Decimal(0), 30, 6),
}


def table(title: str) -> tuple[list[str], list[list[str]]]:
    """A table of the file by the beginning of its first cell: the other headings, the rows."""
    blocks = EXAMPLES.read_text().split("\n\n")
    block = next(block for block in blocks if block.startswith(f"| {title}"))
    head, _, *rows = [
        [cell.strip() for cell in line.strip("| ").split("|")] for line in block.splitlines()
    ]
    return head[1:], rows


def worked_prices() -> list[tuple[str, int, int, Decimal]]:
    durations, rows = table("tariff")
    return [
        (name, int(duration.removesuffix(" s")), int(billed), Decimal(price))
        for name, *cells in rows
        for duration, cell in zip(durations, cells, strict=True)
        for billed, price in [cell.split(": ")]
    ]


def worked_roundings() -> list[tuple[int, Tariff, Decimal]]:
    _, rows = table("seconds")
    found = []
    for seconds, tariff, _exact, recorded in rows:
        rate, blocks, markup = tariff.split(", ")
        first, following = map(int, blocks.split("/"))
        found.append(
            (
                int(seconds),
                Tariff(
                    Decimal(rate.removesuffix(" a minute")),
                    first,
                    following,
                    markup=Decimal(markup.removeprefix("markup ")),
                ),
                Decimal(recorded),
            )
        )
    return found


def worked_credits() -> list[tuple[str, Decimal, int | None]]:
    credits, rows = table("longest call")
    return [
        (name, Decimal(credit), None if cell == "no end" else int(cell))
        for name, *cells in rows
        for credit, cell in zip(credits, cells, strict=True)
    ]


def test_the_tables_are_complete() -> None:
    assert {row[0] for row in worked_prices()} == set(TARIFFS)
    assert len(worked_prices()) == 143
    assert len(worked_roundings()) == 8
    assert len(worked_credits()) == 88


@pytest.mark.parametrize(("name", "seconds", "billed", "price"), worked_prices())
def test_a_worked_price(name: str, seconds: int, billed: int, price: Decimal) -> None:
    assert billed_seconds(seconds, TARIFFS[name]) == billed
    assert price_of(seconds, TARIFFS[name]) == price


@pytest.mark.parametrize(("seconds", "tariff", "price"), worked_roundings())
def test_a_tie_goes_to_the_even_digit(seconds: int, tariff: Tariff, price: Decimal) -> None:
    assert price_of(seconds, tariff) == price


@pytest.mark.parametrize(("name", "credit", "seconds"), worked_credits())
def test_a_worked_credit(name: str, credit: Decimal, seconds: int | None) -> None:
    assert longest_call(credit, TARIFFS[name]) == seconds


money = st.decimals(0, 10**6, places=6)
tariffs = st.builds(
    Tariff,
    rate=st.decimals(0, 10**4, places=6),
    first_block=st.integers(0, 200),
    next_block=st.integers(0, 200),
    markup=st.decimals(-100, 1000, places=9),
    delay=st.integers(0, 100),
    discard=st.integers(0, 100),
)
durations = st.integers(0, 10**6)


@given(durations, st.integers(0, 1000), tariffs)
def test_a_longer_call_never_costs_less(seconds: int, more: int, tariff: Tariff) -> None:
    assert price_of(seconds, tariff) <= price_of(seconds + more, tariff)


@given(money, tariffs)
def test_the_longest_call_is_paid_and_one_second_more_is_not(
    credit: Decimal, tariff: Tariff
) -> None:
    longest = longest_call(credit, tariff)
    if longest is None:
        assert price_of(10**9, tariff) == 0
    else:
        assert price_of(longest, tariff) <= credit < price_of(longest + 1, tariff)


@given(durations, tariffs)
def test_the_price_of_a_call_buys_at_least_that_call(seconds: int, tariff: Tariff) -> None:
    longest = longest_call(price_of(seconds, tariff), tariff)
    assert longest is None or longest >= seconds


@given(durations, tariffs)
def test_the_price_is_the_exact_one_rounded_once(seconds: int, tariff: Tariff) -> None:
    exact = Fraction(tariff.rate) * (1 + Fraction(tariff.markup) / 100)
    exact *= Fraction(billed_seconds(seconds, tariff), 60)
    price = price_of(seconds, tariff)
    error = abs(Fraction(price) - exact)
    assert price.as_tuple().exponent in (0, -6)
    assert error <= Fraction(1, 2 * 10**6)
    if error == Fraction(1, 2 * 10**6):
        assert int(price.scaleb(6)) % 2 == 0


@given(durations, tariffs)
def test_whole_blocks_are_charged(seconds: int, tariff: Tariff) -> None:
    billed = billed_seconds(seconds, tariff)
    first, following = max(1, tariff.first_block), max(1, tariff.next_block)
    assert billed == 0 or (billed - first) % following == 0
    assert (billed == 0) == (seconds <= max(tariff.delay, tariff.discard))


def test_a_tie_is_not_made_by_a_rounding_on_the_way() -> None:
    """28 digits of a division would show 0.0000005 exactly."""
    rate = Decimal("0.00003")
    a_little_more = Decimal("0.0000000000000000000000000001")
    assert price_of(1, Tariff(rate, 1, 1)) == 0
    assert price_of(1, Tariff(rate, 1, 1, markup=a_little_more)) == Decimal("0.000001")


def test_large_and_odd_tariffs_have_a_price() -> None:
    huge = Tariff(Decimal("999999999999.999999"), 1, 1)
    assert price_of(360_000, huge) == Decimal("5999999999999999.994000")
    assert longest_call(Decimal(10**12), huge) == 60
    assert price_of(90, Tariff(RATE, 0, -5)) == price_of(90, Tariff(RATE, 1, 1))
    assert price_of(60, Tariff(RATE, delay=-9, discard=-9)) == RATE
    assert price_of(3600, Tariff(RATE, markup=Decimal(-150))) == 0
    assert price_of(-5, Tariff(RATE)) == 0


def test_the_rate_shown_has_its_markup_and_six_decimals() -> None:
    assert sale_rate(Tariff(Decimal("0.197"), markup=Decimal("20.5"))) == Decimal("0.237385")
    shown = (Decimal("0.333333") * Decimal("1.07")).quantize(
        Decimal("0.000001"), rounding=ROUND_HALF_EVEN
    )
    assert sale_rate(Tariff(Decimal("0.333333"), markup=Decimal(7))) == shown


def test_a_second_counts_when_it_is_complete() -> None:
    assert [whole_seconds(ms) for ms in (-3, 0, 999, 1000, 1999, 2000)] == [0, 0, 0, 1, 1, 2]
