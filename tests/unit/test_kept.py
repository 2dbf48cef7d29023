"""Connections that threads keep: who gets which, and when one goes back to the pool."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.models import Domain


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    made = Database(migrated_url, pool_size=2)
    yield made
    made.close()


class Refused(Exception):
    pass


def used(database: Database) -> Any:
    """The driver's connection that this thread reads with."""
    with database.reading() as db:
        db.execute(sa.select(Domain.id)).all()
        return db.connection.dbapi_connection


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
        assert used(database) is not outer.connection.dbapi_connection
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


def test_nothing_is_kept_of_a_pool_that_was_replaced(database: Database) -> None:
    before = used(database)
    database._reader.dispose(close=False)  # as after a lost connection
    assert used(database) is not before


def test_more_threads_than_connections_take_turns(database: Database) -> None:
    threads = 6
    together = Barrier(threads)

    def read_often() -> int:
        together.wait()
        return sum(used(database) is not None for _ in range(20))

    with ThreadPoolExecutor(threads) as executor:
        counts = [executor.submit(read_often) for _ in range(threads)]
        assert [one.result() for one in counts] == [20] * threads
    assert database._reader.pool.checkedout() <= 3  # type: ignore[attr-defined]
