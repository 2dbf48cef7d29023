"""The listening sockets: one for each worker, made by the supervisor and kept by it.

The kernel distributes connections among them. A connection that waits to be accepted is not lost
when its worker dies: the worker's replacement accepts it.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import time
from collections.abc import Sequence
from contextlib import suppress

from sippulse_ws.wording import WordedError, Wording

BACKLOG = 1024
SETTLING = 0.05  # seconds for handshakes in progress to finish
_SO_ATTACH_FILTER = 26
_SYN = 0x02
# Classic BPF over the TCP header: load the flags, drop packets with SYN, keep the rest.
_NO_SYN = (
    (0x30, 0, 0, 13),
    (0x45, 0, 1, _SYN),
    (0x06, 0, 0, 0),
    (0x06, 0, 0, 0xFFFF),
)
_QUEUED = struct.Struct("24xI")  # tcpi_unacked: connections that wait for accept


_NO_SUCH_ADDRESS = Wording(
    "não é possível escutar em {host}: o endereço não existe",
    "cannot listen on {host}: no such address",
)
_CANNOT_LISTEN = Wording(
    "não é possível escutar em {host}:{port}: {reason}", "cannot listen on {host}:{port}: {reason}"
)


class ListenError(WordedError):
    """It is impossible to listen on this address."""


def listen(host: str, port: int, count: int) -> list[socket.socket]:
    """`count` sockets that listen on an IP address, or on the first one of a host name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise ListenError(_NO_SUCH_ADDRESS.fill(host=host)) from None
    family, _, _, _, address = found[0]
    listeners: list[socket.socket] = []
    try:
        # without SO_REUSEPORT binding fails if another server listens, even one of ours
        with _socket(family) as alone:
            alone.bind(address)
            address = alone.getsockname()
        for _ in range(count):
            listener = _socket(family)
            listeners.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            listener.bind(address)
            listener.listen(BACKLOG)
    except OSError as error:
        for listener in listeners:
            listener.close()
        reason = error.strerror or str(error)
        raise ListenError(_CANNOT_LISTEN.fill(host=host, port=port, reason=reason)) from None
    return listeners


def _socket(family: int) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    # after a restart, connections of the previous server still exist
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return one


def refuse_new(listeners: Sequence[socket.socket], patience: float) -> None:
    """Let no new connection begin, and wait until existing ones are accepted.

    A client whose SYN is dropped sends it again after a second, to whoever listens then. Closing a
    socket at once would reset the connections that wait in it. `patience` is in seconds.
    """
    with suppress(OSError, AttributeError):  # not Linux: new connections cannot be refused
        lines = b"".join(struct.pack("=HBBI", *line) for line in _NO_SYN)
        code = ctypes.create_string_buffer(lines)
        program = struct.pack("@HP", len(_NO_SYN), ctypes.addressof(code))
        for listener in listeners:
            listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
        end = time.monotonic() + patience
        time.sleep(SETTLING)
        while any(map(waiting_connections, listeners)) and time.monotonic() < end:
            time.sleep(0.01)


def waiting_connections(listener: socket.socket) -> int:
    """How many connections wait to be accepted."""
    info = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _QUEUED.size)
    return int(_QUEUED.unpack(info)[0])
