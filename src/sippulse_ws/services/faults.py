"""The error codes of an operation: its own, and those that all operations of its kind have."""

from __future__ import annotations

from collections.abc import Iterator

from sippulse_ws.services.catalogue import PublishedOperation, every_operation
from sippulse_ws.services.descriptions import describe_operation

# Requests that the JSON API rejects before an operation is called; SOAP has faults without a code.
_READING = ("bad-request", "media-type", "method-not-allowed", "too-large", "unreadable-value")
# Failures that the request did not cause.
_ANY = ("busy", "database-unavailable", "deadline", "internal-error")
_KEYED = ("idempotency-key-in-use", "idempotency-key-reused", "invalid-idempotency-key")
_WRITING = ("database-full", "outcome-unknown")
_PROXIES = ("deadline-acting", "dry-run-impossible")


def common_faults(operation: PublishedOperation) -> tuple[str, ...]:
    """The codes that all operations of its kind can fail with, sorted, without its own ones."""
    own = describe_operation(operation).faults
    return tuple(sorted(set(_common(operation)) - set(own)))


def possible_faults(operation: PublishedOperation) -> frozenset[str]:
    """Every code that the operation can fail with."""
    return frozenset(describe_operation(operation).faults) | frozenset(_common(operation))


def batch_faults() -> frozenset[str]:
    """Every code that a batch, or an operation in it, can fail with."""
    writes = [one for one in every_operation() if one.declaration.writes]
    return frozenset({"not-for-batches"}).union(*map(possible_faults, writes))


def _common(operation: PublishedOperation) -> Iterator[str]:
    declared = operation.declaration
    yield from _READING
    yield from _ANY
    if operation.has_principal:
        yield "login-failed"
    if declared.right.domains is not None:
        yield "access-denied"
    if operation.changes:
        yield from _KEYED
        yield "invalid-dry-run"
        yield "precondition-unsupported" if declared.guard is None else "precondition-failed"
    if declared.writes:
        yield from _WRITING
    if declared.tells_proxies:
        yield from _PROXIES
