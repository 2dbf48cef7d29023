"""What a right finds among the parameters: every domain that must be granted."""

from decimal import Decimal

import pytest

from sippulse_ws.domain.credit import credit_bounds
from sippulse_ws.models.types import MONEY_LIMIT, MONEY_UNIT
from sippulse_ws.services.operation import within_owner


@pytest.mark.parametrize(
    ("account", "domain", "expected"),
    [
        ("1000@a.example.com", None, ["a.example.com"]),
        (None, "b.example.com", ["b.example.com"]),
        ("1000@a.example.com", "b.example.com", ["a.example.com", "b.example.com"]),
        (None, None, [None]),
        ("", "", [None]),
    ],
)
def test_an_owner_told_twice_needs_both_domains(
    account: str | None, domain: str | None, expected: list[str | None]
) -> None:
    right = within_owner("address")
    assert right.domains is not None
    assert right.domains({"address": {"account": account, "domain": domain}}) == expected


@pytest.mark.parametrize("change", [Decimal(5), Decimal(-5), MONEY_UNIT, -MONEY_UNIT])
def test_a_change_is_allowed_where_the_balance_still_fits(change: Decimal) -> None:
    lowest, highest = credit_bounds(change)
    largest = MONEY_LIMIT - MONEY_UNIT
    assert max(lowest + change, -largest) == lowest + change
    assert highest + change <= largest
    # not one millionth less than there is room for
    assert lowest == max(-largest, -largest - change)
    assert highest == min(largest, largest - change)
