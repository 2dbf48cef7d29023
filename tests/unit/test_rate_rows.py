"""Rows of a list are checked as each of them would be by itself."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.rates import RowChecker, checked

rows = st.fixed_dictionaries(
    {
        "domain": st.sampled_from(["example.com", "", "x" * 65]),
        "rate_id": st.sampled_from([1, 2, None, 2**31]),
        "prefix": st.sampled_from(["55", "5548", "", "5x", "+55", "1" * 65]),
        "name": st.sampled_from(["Brasil", "", None, "x" * 300, "a\nb"]),
        "rate_value": st.sampled_from([0.08, Decimal("0.5"), -1, Decimal("1e-9"), None, 1e13]),
    },
    optional={
        "service_type": st.sampled_from([None, "FIXO", "x" * 200]),
        "cadency": st.sampled_from([None, 6, -1]),
    },
)


def outcome(check: Any, row: dict[str, Any]) -> Any:
    try:
        return check(row)
    except DomainError as error:
        return type(error), error.values


@given(st.lists(rows, max_size=20))
def test_what_rows_share_is_checked_once_and_makes_no_difference(
    table: list[dict[str, Any]],
) -> None:
    check = RowChecker()
    for row in [*table, *table]:
        assert outcome(check, row) == outcome(checked, row)
