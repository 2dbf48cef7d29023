"""The result of a statement, whatever the driver."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class Result(NamedTuple):
    """What one statement did."""

    rows: Sequence[Any]
    matched: int  # rows
    row_id: int  # of the row inserted
