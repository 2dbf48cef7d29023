"""An operation with its compiled reader and writer."""

from collections.abc import Callable
from typing import Any, NamedTuple

from .reading import Reader
from .spooled import Spooled


class CompiledOperation(NamedTuple):
    """One operation as `Protocol.compile` makes it, once per process."""

    name: str
    parameters: tuple[str, ...]  # their names on the wire
    function: Callable[..., Any]
    reader: Reader
    respond: Callable[[Any], bytes | Spooled]  # makes the response envelope of a result
