"""One request on its way through the wire."""

import os
from typing import TYPE_CHECKING, Any

from lxml import etree

if TYPE_CHECKING:
    from .protocol import Operation


class Context:
    """What a function learns about its request, and what Spyne's protocol hooks hand on."""

    __slots__ = (
        "_request_id",
        "descriptor",
        "environ",
        "in_body_doc",
        "in_document",
        "in_object",
        "in_string",
        "operation",
        "out_document",
        "out_error",
        "out_object",
        "service",
        "state",
    )
    operation: str
    descriptor: "Operation"
    in_string: bytes
    in_document: etree._Element
    in_body_doc: etree._Element
    in_object: list[Any]
    out_document: bytes

    def __init__(self, environ: dict[str, Any], service: str, state: Any) -> None:
        self.environ = environ
        self.service = service
        self.state = state
        self.out_error: Any = None
        self.out_object: Any = None
        self._request_id: str | None = None

    @property
    def address(self) -> str:
        """The client's IP address."""
        return str(self.environ.get("REMOTE_ADDR") or "")

    @property
    def request_id(self) -> str:
        """Names this request in the log and in the faults that point there."""
        if self._request_id is None:
            self._request_id = os.urandom(8).hex()
        return self._request_id
