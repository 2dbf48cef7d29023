"""The outcomes of requests, as the audit trail names them."""

from __future__ import annotations

from sippulse_ws.domain import audit
from sippulse_ws.domain.errors import (
    DatabaseFull,
    DatabaseUnavailable,
    DomainError,
    InternalError,
    LoginFailed,
    OutcomeUnknown,
    ProxyFailed,
)
from sippulse_ws.domain.errors_guard import KeyMissing
from sippulse_ws.domain.load_errors import Busy, DeadlineExceeded, DeadlineWhileActing
from sippulse_ws.domain.request_errors import PreconditionFailed, PreconditionUnsupported

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

# What was refused before the operation began. By the draft of Idempotency-Key a repeat gets "the
# result of the previously completed operation", and none was completed. Whoever reads anew sends
# the same change with another If-Match, which is no part of what makes requests the same.
_NOT_BEGUN = (LoginFailed, PreconditionFailed, PreconditionUnsupported)


def outcome_of(refusal: DomainError) -> str:
    return audit.FAILED if isinstance(refusal, _TROUBLES) else audit.REFUSED


def is_final(refusal: DomainError) -> bool:
    """Whether a repeat with the same idempotency key gets this refusal again."""
    return not isinstance(refusal, (*_TROUBLES, *_NOT_BEGUN))
