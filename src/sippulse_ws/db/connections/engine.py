"""The database as the application sees it: requests use `reading()` and `writing()`.

Reads run on connections in autocommit mode and writes on connections that are always inside a
transaction, from two pools: so no BEGIN, ROLLBACK or change of mode is sent without need. Nothing
connects before the first use. `migrating()` and `maintaining()` are for commands.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, make_url

from sippulse_ws.db.connections.cluster import CAUSAL_READS, CAUSAL_WRITES, drop_lost_nodes
from sippulse_ws.db.connections.deadlines import remember_socket
from sippulse_ws.db.connections.per_thread import PerThreadConnections
from sippulse_ws.db.connections.sqlite_lock import lock_of_writers, touch_private
from sippulse_ws.db.connections.tls import clear_tls_errors
from sippulse_ws.db.connections.uses import Reading, Writing
from sippulse_ws.db.statements.session import Session
from sippulse_ws.wording import Wording

# Seconds after which a connection is replaced: below the usual wait_timeout of 8 hours.
RECYCLE = 3600
SQLITE_BUSY_MS = 30_000
SQLITE_TRY_MS = 1000  # where operations have a deadline, which cannot interrupt this wait
# Read and write time-out where operations have no deadline: then MariaDB is taken for lost.
STATEMENT_SECONDS = 60
# Where operations have a deadline, a locked row is waited for in tries of this many seconds.
_LOCK_SECONDS = 5
# MariaDB since 11.6.2 would refuse rows that changed meanwhile, in READ COMMITTED too.
MYSQL_SESSION = (
    "SET SESSION time_zone='+00:00', "
    "sql_mode='STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', "
    "group_concat_max_len=1048576"  # bytes of a list read as one text (`row_text`)
    " /*M!110602 , innodb_snapshot_isolation=OFF */"
)
_NO_FOLDER = Wording("não existe a pasta {path}", "there is no folder {path}")
_A_FOLDER = Wording("{path} é uma pasta", "{path} is a folder")
_NO_DATABASE = Wording("{path} não é um banco do SQLite", "{path} is no database of SQLite")
DEFAULT_FOLDER = Path("var")  # created if missing; any other folder has to exist
# No gap locks, so that inserts of different accounts never wait for each other.
MYSQL_WRITES: dict[str, Any] = {"isolation_level": "READ COMMITTED"}


class Database:
    """Connections to one database. `pool_size` is the number of serving threads, for each pool.

    `seconds` is how long an operation may take; commands have no such limit. With `is_cluster` the
    URL leads to nodes of a Galera cluster: reads wait for what was committed on any node before.
    """

    def __init__(
        self,
        url: str | URL,
        pool_size: int = 4,
        seconds: float | None = None,
        *,
        is_cluster: bool = False,
    ) -> None:
        self._seconds = seconds
        self.is_cluster = is_cluster
        self._patience = STATEMENT_SECONDS if seconds is None else ceil(seconds) + 1
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._reader = self._engine(pool_size + 1, self._patience, isolation_level="AUTOCOMMIT")
        self._writer = self._write_engine(pool_size + 1, self._patience)
        self._readers = PerThreadConnections(self._reader, pool_size, RECYCLE, "read")
        self._writers = PerThreadConnections(self._writer, pool_size, RECYCLE, "write")
        self._lock_path = f"{self.url.database}-writers" if self.is_sqlite else None

    def _engine(
        self,
        pool_size: int,
        patience: int | None,
        *,
        joining: bool = False,
        **options: Any,
    ) -> Engine:
        engine = create_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_recycle=RECYCLE,
            # reading() has nothing to roll back, writing() always ends what it began
            pool_reset_on_return=None,
            enable_from_linting=False,  # joins on parameters alone are meant
            hide_parameters=True,  # parameters may be passwords, errors are logged
            connect_args=self._arguments(patience, joining),
            **options,
        )
        if self.is_cluster:
            drop_lost_nodes(engine.dialect)
        if self.is_sqlite:
            event.listen(engine, "do_connect", self._make_file)
            patient = self._seconds is None or patience is None
            event.listen(engine, "connect", partial(_prepare_sqlite, patient=patient))
        else:
            event.listen(engine, "connect", remember_socket)
            event.listen(engine, "handle_error", _clear_after_loss)
        if self.url.get_driver_name() == "pymysql":
            from sippulse_ws.db.connections.pymysql_tls import connect  # noqa: PLC0415

            event.listen(engine, "do_connect", connect)
        return engine

    def _arguments(self, patience: int | None, joining: bool) -> dict[str, Any]:
        if self.is_sqlite:
            return {}
        session = MYSQL_SESSION
        if self._seconds is not None and patience is not None:
            session += _limits(self._seconds)
        if self.is_cluster:
            session += CAUSAL_WRITES if joining else CAUSAL_READS
        return _mysql_arguments(self.url, patience, joining) | {"init_command": session}

    def _write_engine(self, pool_size: int, patience: int | None) -> Engine:
        options = {} if self.is_sqlite else MYSQL_WRITES
        engine = self._engine(pool_size, patience, joining=True, **options)
        if self.is_sqlite:
            event.listen(engine, "begin", _begin_immediate)
        return engine

    def reading(self) -> AbstractContextManager[Session]:
        """In autocommit mode: each statement sees what is committed when it runs."""
        return Reading(self._readers)

    def writing(self) -> AbstractContextManager[Session]:
        """A transaction: committed at the end, rolled back when anything is raised."""
        use = Writing(self._writers)
        return use if self._lock_path is None else _in_turn(self._lock_path, use)

    def make_default_folder(self) -> None:
        """Create the folder of SQLite's file if that is the default one, `var`."""
        if self.is_sqlite and Path(str(self.url.database)).parent == DEFAULT_FOLDER:
            DEFAULT_FOLDER.mkdir(mode=0o700, exist_ok=True)

    def find_misplaced_file(self) -> Wording | None:
        """What is wrong with the path of SQLite's file, which is not created; None if nothing."""
        if not self.is_sqlite:
            return None
        path = Path(str(self.url.database))
        if not path.parent.is_dir() and path.parent != DEFAULT_FOLDER:
            return _NO_FOLDER.fill(path=path.parent)
        if path.is_dir():
            return _A_FOLDER.fill(path=path)
        if path.is_file() and os.access(path, os.R_OK) and not _is_sqlite_file(path):
            return _NO_DATABASE.fill(path=path)
        return None

    @contextmanager
    def migrating(self) -> Iterator[Session]:
        """A transaction for changes of the schema, however long they take.

        SQLite copies and renames tables for that, so foreign keys are not checked meanwhile.
        """
        self.make_default_folder()
        engine = self._write_engine(1, patience=None)
        try:
            with self._turn(), engine.connect() as connection:
                if self.is_sqlite:
                    connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
                yield Session(connection)
                connection.commit()
        finally:
            engine.dispose()

    @contextmanager
    def maintaining(self) -> Iterator[Session]:
        """Like `reading()`, for statements that may take hours: big ALTERs, exports."""
        engine = self._engine(1, patience=None, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                yield Session(connection)
        finally:
            engine.dispose()

    def close(self) -> None:
        self._readers.close()
        self._writers.close()
        self._reader.dispose()
        self._writer.dispose()

    def _make_file(self, *_: Any) -> None:
        """Create SQLite's file, readable by its owner only, as its -wal and -shm files will be."""
        path = Path(str(self.url.database))
        if not path.parent.is_dir():
            raise sqlite3.OperationalError(f"there is no folder {path.parent}")
        touch_private(path)

    def _turn(self) -> AbstractContextManager[None]:
        return lock_of_writers(self._lock_path) if self._lock_path else nullcontext()


def _clear_after_loss(context: ExceptionContext) -> None:
    if context.is_disconnect:
        clear_tls_errors()


def lock_seconds(seconds: float) -> int:
    """How long a statement waits for a lock in an operation that may take `seconds`."""
    return max(1, min(_LOCK_SECONDS, int(seconds / 2)))


def _limits(seconds: float) -> str:
    """Session variables; each server sees its own statement limit, the other's is a comment."""
    return (
        f", innodb_lock_wait_timeout={lock_seconds(seconds)}"
        f" /*M!100108 , max_statement_time={ceil(seconds)} */"
        f" /*!80000 , max_execution_time={ceil(seconds * 1000)} */"
    )


def _mysql_arguments(url: URL, patience: int | None, joining: bool) -> dict[str, Any]:
    """`joining`: several statements may go in one round trip."""
    arguments: dict[str, Any] = {"charset": "utf8mb4", "connect_timeout": 5}
    arguments["local_infile"] = False  # mysqlclient would send files that a server asks for
    # Both the same: PyMySQL sets the socket's time-out anew for each packet where they differ, and
    # what reads packets here (`pymysql_packets`) relies on the one that was set for writing.
    arguments |= {"read_timeout": patience, "write_timeout": patience} if patience else {}
    if url.get_driver_name() == "pymysql":
        from pymysql.constants import CLIENT  # noqa: PLC0415 - large, and with it cryptography

        found = CLIENT.FOUND_ROWS  # what SQLAlchemy would set, were the flags left to it
        arguments["client_flag"] = found | (CLIENT.MULTI_STATEMENTS if joining else 0)
    else:
        arguments["multi_statements"] = joining
    return arguments


def _prepare_sqlite(connection: Any, _record: Any, *, patient: bool) -> None:
    connection.isolation_level = None  # we send BEGIN ourselves
    # SQLite's own lower() knows ASCII only: it leaves É as it is
    connection.create_function("lower", 1, _lower, deterministic=True)
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={SQLITE_BUSY_MS if patient else SQLITE_TRY_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _lower(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _in_turn(lock_path: str, use: Writing) -> Iterator[Session]:
    """A write transaction of SQLite, once no other writer holds the lock."""
    with lock_of_writers(lock_path), use as session:
        yield session


def _is_sqlite_file(path: Path) -> bool:
    """Whether SQLite takes the file for a database.

    We do not read it ourselves: closing a file drops all POSIX locks that this process has on it,
    and another process could then delete the WAL that our own connections use.
    """
    try:
        there = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(there, uri=True, timeout=0)) as db:
            db.execute("PRAGMA schema_version").fetchone()
    except sqlite3.Error as error:
        return error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_NOTADB
    return True
