"""What is read of PyMySQL's packets: numbers of all sizes, errors, what is out of order, rows."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from pymysql.err import IntegrityError, OperationalError

from sippulse_ws.db import Database, Session
from sippulse_ws.db.statements import Prepared, pymysql_packets
from sippulse_ws.db.statements.drivers import DRIVERS
from sippulse_ws.db.statements.pymysql_packets import read_result
from sippulse_ws.db.statements.results import Result
from sippulse_ws.models import Domain

STATUS = b"\x02\x00\x00\x00"  # with the count of warnings


class Connection:
    """As much of PyMySQL's as is used, over bytes that are there."""

    encoding = "utf8"
    server_status = 0
    closed = False

    def __init__(self, data: bytes, following: int = 1) -> None:
        self._data = data
        self._next_seq_id = following

    def _read_bytes(self, count: int) -> bytes:
        found, self._data = self._data[:count], self._data[count:]
        return found

    def _force_close(self) -> None:
        self.closed = True


def packet(data: bytes, number: int = 1) -> bytes:
    return len(data).to_bytes(3, "little") + bytes([number]) + data


def encoded(number: int) -> bytes:
    if number < 251:
        return bytes([number])
    for mark, size in ((252, 2), (253, 3), (254, 8)):
        if number < 1 << 8 * size:
            return bytes([mark]) + number.to_bytes(size, "little")
    raise AssertionError(number)


NUMBERS = st.integers(0, 2**64 - 1) | st.sampled_from([250, 251, 65535, 65536, 2**24 - 1, 2**24])


@given(matched=NUMBERS, row_id=NUMBERS, number=st.integers(1, 255))
def test_counts_of_all_sizes(matched: int, row_id: int, number: int) -> None:
    data = b"\0" + encoded(matched) + encoded(row_id) + STATUS + b"Rows matched: 1"
    connection = Connection(packet(data, number), number)
    assert read_result(connection) == Result((), matched, row_id)
    assert (connection._next_seq_id, connection.server_status) == ((number + 1) % 256, 2)


def test_an_error_is_the_librarys() -> None:
    error = b"\xff" + (1062).to_bytes(2, "little") + b"#23000Duplicate entry"
    with pytest.raises(IntegrityError, match="Duplicate entry") as caught:
        read_result(Connection(packet(error)))
    assert caught.value.args[0] == 1062


def test_a_packet_out_of_its_order_ends_the_connection() -> None:
    connection = Connection(packet(b"\xff" + (1053).to_bytes(2, "little") + b"#08S01Bye", 0))
    with pytest.raises(OperationalError, match="Lost connection") as caught:
        read_result(connection)
    assert (caught.value.args[0], connection.closed) == (2013, True)


SINGLE = {
    "'João 😀'": "João 😀",
    "''": "",
    "NULL": None,
    "REPEAT('é', 70000)": "é" * 70000,
    "JSON_ARRAY(1, 'a', 1.50)": '[1, "a", 1.50]',
    "1 + 1": 2,
    "1.50": Decimal("1.50"),
    "1e0": 1.0,
    "x'ff00'": b"\xff\x00",
    "TIMESTAMP'2026-01-02 03:04:05.678900'": dt.datetime(2026, 1, 2, 3, 4, 5, 678900),  # noqa: DTZ001
}


@pytest.mark.engines("mariadb")
def test_a_single_column_is_what_the_library_makes_of_it(db: Session) -> None:
    driver = db.connection.connection.dbapi_connection
    assert driver is not None
    for sql, value in SINGLE.items():
        query = f"SELECT {sql} UNION ALL SELECT {sql}".encode()
        found: list[Result] = []
        DRIVERS[db.dialect.driver].send(driver, [query], found)
        assert found[0].matched == 2
        assert list(found[0].rows) == [(value,)] * 2, sql
    with pytest.raises(sa.exc.DBAPIError):
        Prepared(sa.select(sa.text("no_such_column"))).all(db)
    assert db.scalar(sa.text("SELECT 1")) == 1


@pytest.mark.engines("mariadb")
@pytest.mark.parametrize("known", [True, False])
def test_statements_with_and_without_rows_go_together(
    database: Database, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """Also with a PyMySQL whose inside is another one."""
    monkeypatch.setattr(pymysql_packets, "KNOWN", known)
    insert = Prepared(sa.insert(Domain).values(domain=sa.bindparam("domain")))
    find = Prepared(sa.select(Domain.domain).where(Domain.domain == sa.bindparam("domain")))
    change = Prepared(sa.update(Domain).values(domain=sa.bindparam("to")))

    def together(db: Session) -> tuple[Any, ...]:
        first = insert.queue(db, domain="a.example.com")
        rows = find.queue(db, domain="a.example.com")
        none = find.queue(db, domain="none.example.com")
        changed = change.run(db, to="b.example.com")
        found = (list(one.result.rows) for one in (rows, none))
        return first.result.row_id > 0, *found, changed

    with database.writing() as db:
        assert together(db) == (True, [("a.example.com",)], [], 1)
        insert.queue(db, domain="c.example.com")
        with pytest.raises(sa.exc.IntegrityError):
            insert.run(db, domain="b.example.com")
        assert find.first(db, domain="c.example.com") is not None  # what came before was done
        db.rollback()
