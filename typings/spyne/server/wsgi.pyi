from collections.abc import Callable, Iterable
from typing import Any

from spyne import Application

class WsgiApplication:
    def __init__(self, app: Application) -> None: ...
    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]: ...
