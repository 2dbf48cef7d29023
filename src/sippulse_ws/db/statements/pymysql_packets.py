"""Reads results where PyMySQL is slow: statements without rows, and rows of one column.

PyMySQL makes several objects of each packet. Packets are read here by its own `_read_bytes`, with
its time-outs and errors; other results are left to the library. `_PRIVATE` and `_OF_ONE` list the
private names used. If a version lacks one, or has negotiated CLIENT_DEPRECATE_EOF with the server,
its public cursor is used instead (`drivers.PyMySql`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pymysql.connections import TEXT_TYPES, Connection, MySQLResult
from pymysql.constants import CLIENT, CR, FIELD_TYPE
from pymysql.converters import through
from pymysql.err import Error, OperationalError
from pymysql.protocol import MysqlPacket

from sippulse_ws.db.statements.results import Result

_OK, _END, _ERROR = 0, 0xFE, 0xFF  # how packets begin
_NULL = _FILE = 0xFB  # NULL in a row; as an answer, a request for a local file
_ONE_COLUMN = b"\x01"
_LARGEST = 0xFFFFFF  # bytes of a packet; another one follows
_BINARY = 63  # of character sets
_QUERY = 3  # COM_QUERY
_SIZES = {252: 2, 253: 3, 254: 8}  # of a number after its first byte
_PRIVATE = (
    (Connection, "_execute_command"),
    (Connection, "_read_bytes"),
    (Connection, "_force_close"),
    (MySQLResult, "_read_result_packet"),
)
_OF_ONE = ("_next_seq_id", "client_flag", "decoders", "encoding", "server_status")
_HAS_PRIVATE = all(hasattr(one, name) for one, name in _PRIVATE)


def is_known(connection: Any) -> bool:
    """Whether this connection has the private names and the packets' format that are used here."""
    if not (_HAS_PRIVATE and all(hasattr(connection, name) for name in _OF_ONE)):
        return False
    return not connection.client_flag & CLIENT.DEPRECATE_EOF  # no packet would end the columns


def send(connection: Any, text: bytes, count: int, done: list[Result]) -> None:
    """Send `text`, which holds `count` statements, and append their results to `done`.

    After an error that is not the library's the connection is closed: the rest of this answer
    would be read as the next one.
    """
    try:
        connection._execute_command(_QUERY, text)
        for _ in range(count):
            done.append(read_result(connection))  # noqa: PERF401 - also before an error
    except Error:
        raise
    except BaseException:
        connection._force_close()
        raise


def read_result(connection: Any) -> Result:
    """The next result of what was sent; raises the library's error if the server sent one."""
    data = _read_packet(connection)
    if data[0] == _OK:
        matched, at = _number(data, 1)
        row_id, at = _number(data, at)
        connection.server_status = data[at] | data[at + 1] << 8
        return Result((), matched, row_id)
    if data[0] == _FILE:
        raise RuntimeError("the database server asks for a file of this machine")
    return _rows(connection, data)


def _read_packet(connection: Any) -> bytes:
    data: bytes = b""
    while True:
        head = connection._read_bytes(4)
        if head[3] != connection._next_seq_id:  # 0 if the server is shutting down
            connection._force_close()
            text = "Lost connection to MySQL server during query"
            raise OperationalError(CR.CR_SERVER_LOST, text)
        connection._next_seq_id = (head[3] + 1) % 256
        size = head[0] | head[1] << 8 | head[2] << 16
        data += connection._read_bytes(size)
        if size < _LARGEST:
            break
    if data[0] == _ERROR:
        packet: Any = MysqlPacket(data, connection.encoding)
        packet.raise_for_error()
    return data


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of the protocol, and where the next one begins."""
    first = data[at]
    if first < 251:
        return first, at + 1
    end = at + 1 + _SIZES[first]
    return int.from_bytes(data[at + 1 : end], "little"), end


def _rows(connection: Any, data: bytes) -> Result:
    """A result with rows; `data` is its first packet, the number of columns."""
    if data != _ONE_COLUMN:
        result: Any = MySQLResult(connection)
        result._read_result_packet(MysqlPacket(data, connection.encoding))
        result.connection = None
        return Result(result.rows, result.affected_rows, 0)
    column = _read_packet(connection)
    convert = _converter(connection, column[-6], column[-12] | column[-11] << 8)
    _read_packet(connection)  # the end of the columns
    rows: list[tuple[Any]] = []
    while True:
        data = _read_packet(connection)
        if data[0] == _END and len(data) < 9:
            connection.server_status = data[3] | data[4] << 8
            return Result(rows, len(rows), 0)
        if data[0] == _NULL:
            rows.append((None,))
        else:
            _, at = _number(data, 0)
            rows.append((convert(data[at:]),))


def _converter(connection: Any, kind: int, charset: int) -> Callable[[bytes], Any]:
    """The library's conversion of a value of this type."""
    is_text = kind in TEXT_TYPES
    if is_text and charset == _BINARY:
        return bytes
    encoding = connection.encoding if is_text or kind == FIELD_TYPE.JSON else "ascii"
    decode: Callable[[str], Any] = connection.decoders.get(kind) or through
    if decode is through:
        return lambda value: value.decode(encoding)
    return lambda value: decode(value.decode(encoding))
