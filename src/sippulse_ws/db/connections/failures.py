"""What a database error means for the request that met it."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError

NO_SUCH_TABLE = 1146
LOCK_WAIT_TIMEOUT = 1205
DEADLOCK = 1213


def is_unavailable(error: Exception) -> bool:
    """The database cannot be reached, or has no connection or lock free for us."""
    return isinstance(error, OperationalError | InterfaceError | TimeoutError | OSError)


def is_without_schema(error: Exception) -> bool:
    """The database is there, its tables are not, or those of another version."""
    if not isinstance(error, DBAPIError):
        return False
    return _number(error) == NO_SUCH_TABLE or "no such table" in str(error.orig)


def is_repeatable(error: Exception) -> bool:
    """Nothing of the transaction was done, and the same again may succeed."""
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or _number(error) in (LOCK_WAIT_TIMEOUT, DEADLOCK)


def is_lock_timeout(error: Exception) -> bool:
    """Somebody else held a lock for longer than we wait."""
    return isinstance(error, DBAPIError) and _number(error) == LOCK_WAIT_TIMEOUT


def _number(error: DBAPIError) -> object:
    """MariaDB's number of the error."""
    return error.orig.args[0] if error.orig is not None and error.orig.args else None
