"""The results of the doctor's checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

OK, WARNING, ERROR = "ok", "warning", "error"
# a state's index is the exit status; the worst one counts
STATES = (OK, WARNING, ERROR)


@dataclass(frozen=True, slots=True)
class Finding:
    """A result of a check; `code` is the key of its text in TEXTS, `values` fill that."""

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
