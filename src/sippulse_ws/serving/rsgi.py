"""Types of what granian passes with a request (RSGI), as far as they are used here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Protocol

Header = tuple[str, str]


class RsgiHeaders(Protocol):
    """Headers by lower-case name; a value that is not ASCII fails `items`, and `get` gives None."""

    def __contains__(self, name: str, /) -> bool: ...

    def keys(self) -> list[str]: ...

    def items(self) -> list[Header]: ...

    def get(self, name: str, /) -> str | None: ...


class RsgiScope(Protocol):
    """A request without its body. Reading a `path` that is not UTF-8 is an error."""

    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    query_string: str
    authority: str | None

    @property
    def path(self) -> str: ...

    @property
    def headers(self) -> RsgiHeaders: ...


class Disconnect(Protocol):
    """A future that is done when the client has disconnected."""

    def done(self) -> bool: ...

    def cancel(self) -> object: ...


class RsgiProtocol(Protocol):
    """Reads the body, whole or in pieces, and sends the answer from any thread."""

    def __call__(self) -> Awaitable[bytes]: ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    def client_disconnect(self) -> Disconnect: ...

    def response_bytes(self, status: int, headers: Sequence[Header], body: bytes, /) -> None: ...

    def response_file(self, status: int, headers: Sequence[Header], path: str, /) -> None: ...
