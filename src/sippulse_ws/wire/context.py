"""One request on its way through the wire."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lxml import etree

if TYPE_CHECKING:
    from .protocol import Operation
    from .spooled import Spooled


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
    _request_id: str | None = None

    def __init__(self, environ: dict[str, Any], service: str, state: Any) -> None:
        self.environ = environ
        self.service = service
        self.state = state

    @property
    def address(self) -> str:
        """The client's IP address."""
        return str(self.environ.get("REMOTE_ADDR") or "")

    def write(self, values: Iterator[Any]) -> "bytes | Spooled":
        """The answer with these values, for those that are there only now. To be returned."""
        return self.descriptor.respond(values)

    @property
    def request_id(self) -> str:
        """Names this request in the log and in the faults that point there."""
        if self._request_id is None:
            self._request_id = os.urandom(8).hex()
        return self._request_id
