"""Results of PyMySQL where it is slow: the short packet that a statement without rows ends in.

PyMySQL makes four objects of it. It is read here by the library's own function for bytes, with its
time-outs and errors; whatever else comes is handed to the library.
"""

from __future__ import annotations

from typing import Any

from pymysql.connections import Connection, MySQLResult
from pymysql.constants import CR
from pymysql.err import OperationalError
from pymysql.protocol import MysqlPacket

from sippulse_ws.db.statements.results import Result

_OK = 0
_QUERY = 3  # COM_QUERY
_SIZES = {252: 2, 253: 3, 254: 8}  # of a number after its first byte
# What is used of its inside; a version without it is used by its front door.
KNOWN = all(
    hasattr(one, name)
    for one, name in (
        (Connection, "_execute_command"),
        (Connection, "_read_bytes"),
        (MySQLResult, "_read_result_packet"),
    )
)


def send(connection: Any, text: bytes) -> None:
    connection._execute_command(_QUERY, text)


def read_result(connection: Any) -> Result:
    """The next result of what was sent; the library's error if it is one."""
    head = connection._read_bytes(4)
    data = connection._read_bytes(head[0] | head[1] << 8 | head[2] << 16)
    if head[3] != connection._next_seq_id or data[0] != _OK:
        return _other(connection, head[3], data)
    connection._next_seq_id = (head[3] + 1) % 256
    matched, at = _number(data, 1)
    row_id, at = _number(data, at)
    connection.server_status = data[at] | data[at + 1] << 8
    return Result((), matched, row_id)


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of the protocol, and where the next one begins."""
    first = data[at]
    if first < 251:
        return first, at + 1
    end = at + 1 + _SIZES[first]
    return int.from_bytes(data[at + 1 : end], "little"), end


def _other(connection: Any, number: int, data: bytes) -> Result:
    if number != connection._next_seq_id:  # 0: a server that ends says so beforehand
        connection._force_close()
        raise OperationalError(CR.CR_SERVER_LOST, "Lost connection to MySQL server during query")
    packet: Any = MysqlPacket(data, connection.encoding)
    if packet.is_error_packet():
        packet.raise_for_error()
    connection._next_seq_id = (number + 1) % 256
    result: Any = MySQLResult(connection)
    result._read_result_packet(packet)
    result.connection = None
    return Result(result.rows, result.affected_rows, 0)
