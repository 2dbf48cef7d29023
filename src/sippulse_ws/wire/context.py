"""One request on its way through the wire."""

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lxml import etree

from .envelope import NO_BLOCKS, Blocks

if TYPE_CHECKING:
    from .protocol import Operation
    from .spooled import Spooled


class Headers(Mapping[str, str]):
    """The HTTP headers of a WSGI environment by name, whatever its case; nothing is copied."""

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        key = name.upper().replace("-", "_")
        value: str = self._environ[key if key in _WITHOUT_PREFIX else "HTTP_" + key]
        return value

    def __iter__(self) -> Iterator[str]:
        for key in self._environ:
            if key in _WITHOUT_PREFIX or key.startswith("HTTP_"):
                yield key.removeprefix("HTTP_").replace("_", "-").lower()

    def __len__(self) -> int:
        return sum(1 for _ in self)


_WITHOUT_PREFIX = ("CONTENT_TYPE", "CONTENT_LENGTH")


class Context:
    """What a function learns about its request, and what Spyne's protocol hooks hand on."""

    operation: str
    descriptor: "Operation"
    in_string: bytes
    in_document: etree._Element
    in_body_doc: etree._Element
    in_object: list[Any]
    out_object: Any
    out_error: Any = None
    out_document: "bytes | Spooled"
    blocks: Blocks = NO_BLOCKS  # of the SOAP header
    _request_id: str | None = None

    def __init__(self, environ: dict[str, Any], service: str, state: Any) -> None:
        self.environ = environ
        self.service = service
        self.state = state

    @property
    def address(self) -> str:
        """The client's IP address."""
        return str(self.environ.get("REMOTE_ADDR") or "")

    @property
    def headers(self) -> Headers:
        """The HTTP headers of the request."""
        return Headers(self.environ)

    def told(self, header: str) -> list[str]:
        """What the HTTP header says, and the SOAP header blocks with its meaning."""
        values = list(self.blocks.get(header.lower(), ()))
        if (value := self.headers.get(header)) is not None:
            values.append(value)
        return values

    def write(self, values: Iterator[Any]) -> "bytes | Spooled":
        """The answer with these values, for those that are there only now. To be returned."""
        return self.descriptor.respond(values)

    @property
    def request_id(self) -> str:
        """Names this request in the log and in the faults that point there."""
        if self._request_id is None:
            self._request_id = os.urandom(8).hex()
        return self._request_id
