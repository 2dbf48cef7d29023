"""The outcomes of requests, as the audit trail names them."""

from __future__ import annotations

from sippulse_ws.domain import audit
from sippulse_ws.domain.errors import (
    AccessDenied,
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

# Failures that the request did not cause.
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

# Refused before the operation began. The draft of Idempotency-Key gives a repeat "the result of the
# previously completed operation", and here none was completed. What was wrong is no part of what
# makes a request the same: the If-Match (PreconditionFailed; PreconditionUnsupported where the
# operation takes none), so that a client reads again, or leaves it out, and repeats the same change
# under the same key; the password; and the domains granted. A customer's LoginFailed and a batch's
# AccessDenied come after the key was taken, all others come before.
_NOT_BEGUN = (AccessDenied, LoginFailed, PreconditionFailed, PreconditionUnsupported)


def outcome_of(refusal: DomainError) -> str:
    return audit.FAILED if isinstance(refusal, _TROUBLES) else audit.REFUSED


def is_final(refusal: DomainError) -> bool:
    """Whether a repeat with the same idempotency key gets the same refusal, without a new try."""
    return not isinstance(refusal, (*_TROUBLES, *_NOT_BEGUN))
