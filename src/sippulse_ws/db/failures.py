"""What a database error means for the request that met it."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError

LOCK_WAIT_TIMEOUT = 1205
DEADLOCK = 1213


def is_unavailable(error: Exception) -> bool:
    """The database cannot be reached, or has no connection or lock free for us."""
    return isinstance(error, OperationalError | InterfaceError | TimeoutError)


def is_repeatable(error: Exception) -> bool:
    """Nothing of the transaction was done, and the same again may succeed."""
    if not isinstance(error, DBAPIError):
        return False
    number = error.orig.args[0] if error.orig is not None and error.orig.args else None
    return error.connection_invalidated or number in (LOCK_WAIT_TIMEOUT, DEADLOCK)
