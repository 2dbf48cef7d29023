"""What is read of PyMySQL's packets: numbers of all sizes, errors, what is out of order, rows."""

import datetime as dt
import sys
from contextlib import closing
from decimal import Decimal
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from pymysql.constants import CLIENT
from pymysql.err import IntegrityError, OperationalError

from sippulse_ws.db import Database, Session
from sippulse_ws.db.statements import Prepared, drivers, pymysql_packets
from sippulse_ws.db.statements.drivers import DRIVERS
from sippulse_ws.db.statements.pymysql_packets import read_result, send
from sippulse_ws.db.statements.results import Result
from sippulse_ws.models import Domain

STATUS = b"\x02\x00\x00\x00"  # with the count of warnings


class Connection:
    """As much of PyMySQL's as is used, over bytes that are there."""

    encoding = "utf8"
    server_status = 0
    client_flag = 0
    decoders: ClassVar[dict[int, Any]] = {}
    closed = False

    def __init__(self, data: bytes, following: int = 1) -> None:
        self._data = data
        self._next_seq_id = following

    def _read_bytes(self, count: int) -> bytes:
        found, self._data = self._data[:count], self._data[count:]
        return found

    def _execute_command(self, command: int, sql: bytes) -> None:
        pass

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


COLUMN = packet(b"\x03def" + bytes(5) + b"\x0c" + b"\x21\0" + bytes(4) + b"\xfd" + bytes(5), 2)
END = b"\xfe\0\0\x02\0"
UNREADABLE = {
    "a text that is none": packet(b"\x01") + COLUMN + packet(END, 3) + packet(b"\x02\xc3\x28", 4),
    "a file is asked for": packet(b"\xfb/etc/passwd"),
    "an empty packet": packet(b""),
    "a packet that ends too early": packet(b"\0\xfc"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_half_read_is_closed(name: str) -> None:
    connection, done = Connection(UNREADABLE[name] + packet(END, 5)), list[Result]()
    with pytest.raises((UnicodeDecodeError, RuntimeError, IndexError)):
        send(connection, b"SELECT 1", 1, done)
    assert (connection.closed, done) == (True, [])


def test_an_error_of_the_server_ends_no_connection() -> None:
    error = b"\xff" + (1062).to_bytes(2, "little") + b"#23000Duplicate entry"
    connection, done = Connection(packet(b"\0\x01\0" + STATUS) + packet(error, 2)), list[Result]()
    with pytest.raises(IntegrityError):
        send(connection, b"UPDATE; INSERT", 2, done)
    assert (connection.closed, len(done)) == (False, 1)


@pytest.mark.engines("mariadb")
@pytest.mark.parametrize("many", [True, False])
@pytest.mark.parametrize("own", [True, False])
def test_the_statement_after_an_unreadable_one_has_its_own_rows(
    fresh_url: str, monkeypatch: pytest.MonkeyPatch, many: bool, own: bool
) -> None:
    """A connection that says something else than the server speaks: its texts are none."""
    if not own:
        monkeypatch.setattr(drivers, "_packets", lambda: None)
    columns = ["'a'", "'é'", "'b'"] if many else ["REPEAT('é', 9)"]
    statement = sa.select(*(sa.literal_column(sql).label(f"c{n}") for n, sql in enumerate(columns)))
    unreadable = Prepared(statement)

    numbers: list[int] = []

    def ask(db: Session) -> None:
        numbers.append(db.scalar(sa.text("SELECT CONNECTION_ID()")))
        db.exec_driver_sql("SET character_set_results = latin1")
        unreadable.all(db)

    with closing(Database(fresh_url)) as database:
        pool = database._reader.pool
        with pytest.raises(UnicodeDecodeError), database.reading() as db:
            ask(db)
        with database.reading() as db:
            assert db.scalar(sa.text("SELECT CONNECTION_ID()")) not in numbers
            assert unreadable.first(db)[0] in ("a", "é" * 9)
        with pytest.raises(UnicodeDecodeError), database.writing() as db:
            ask(db)
        with database.writing() as db:
            assert db.scalar(sa.text("SELECT 1")) == 1
        assert database._reader.pool is pool  # the others are as good as before


def _unknown(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """A PyMySQL whose inside is another one."""
    if what == "a name of the module":
        monkeypatch.setitem(sys.modules, pymysql_packets.__name__, None)  # it cannot be imported
        monkeypatch.delattr("sippulse_ws.db.statements.pymysql_packets")
    elif what == "a method":
        monkeypatch.setattr(pymysql_packets, "_HAS_PRIVATE", False)
    elif what == "an attribute":
        monkeypatch.setattr(pymysql_packets, "_OF_ONE", ("_no_such_attribute",))
    elif what == "packets":
        monkeypatch.setattr(CLIENT, "DEPRECATE_EOF", CLIENT.FOUND_ROWS)  # as if it were agreed on


INSIDES = ["known", "a name of the module", "a method", "an attribute", "packets"]


@pytest.mark.engines("mariadb")
@pytest.mark.parametrize("inside", INSIDES)
def test_statements_with_and_without_rows_go_together(
    database: Database, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    """Also with a PyMySQL whose inside is another one."""
    drivers._packets.cache_clear()
    _unknown(monkeypatch, inside)
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
