"""What a call costs, and the inverse: how long a credit lasts.

Durations are whole seconds, rates are money a minute. Blocks are charged whole, the markup is on
the rate, and there is one rounding, at the end: to six decimals, ties to the even digit.
docs/charging.md says how each word of the vendor's document was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

MILLIONTHS = 10**6


@dataclass(frozen=True, slots=True)
class Tariff:
    """A rate with the blocks in which it is charged; blocks below a second are taken for one."""

    rate: Decimal  # a minute, before the markup
    first_block: int = 60  # seconds: txConnection
    next_block: int = 60  # seconds: cadency
    markup: Decimal = Decimal(0)  # per cent; negative for a discount
    delay: int = 0  # txDelay: that many seconds are taken off the duration
    discard: int = 0  # txDiscard: a call that is not longer costs nothing

    @property
    def free_seconds(self) -> int:
        """The longest call that costs nothing, whatever the rate."""
        return max(self.delay, self.discard, 0)


def whole_seconds(milliseconds: int) -> int:
    """A duration as it is charged: a second that was not completed does not count."""
    return max(0, milliseconds) // 1000


def billed_seconds(seconds: int, tariff: Tariff) -> int:
    """How many seconds of a call of this duration are charged."""
    if seconds <= tariff.free_seconds:
        return 0
    first, following = max(1, tariff.first_block), max(1, tariff.next_block)
    counted = seconds - max(0, tariff.delay)
    if counted <= first:
        return first
    return first + -(-(counted - first) // following) * following


def price_of(seconds: int, tariff: Tariff) -> Decimal:
    """The price of a call of this duration."""
    billed = billed_seconds(seconds, tariff)
    return _money(_millionths_a_second(tariff) * billed) if billed else Decimal(0)


def sale_rate(tariff: Tariff) -> Decimal:
    """The rate a minute with its markup, rounded for showing; prices are made of the exact one."""
    return _money(_millionths_a_second(tariff) * 60)


def same_price(one: Tariff, other: Tariff) -> bool:
    """Whether a call of any duration costs the same by both."""
    return _millionths_a_second(one) == _millionths_a_second(other) and (
        _blocks(one) == _blocks(other)
    )


def longest_call(credit: Decimal, tariff: Tariff) -> int | None:
    """The most seconds of a call whose price is within the credit; None: there is no end."""
    a_second = _millionths_a_second(tariff)
    if a_second <= 0:
        return None
    if credit < 0:
        return 0
    first, following = max(1, tariff.first_block), max(1, tariff.next_block)
    # what still rounds to no more than the credit: half a millionth above it, a tie if it is even
    whole = floor(credit * MILLIONTHS)
    limit = whole + Fraction(1, 2)
    left = limit - a_second * first
    if left < 0 or (left == 0 and whole % 2):
        return tariff.free_seconds
    blocks = left / (a_second * following)
    count = ceil(blocks) - 1 if whole % 2 else floor(blocks)
    return max(tariff.free_seconds, max(0, tariff.delay) + first + count * following)


def _blocks(tariff: Tariff) -> tuple[int, int, int, int]:
    first, following = max(1, tariff.first_block), max(1, tariff.next_block)
    return first, following, max(0, tariff.delay), max(0, tariff.discard)


def _millionths_a_second(tariff: Tariff) -> Fraction:
    """Exact; a discount of more than everything is a price of nothing."""
    rate = Fraction(tariff.rate) * (100 + Fraction(tariff.markup)) * MILLIONTHS / 6000
    return max(rate, Fraction(0))


def _money(millionths: Fraction) -> Decimal:
    # round() takes ties to the even one
    return Decimal(round(millionths)).scaleb(-6)
