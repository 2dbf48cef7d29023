"""Refusals of `db partition`: what to do is said in the operator's language."""

from typing import Any, cast

import pytest

from sippulse_ws.db import Session
from sippulse_ws.ops.partitions import RAW, CallsNotRated, Partition, require_rated

PARTITION = Partition(RAW, "p202603", None, None, 3)


class Counts:
    """Answers COUNT(*): calls not rated yet, then calls that could not be."""

    def __init__(self, *counts: int) -> None:
        self._counts = list(counts)

    def exec_driver_sql(self, _sql: str) -> Any:
        return self

    def scalar_one(self) -> int:
        return self._counts.pop(0)


@pytest.mark.parametrize(
    ("counts", "advice"),
    [
        ((3,), "espere o processo em segundo plano"),
        ((0, 3), "use calls unrated --again ou --archive-to"),
    ],
)
def test_the_advice_about_unrated_calls_is_in_portuguese(
    counts: tuple[int, ...], advice: str
) -> None:
    with pytest.raises(CallsNotRated) as refused:
        require_rated(cast("Session", Counts(*counts)), PARTITION, archived=False)
    assert refused.value.message("pt") == (
        f"Partição p202603 de call_raw tem 3 chamadas ainda sem preço: {advice}"
    )
