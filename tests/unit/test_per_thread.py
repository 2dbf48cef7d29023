"""Connections that threads keep: who gets which, and when one goes back to the pool."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY

from sippulse_ws import metrics
from sippulse_ws.db import Database
from sippulse_ws.models import Domain


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    made = Database(migrated_url, pool_size=2)
    yield made
    made.close()


def shown(kind: str) -> float:
    """What the gauge of connections in use has, once the server has shown it."""
    metrics.show_all()
    value = REGISTRY.get_sample_value("sippulse_ws_connections_in_use", {"kind": kind})
    assert value is not None
    return value


def test_connections_in_use_are_counted(database: Database) -> None:
    used(database)
    before = shown("read")
    with database.reading(), database.reading():
        during = shown("read")
        with pytest.raises(Refused), database.reading():
            raise Refused
        assert shown("read") == during
    assert (during, shown("read")) == (before + 2, before)


class Refused(Exception):
    pass


def used(database: Database) -> Any:
    """The driver's connection that this thread reads with."""
    with database.reading() as db:
        db.execute(sa.select(Domain.id)).all()
        return db.connection.connection.dbapi_connection


@pytest.mark.engines("mariadb")
def test_what_ends_after_its_server_has_gone_says_nothing(migrated_url: str) -> None:
    made = Database(migrated_url, pool_size=1)
    with made.reading() as db:
        reader = db.execute(sa.text("SELECT CONNECTION_ID()")).scalar()
    with made.writing() as db:
        writer = db.execute(sa.text("SELECT CONNECTION_ID()")).scalar()
    with made.maintaining() as db:
        for one in (reader, writer):
            db.exec_driver_sql(f"KILL {one}")
    made.close()


def test_a_thread_keeps_its_connection_and_shares_it_with_no_other(database: Database) -> None:
    mine = used(database)
    assert used(database) is mine
    with ThreadPoolExecutor(1) as other:
        others = other.submit(used, database).result()
        assert others is not mine
        assert other.submit(used, database).result() is others
    assert used(database) is mine


def test_a_use_within_a_use_has_another_connection(database: Database) -> None:
    with database.reading() as outer:
        assert used(database) is not outer.connection.connection.dbapi_connection
    assert used(database) is used(database)


def test_a_thread_that_ends_gives_its_connection_back(database: Database) -> None:
    thread = Thread(target=used, args=[database])
    thread.start()
    thread.join()
    pool: Any = database._reader.pool
    assert pool.checkedout() == 0


def test_a_use_that_failed_keeps_nothing(database: Database) -> None:
    pool: Any = database._writer.pool

    def fail() -> None:
        with database.writing() as db:
            db.execute(sa.insert(Domain).values(domain="lost.example.com"))
            raise Refused

    with pytest.raises(Refused):
        fail()
    assert pool.checkedout() == 0
    with database.writing() as db:
        found = db.execute(sa.select(Domain.id).where(Domain.domain == "lost.example.com"))
        assert found.first() is None
    assert pool.checkedout() == 1


def test_a_connection_that_is_too_old_is_replaced(database: Database) -> None:
    before = used(database)
    assert used(database) is before
    database._readers._seconds = 0
    database._readers.close()
    database._reader.dispose()
    young = used(database)
    assert used(database) is not young


@pytest.mark.engines("mariadb")
@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_loss_that_one_thread_meets_is_met_by_no_other(database: Database) -> None:
    with ThreadPoolExecutor(1) as other:
        mine, others = used(database), other.submit(used, database).result()
        kill(database, mine, others)
        with pytest.raises(sa.exc.OperationalError):
            used(database)
        assert used(database) is not mine
        assert other.submit(used, database).result() is not others


@pytest.mark.engines("mariadb")
@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_thread_that_ends_with_a_lost_connection_says_nothing(database: Database) -> None:
    def use_and_lose() -> None:
        kill(database, used(database))

    thread = Thread(target=use_and_lose)
    thread.start()
    thread.join()
    assert used(database) is not None


def kill(database: Database, *connections: Any) -> None:
    with database.writing() as db:
        for connection in connections:
            db.execute(sa.text(f"KILL {connection.thread_id()}"))


def test_more_threads_than_connections_take_turns(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    threads = 6
    together = Barrier(threads)

    def read_often() -> int:
        together.wait()
        return sum(used(database) is not None for _ in range(20))

    with ThreadPoolExecutor(threads) as executor:
        counts = [executor.submit(read_often) for _ in range(threads)]
        assert [one.result() for one in counts] == [20] * threads
    assert database._reader.pool.checkedout() <= 3  # type: ignore[attr-defined]
    assert "more threads than SIPPULSE_POOL_SIZE" in caplog.text
