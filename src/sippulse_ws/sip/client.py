"""The clients' common part: HTTP with time-outs, and readable errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypedDict, TypeVar

import httpx

from sippulse_ws.wording import Wording

_Result = TypeVar("_Result")
_SILENT = Wording("não respondeu em {seconds:g} s", "did not answer within {seconds:g} s")
_UNREACHABLE = Wording("inacessível ({error})", "unreachable ({error})")
_UNEXPECTED = Wording("resposta inesperada ({what})", "unexpected answer ({what})")
_REFUSED = Wording("recusou {method}: {text}", "refused {method}: {text}")


class RpcError(TypedDict, total=False):
    code: int
    message: str


class RpcAnswer(TypedDict, total=False):
    """The JSON body of an answer: a result or an error."""

    result: Any  # its types are the clients' own; see `reading`
    error: RpcError


class ProxyError(OSError):
    """The proxy cannot be reached or refuses; its argument is the reason, a Wording."""


class ProxyBusy(ProxyError, BlockingIOError):
    """The proxy is busy with another reload; trying again may succeed."""


@dataclass(slots=True)
class Client:
    """Posts JSON. `timeout` is in seconds, for connecting and for each read."""

    name: str
    url: str
    timeout: float
    caches: Mapping[str, str] = field(default_factory=dict)
    table: str = "location"
    _http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self._http = httpx.Client(
            timeout=self.timeout,
            trust_env=False,
            # proxies close idle connections at will
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def cache_key(self, kind: str, fields: Mapping[str, object]) -> tuple[str, str] | None:
        """Table and key of an object in the script's cache; None if it does not cache that kind."""
        template = self.caches.get(kind)
        if template is None:
            return None
        table, _, key = template.partition(":")
        return table, key.format(**fields)

    def post(self, method: str, parameters: object) -> RpcAnswer:
        """Call a method; returns the whole JSON answer. Raises ProxyError."""
        request = {"jsonrpc": "2.0", "method": method, "params": parameters, "id": 1}
        try:
            answer = self._http.post(self.url, json=request)
        except httpx.TimeoutException:
            raise ProxyError(_SILENT.fill(seconds=self.timeout)) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProxyError(_UNREACHABLE.fill(error=error)) from None
        try:
            body: RpcAnswer | None = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise ProxyError(_UNEXPECTED.fill(what=f"HTTP {answer.status_code}"))
        return body

    def call(self, method: str, parameters: object) -> Any:
        """Call a method; returns its result. Raises ProxyError, whatever the HTTP status."""
        body = self.post(method, parameters)
        if "error" in body:
            raise refusal(method, body["error"])
        return body.get("result")


def reading(method: Callable[..., _Result]) -> Callable[..., _Result]:
    """A decorator that turns an answer of unexpected form into a ProxyError."""

    @wraps(method)
    def read(*arguments: Any) -> _Result:
        try:
            return method(*arguments)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            what = f"{method.__name__}: {error!r}"
            raise ProxyError(_UNEXPECTED.fill(what=what)) from None

    return read


def refusal(method: str, error: RpcError | str) -> ProxyError:
    text = str(error.get("message", error) if isinstance(error, dict) else error)
    kind = ProxyBusy if "ongoing reload" in text else ProxyError
    return kind(_REFUSED.fill(method=method, text=text))
