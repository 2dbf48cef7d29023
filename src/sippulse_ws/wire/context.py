"""The state of one request, from its receipt to its answer."""

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from random import Random
from time import perf_counter
from types import MappingProxyType
from typing import Any

from lxml import etree

from .bulk import ReadRows
from .charsets import UTF_8, Charset
from .compiled import CompiledOperation
from .envelope import NO_BLOCKS, Blocks
from .request_ids import client_request_id, traceparent
from .spooled import Spooled

RECEIVED = "sippulse.received"  # environ key: perf_counter() when the server had the request
# Ids need only be unique: reading os.urandom for each would also release the GIL.
_ids = Random()  # noqa: S311
os.register_at_fork(after_in_child=_ids.seed)


class _Headers(Mapping[str, str]):
    """The HTTP headers of a WSGI environment, by names in any case; a view, no copy."""

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        value: str = self._environ[_key(name)]
        return value

    def __iter__(self) -> Iterator[str]:
        for key in self._environ:
            if key in _WITHOUT_PREFIX or key.startswith("HTTP_"):
                yield key.removeprefix("HTTP_").replace("_", "-").lower()

    def __len__(self) -> int:
        return sum(1 for _ in self)


_WITHOUT_PREFIX = ("CONTENT_TYPE", "CONTENT_LENGTH")


@lru_cache
def _key(name: str) -> str:
    key = name.upper().replace("-", "_")
    return key if key in _WITHOUT_PREFIX else "HTTP_" + key


def readable_path(environ: Mapping[str, Any]) -> str:
    """The path, whose bytes WSGI gives as Latin-1; U+FFFD replaces bytes that are not UTF-8."""
    path: str = environ.get("PATH_INFO") or ""
    return path if path.isascii() else path.encode("latin-1", "replace").decode(errors="replace")


class Context:
    """One request: what its operation can ask about it, and what Spyne's protocol hooks pass on."""

    operation: str = ""
    descriptor: CompiledOperation
    in_string: bytes
    in_document: etree._Element
    in_body_doc: etree._Element
    in_object: list[Any]
    bulk: ReadRows | None  # a long list, read by columns
    out_object: Any
    out_error: Any = None
    out_document: bytes | Spooled
    blocks: Blocks = NO_BLOCKS  # of the SOAP header
    # for the request's log line; each is set as soon as it is known
    login: str = ""
    domain: str = ""
    outcome: str = "done"
    fault: str = ""  # code of the error, or kind of WireFault
    etag: str | None = None  # of the answer
    failed_index: int | None = None  # of the operation at which a batch failed
    refusal: Any = None  # the DomainError behind the fault, if the operation was called
    bytes_in: int = 0
    database_seconds: float = 0.0
    charset: Charset = UTF_8  # of the answer
    dropped: frozenset[str] = frozenset()  # fields whose text is not of their type
    telephones: Mapping[str, int] = MappingProxyType({})  # by attribute; these fields are absent

    def __init__(self, environ: dict[str, Any], service: str, state: Any) -> None:
        self.environ = environ
        self.service = service
        self.state = state
        self.request_id = f"{_ids.getrandbits(64):016x}"
        self.client_request_id = client_request_id(environ)
        self.traceparent = traceparent(environ)
        now = perf_counter()
        # a server that queues requests says when it got the request
        self._received: float = environ.get(RECEIVED, now)
        self.waiting_seconds = now - self._received

    def begin_again(self) -> None:
        """Count the time until now as waiting: the operation is called again."""
        self.waiting_seconds = self.seconds

    @property
    def address(self) -> str:
        """The client's IP address."""
        return str(self.environ.get("REMOTE_ADDR") or "")

    @property
    def path(self) -> str:
        return readable_path(self.environ)

    @property
    def headers(self) -> _Headers:
        """The HTTP headers of the request."""
        return _Headers(self.environ)

    def told(self, header: str) -> list[str]:
        """The values of an HTTP header, and of the SOAP header blocks with the same meaning."""
        value = self.environ.get(_key(header))
        if self.blocks is NO_BLOCKS:
            return [] if value is None else [value]
        values = list(self.blocks.get(header.lower(), ()))
        return values if value is None else [*values, value]

    def drop(self, field: str) -> None:
        """Note a field (its wire name) that is absent because its text cannot be read."""
        self.dropped |= {field}

    def telephone(self, attribute: str, number: int) -> None:
        """Note the number in a field that is absent because its text has punctuation."""
        self.telephones = {**self.telephones, attribute: number}

    def write(self, values: Iterator[Any]) -> bytes | Spooled:
        """The response envelope with these values, for an operation to return.

        Needed for rows that can be read only while the database connection is open.
        """
        return self.descriptor.respond(values)

    @property
    def seconds(self) -> float:
        """Seconds since the request was received."""
        return perf_counter() - self._received

    @property
    def headers_out(self) -> list[tuple[str, str]]:
        """Headers of the answer: our id of the request, the ETag, and the ids that came with it."""
        headers = [("X-Request-Id", self.request_id)]
        if self.etag is not None:
            headers.append(("ETag", self.etag))
        if self.client_request_id is not None:
            headers.append(("X-Client-Request-Id", self.client_request_id))
        if self.traceparent is not None:
            headers.append(("traceparent", self.traceparent))
        return headers
