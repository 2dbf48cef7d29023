"""What a database error means for the request that met it."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError

from sippulse_ws.db.connections.deadlines import DeadlinePassed

NO_SUCH_TABLE = 1146
DISK_FULL = (1021, 1114)
LOCK_WAIT_TIMEOUT = 1205
DEADLOCK = 1213
# A row changed since the transaction first looked: MariaDB with innodb_snapshot_isolation.
RECORD_CHANGED = 1020
STATEMENT_TIMEOUTS = (1969, 3024)  # of MariaDB, and of MySQL
# Cut off from its cluster (1047), read-only (1290, 1836), ending (1053): another node may do it.
WRONG_NODE = (1047, 1290, 1836, 1053)
# No server, too many connections, or a connection that was lost, perhaps while it was being made.
_NO_CONNECTION = (0, 1040, 1129, 1203, 2002, 2003, 2005, 2006, 2013, 2055)
# As the answer to a COMMIT these mean that nothing was committed.
_UNDONE = (DEADLOCK, 1047, 1290, 1836)


def is_unavailable(error: Exception) -> bool:
    """The database cannot be reached, or has no connection or lock free for us."""
    return isinstance(error, OperationalError | InterfaceError | TimeoutError | OSError)


def is_without_schema(error: Exception) -> bool:
    """The database can be reached, but a table is missing: no schema, or another version's."""
    if not isinstance(error, DBAPIError):
        return False
    return _number(error) == NO_SUCH_TABLE or "no such table" in str(error.orig)


def is_repeatable(error: Exception) -> bool:
    """The same transaction may succeed if repeated: a lost connection, a lock or a lost race.

    It left nothing behind, unless the connection was lost during its COMMIT.
    """
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated or is_locked(error):
        return True
    return is_conflict(error)


def is_away(error: Exception) -> bool:
    """There is no connection, or it was lost: the statement itself is not to blame."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _number(error) in _NO_CONNECTION
    return isinstance(error, TimeoutError | OSError)


def is_conflict(error: Exception) -> bool:
    """A concurrent transaction won: a deadlock, or another node's (also at the commit)."""
    return isinstance(error, DBAPIError) and _number(error) in (DEADLOCK, RECORD_CHANGED)


def is_locked(error: Exception) -> bool:
    """Another transaction holds a lock that is needed; SQLite finds out before any change."""
    if is_lock_timeout(error):
        return True
    return isinstance(error, DBAPIError) and _sqlite_code(error) == sqlite3.SQLITE_BUSY


def is_undone(error: Exception) -> bool:
    """Nothing of the transaction was stored: certain even if COMMIT failed with this error."""
    if not isinstance(error, DBAPIError):
        return False
    if _number(error) in _UNDONE:
        return True
    return not error.connection_invalidated and _sqlite_code(error) in _SQLITE_UNDONE


def is_full(error: Exception) -> bool:
    """The database's disk is full, or its quota."""
    if not isinstance(error, DBAPIError):
        return False
    return _number(error) in DISK_FULL or _sqlite_code(error) == sqlite3.SQLITE_FULL


def is_cut_off(error: Exception) -> bool:
    """The server ended the statement, or it was never sent: its time was over."""
    if isinstance(error, DeadlinePassed):
        return True
    return isinstance(error, DBAPIError) and _number(error) in STATEMENT_TIMEOUTS


def is_lock_timeout(error: Exception) -> bool:
    """Another transaction held a lock for longer than we wait."""
    return isinstance(error, DBAPIError) and _number(error) == LOCK_WAIT_TIMEOUT


# After these SQLite's transaction is still open; we roll it back.
_SQLITE_UNDONE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY)


def _sqlite_code(error: DBAPIError) -> int | None:
    """SQLite's own number of the error, without the details of an extended one."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _number(error: DBAPIError) -> object:
    return error_number(error.orig)


def error_number(error: BaseException | None) -> object:
    """The server's number of an error of PyMySQL or mysqlclient; None if there is none."""
    return error.args[0] if error is not None and error.args else None
