"""The WSGI environment of a request received through RSGI, and the application's answer."""

from __future__ import annotations

import sys
from io import BytesIO
from typing import Any, NamedTuple

from sippulse_ws.lanes import PLACE
from sippulse_ws.serving.rsgi import Header, RsgiHeaders, RsgiScope
from sippulse_ws.wire.context import RECEIVED
from sippulse_ws.wire.endpoint import TAKES_FILES

Environ = dict[str, Any]


class Received(NamedTuple):
    """A request with its whole body."""

    scope: RsgiScope
    body: bytes
    at: float  # perf_counter() when its head had arrived


_ALWAYS: Environ = {
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "sippulse-ws",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    TAKES_FILES: True,
}
_MOST_NAMES = 500


# Headers that change the meaning of a request. If their value cannot be read, an empty one is
# passed on, so that the request is refused rather than run without the header.
_MEANT = [
    ("idempotency-key", "HTTP_IDEMPOTENCY_KEY"),
    ("if-match", "HTTP_IF_MATCH"),
    ("x-dry-run", "HTTP_X_DRY_RUN"),
]


class _Keys(dict[str, str]):
    """The WSGI key of each header name, computed once."""

    def __missing__(self, name: str) -> str:
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = "HTTP_" + key
        if len(self) < _MOST_NAMES:
            self[name] = key
        return key


_keys = _Keys()


def environ_of(request: Received, place: Any) -> Environ:
    scope, body, received = request
    environ = _ALWAYS.copy()
    for name, value in header_items(scope.headers):
        key = _keys[name]
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    for name, key in _MEANT:
        if key not in environ and name in scope.headers:  # its value is not ASCII
            environ[key] = ""
    # an HTTP/2 or absolute-form request may have its host only there
    if "HTTP_HOST" not in environ and scope.authority:
        environ["HTTP_HOST"] = scope.authority
    environ["REQUEST_METHOD"] = scope.method
    path = scope.path
    environ["PATH_INFO"] = path if path.isascii() else path.encode().decode("latin-1")
    environ["QUERY_STRING"] = scope.query_string
    # with the brackets of an IPv6 address, as in a URL (RFC 3875, 4.1.14)
    environ["SERVER_NAME"], _, environ["SERVER_PORT"] = scope.server.rpartition(":")
    environ["SERVER_PROTOCOL"] = "HTTP/1.0" if scope.http_version == "1" else "HTTP/1.1"
    environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = _client_and_port(scope.client)
    environ["wsgi.url_scheme"] = scope.scheme
    environ["wsgi.input"] = BytesIO(body)
    environ[RECEIVED] = received
    environ[PLACE] = place
    if "HTTP_TRANSFER_ENCODING" in environ or "CONTENT_LENGTH" not in environ:
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def header_items(headers: RsgiHeaders) -> list[Header]:
    """Name and value of each header; those whose value is not ASCII are left out."""
    try:
        return headers.items()
    except Exception:  # noqa: BLE001 - granian raises an error of its own if a value is not ASCII
        found = [(name, headers.get(name)) for name in headers.keys()]  # noqa: SIM118
        return [(name, value) for name, value in found if value is not None]


def client_address(scope: RsgiScope, hops: int) -> str:
    """The client's address: the connection's, or the one given by the trusted proxies."""
    return forwarded(scope, "x-forwarded-for", hops) or _client_and_port(scope.client)[0]


def forwarded(scope: RsgiScope, name: str, hops: int) -> str:
    """The value that the outermost of `hops` trusted proxies added, or "" (as ProxyFix does)."""
    if not hops:
        return ""
    items = header_items(scope.headers)
    told = ",".join(value for one, value in items if one == name).split(",")
    return told[-hops].strip() if len(told) >= hops else ""


def _client_and_port(address: str) -> tuple[str, str]:
    """Split `127.0.0.1:80` or `[::1]:80` into host and port.

    An IPv4 client of a socket for both comes as `[::ffff:127.0.0.1]`.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    return (host.removeprefix("::ffff:") if "." in host else host), port


def page_environ(path: str) -> Environ:
    """The WSGI environment of a GET request that the process makes itself."""
    local = {"REMOTE_ADDR": "127.0.0.1", "SERVER_NAME": "localhost", "SERVER_PORT": "80"}
    told = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": ""}
    more = {"SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.input": BytesIO()}
    return _ALWAYS | local | told | more


class Answer:
    """The `start_response` given to the application: holds status and headers."""

    __slots__ = ("headers", "status")

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[Header] = []

    def __call__(self, status: str, headers: list[Header], exc_info: Any = None) -> None:
        self.status = int(status[:3])
        self.headers = headers
