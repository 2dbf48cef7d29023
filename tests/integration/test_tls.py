"""TLS between us and the database: one connection that is lost breaks no other."""

import _ssl
import ctypes
import subprocess
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from sippulse_ws.db import Database, Session
from sippulse_ws.db.connections.deadlines import Deadline, DeadlinePassed
from sippulse_ws.db.connections.engine import STATEMENT_SECONDS
from tests.mariadb import OPTIONS, PrivateMariaDB

pytestmark = pytest.mark.engines("mariadb")


def with_tls(url: sa.URL) -> Database:
    """Certificates are the server's own, hence unknown."""
    if url.get_driver_name() == "pymysql":
        query = {"ssl_check_hostname": "false", "ssl_verify_cert": "false"}
    else:
        query = {"ssl_mode": "REQUIRED"}
    return Database(url.update_query_dict(query).set(database="information_schema"))


def is_pymysql(database: Database) -> bool:
    return database.url.get_driver_name() == "pymysql"


def cipher(database: Database) -> str:
    with database.reading() as db:
        row = db.exec_driver_sql("SHOW SESSION STATUS LIKE 'Ssl_cipher'").one()
    return str(row[1])


def offers_tls(url: sa.URL) -> bool:
    database = with_tls(url)
    try:
        return cipher(database) != ""
    except OperationalError:
        return False
    finally:
        database.close()


def certificate(folder: Path) -> list[str]:
    """Options of a server with a certificate of its own."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            *"openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost".split(),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    return [f"--ssl-key={key}", f"--ssl-cert={cert}"]


@pytest.fixture(scope="module")
def tls_url(
    engine_kind: str, mariadb_server: sa.URL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[sa.URL]:
    """The tests' server if it offers TLS, as newer ones do unasked, or one that does."""
    if offers_tls(mariadb_server):
        yield mariadb_server
        return
    server = PrivateMariaDB([*OPTIONS, *certificate(tmp_path_factory.mktemp("tls"))])
    yield sa.make_url(server.url).set(drivername=mariadb_server.drivername)
    server.stop()


@pytest.fixture
def database(tls_url: sa.URL) -> Iterator[Database]:
    made = with_tls(tls_url)
    assert cipher(made)
    yield made
    made.close()


@pytest.fixture
def other(tls_url: sa.URL) -> Iterator[sa.Connection]:
    """Another connection to the same server, which may end ours."""
    engine = sa.create_engine(tls_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection


def connection_id(db: Session) -> int:
    return int(db.scalar(sa.select(sa.func.connection_id())))


def lose_a_write(database: Database, other: sa.Connection) -> None:
    """What it leaves in the thread's queue of errors is put there whatever OpenSSL is here."""
    with pytest.raises(OperationalError), database.writing() as db:
        send_to_the_dead(db, other)


def send_to_the_dead(db: Session, other: sa.Connection) -> None:
    other.exec_driver_sql(f"KILL {connection_id(db)}")
    try:
        for _ in range(2):  # the first may still find the answer of the server that says so
            db.execute(sa.select(1))
    finally:
        leave_an_error()


def leave_an_error() -> None:
    """What OpenSSL 3.5 itself leaves in the thread's queue when a connection is lost."""
    crypto = ctypes.CDLL(_ssl.__file__)
    crypto.ERR_new()
    crypto.ERR_set_debug(b"a.c", 1, b"f")
    crypto.ERR_set_error(20, 294, None)  # SSL routines: unexpected eof while reading


def test_connections_share_one_context_without_authorities(tls_url: sa.URL) -> None:
    """Where the URL asks for nothing; reading them took PyMySQL a MiB for each connection."""
    if tls_url.get_driver_name() != "pymysql":
        pytest.skip("mysqlclient's library does this by itself")
    made = Database(tls_url.set(database="information_schema"))
    try:
        assert cipher(made)
        with made._reader.connect() as one, made._writer.connect() as other:
            connections: list[Any] = [each.connection.driver_connection for each in (one, other)]
            contexts = [each.ctx for each in connections]
    finally:
        made.close()
    assert contexts[0] is contexts[1]
    assert contexts[0].get_ca_certs() == []


def test_an_error_that_openssl_remembers_is_one_of_the_next_connection(
    database: Database,
) -> None:
    """The fault itself, without which the tests below would show nothing."""
    leave_an_error()
    # mysqlclient's library empties the queue by itself
    outcome = pytest.raises(OperationalError) if is_pymysql(database) else nullcontext()
    with outcome, database.reading() as db:
        db.execute(sa.select(sa.func.sleep(0.2)))  # so that the answer is waited for


def test_a_lost_connection_breaks_no_other_of_its_thread(
    database: Database, other: sa.Connection
) -> None:
    for _ in range(5):
        with database.reading() as db:
            connection_id(db)
        lose_a_write(database, other)
        with database.reading() as db:
            db.execute(sa.select(sa.func.sleep(0.02)))
        with database.writing() as db:
            db.execute(sa.select(sa.func.sleep(0.02)))


def test_threads_that_lose_connections_go_on_with_new_ones(
    database: Database, other: sa.Connection
) -> None:
    failed: list[BaseException] = []
    turn = threading.Lock()

    def work() -> None:
        try:
            for _ in range(3):
                with database.reading() as db:
                    connection_id(db)
                with turn:
                    lose_a_write(database, other)
                with database.reading() as db:
                    db.execute(sa.select(sa.func.sleep(0.02)))
        except BaseException as error:  # noqa: BLE001 - told by the test
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_statement_that_is_cut_off_hangs_nowhere(database: Database) -> None:
    """Not until the driver's own patience ends: drivers tell other threads nothing meanwhile."""
    with database.writing() as db:  # there is a connection
        assert db.scalar(sa.select(1)) == 1
    started = monotonic()
    ended = pytest.raises((OperationalError, DeadlinePassed))
    with ended, Deadline(2), database.writing() as db:
        db.execute(sa.select(sa.func.sleep(200)))
    assert monotonic() - started < STATEMENT_SECONDS - 10
    with database.writing() as db:
        assert db.scalar(sa.select(1)) == 1
