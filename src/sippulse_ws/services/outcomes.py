"""The outcome of a refused request, for the audit trail and for repeats with the same key."""

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

# Failures that the request did not cause: outcome `failed`, and a repeat is run again.
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
# previously completed operation", and here none was completed. The reason is outside of what the
# digest of a request covers, so a client may mend it and repeat the change under the same key: the
# If-Match header (PreconditionFailed; PreconditionUnsupported if the operation takes none), the
# password, or the granted domains. If the key has been claimed by then (before If-Match, a
# customer's password and what a domain function or a batch checks), it is released again.
_NOT_BEGUN = (AccessDenied, LoginFailed, PreconditionFailed, PreconditionUnsupported)


def outcome_of(refusal: DomainError) -> str:
    """REFUSED, or FAILED if the request did not cause it."""
    return audit.FAILED if isinstance(refusal, _TROUBLES) else audit.REFUSED


def is_final(refusal: DomainError) -> bool:
    """Whether a repeat with the same idempotency key gets the same refusal, without a new try."""
    return not isinstance(refusal, (*_TROUBLES, *_NOT_BEGUN))
