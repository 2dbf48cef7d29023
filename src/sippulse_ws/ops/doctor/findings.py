"""What a check of the doctor tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

OK, WARNING, ERROR = "ok", "warning", "error"
# in the order of what they mean for the exit status
STATES = (OK, WARNING, ERROR)


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one thing; `code` is its entry among the texts."""

    check: str
    state: str
    code: str
    values: dict[str, Any] = field(default_factory=dict)


def fine(check: str, code: str = "fine", **values: Any) -> Finding:
    return Finding(check, OK, code, values)


def warning(check: str, code: str, **values: Any) -> Finding:
    return Finding(check, WARNING, code, values)


def error(check: str, code: str, **values: Any) -> Finding:
    return Finding(check, ERROR, code, values)
