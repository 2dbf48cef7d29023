"""The proxy that passes clients' traffic through, byte by byte.

Each client connection has its own connection to the server, so that keep-alive, pipelining,
slowness and broken connections are as without the proxy. Bytes are analysed after they are sent on.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from asyncio.trsock import TransportSocket
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from sippulse_ws.cutover.shadow.exchange import Exchange
from sippulse_ws.cutover.shadow.wiretap import Wiretap

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset


class BadAddress(ValueError):
    """An unusable address of a server, or to listen on; the message is one line."""


class ServerAddress(NamedTuple):
    """A server's address, parsed from `http://host:port`."""

    host: str
    port: int
    tls: bool

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"


def server_address(url: str) -> ServerAddress:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadAddress(url) from None
    plain = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
        raise BadAddress(url)
    tls = parts.scheme == "https"
    return ServerAddress(parts.hostname, port or (443 if tls else 80), tls)


def listening_address(text: str) -> tuple[str, int]:
    """Parse `host:port`, `[::1]:port` or `:port` (all addresses)."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not (port.isascii() and port.isdecimal()) or int(port) > 65535:
        raise BadAddress(text)
    return host, int(port)


class Relay:
    """Listens, and connects every client with `server`."""

    def __init__(
        self,
        server: ServerAddress,
        heard: Callable[[Exchange], None],
        deaf: Callable[[], None],
        *,
        verify: bool = True,
    ) -> None:
        self.server = server
        self.heard = heard
        self.deaf = deaf  # called once for each connection that cannot be parsed
        self.open: set[_Client] = set()
        self.refused = 0  # connections that the server did not accept
        self._tls = _tls_context(verify) if server.tls else None
        self._listener: asyncio.Server

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Start listening; returns the port."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            lambda: _Client(self), host or None, port, ssl=tls, backlog=1024
        )
        return int(self._listener.sockets[0].getsockname()[1])

    async def connect(self, client: _Client) -> None:
        loop = asyncio.get_running_loop()
        name = self.server.host if self._tls else None
        await loop.create_connection(
            lambda: _Server(client),
            self.server.host,
            self.server.port,
            ssl=self._tls,
            server_hostname=name,
        )

    async def stop(self, patience: float) -> None:
        """Stop listening; clients that wait for an answer may get it within `patience` seconds."""
        self._listener.close()
        end = asyncio.get_running_loop().time() + patience
        while self.open and asyncio.get_running_loop().time() < end:
            for client in list(self.open):
                if client.tap.is_idle:
                    client.close()
            await asyncio.sleep(0.02)
        for client in list(self.open):
            client.abort()
        await asyncio.sleep(0)


class _Side(asyncio.Protocol):
    """The client's or the server's connection."""

    transport: asyncio.Transport
    other: _Side | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        connection = _socket_of(transport)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None:
            self.other.transport.resume_reading()

    def close(self) -> None:
        """Close once everything written has been sent."""
        self.transport.close()

    def abort(self) -> None:
        """Close at once with a reset, as when a server dies."""
        with suppress(OSError):
            connection = _socket_of(self.transport)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        other, self.other = self.other, None
        if other is None:
            return
        if error is None:
            other.close()
        else:
            other.abort()


class _Client(_Side):
    """A client's connection; it is not read before the server has accepted ours."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._connecting: asyncio.Task[None] | None = None
        self.tap: Wiretap

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        peer: tuple[str, int] | None = transport.get_extra_info("peername")
        self.tap = Wiretap(peer[0] if peer else "", self._relay.heard, self._relay.deaf)
        self._relay.open.add(self)
        self.transport.pause_reading()
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        try:
            await self._relay.connect(self)
        except OSError:  # includes TLS errors
            self._relay.refused += 1
            self.abort()

    def data_received(self, data: bytes) -> None:
        if self.other is not None:
            self.other.transport.write(data)
        self.tap.from_client(data)

    def eof_received(self) -> bool:
        """The client will send no more, but may still wait for answers."""
        if self.other is not None:
            if self.other.transport.can_write_eof():
                self.other.transport.write_eof()
            elif self.tap.is_idle:
                self.other.close()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        if self._connecting is not None and not self._connecting.done():
            self._connecting.cancel()
        self._relay.open.discard(self)
        self.tap.end()
        super().connection_lost(error)

    def from_server(self, data: bytes) -> None:
        self.transport.write(data)
        self.tap.from_server(data)


class _Server(_Side):
    """Our connection to the server."""

    def __init__(self, client: _Client) -> None:
        self._client = client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self._client.transport.is_closing():
            self.abort()
            return
        self.other, self._client.other = self._client, self
        self._client.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        self._client.from_server(data)


def _socket_of(transport: asyncio.Transport) -> TransportSocket:
    found: TransportSocket = transport.get_extra_info("socket")
    return found


def _tls_context(verify: bool) -> ssl.SSLContext:
    made = ssl.create_default_context()
    if not verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made
