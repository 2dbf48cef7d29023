"""The outcomes of requests, as the audit trail names them."""

from __future__ import annotations

from sippulse_ws.domain import audit
from sippulse_ws.domain.errors import (
    DatabaseFull,
    DatabaseUnavailable,
    DomainError,
    InternalError,
    OutcomeUnknown,
    ProxyFailed,
)
from sippulse_ws.domain.errors_guard import KeyMissing
from sippulse_ws.domain.load_errors import Busy, DeadlineExceeded, DeadlineWhileActing

# What is not the request's fault.
_TROUBLES = (
    Busy,
    DatabaseFull,
    DatabaseUnavailable,
    DeadlineExceeded,
    DeadlineWhileActing,
    InternalError,
    KeyMissing,
    OutcomeUnknown,
    ProxyFailed,
)


def outcome_of(refusal: DomainError) -> str:
    return audit.FAILED if isinstance(refusal, _TROUBLES) else audit.REFUSED
