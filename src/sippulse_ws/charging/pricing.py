"""What a call costs, and the inverse: how long credit lasts.

Durations are whole seconds, rates are money per minute. Blocks are charged whole, the markup is
added to the rate, and the price is rounded once, at the end: to six decimals, half to even.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

MILLIONTHS = 10**6


@dataclass(frozen=True, slots=True)
class Tariff:
    """A rate with the blocks in which it is charged; a block below one second counts as one."""

    rate: Decimal  # per minute, before the markup
    first_block: int = 60  # seconds: txConnection
    next_block: int = 60  # seconds: cadency
    markup: Decimal = Decimal(0)  # per cent; negative for a discount
    delay: int = 0  # txDelay: seconds subtracted from the duration
    discard: int = 0  # txDiscard: a call of at most so many seconds is free

    @property
    def free_seconds(self) -> int:
        """The longest call that costs nothing, whatever the rate."""
        return max(self.delay, self.discard, 0)


def whole_seconds(milliseconds: int) -> int:
    """A duration in whole seconds, rounded down."""
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
    """The rate per minute with markup, rounded for display; prices use the exact one."""
    return _money(_millionths_a_second(tariff) * 60)


def same_price(one: Tariff, other: Tariff) -> bool:
    """Whether every duration costs the same by both tariffs."""
    return _millionths_a_second(one) == _millionths_a_second(other) and (
        _blocks(one) == _blocks(other)
    )


def longest_call(credit: Decimal, tariff: Tariff) -> int | None:
    """The longest call, in seconds, that the credit pays for; None if it lasts forever."""
    a_second = _millionths_a_second(tariff)
    if a_second <= 0:
        return None
    if credit < 0:
        return 0
    first, following = max(1, tariff.first_block), max(1, tariff.next_block)
    # a price up to half a millionth above the credit is rounded to it; exactly half only if even
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
    """The exact price of a second in millionths; never below zero, whatever the discount."""
    rate = Fraction(tariff.rate) * (100 + Fraction(tariff.markup)) * MILLIONTHS / 6000
    return max(rate, Fraction(0))


def _money(millionths: Fraction) -> Decimal:
    # round() rounds half to even
    return Decimal(round(millionths)).scaleb(-6)
