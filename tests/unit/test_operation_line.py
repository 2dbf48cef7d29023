"""The quick way to the line of an operation writes what the plain one writes."""

from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from sippulse_ws.observability import operation_log
from sippulse_ws.observability.operation_log import Request

TEXTS = st.text(max_size=200) | st.sampled_from(['"', "\\", "\x00\x1f\x7f", "\ud800", "é\u2028"])
SECONDS = st.floats(0, 1e9)
REQUESTS = st.builds(
    SimpleNamespace,
    outcome=st.sampled_from(["done", "refused", "failed", "dry-run"]),
    request_id=st.just("0123456789abcdef"),
    client_request_id=st.none(),
    traceparent=st.none(),
    service=st.sampled_from(["", "SubscriberWS"]),
    path=TEXTS,
    operation=TEXTS,
    login=TEXTS,
    domain=TEXTS,
    address=TEXTS,
    fault=TEXTS,
    seconds=SECONDS,
    waiting_seconds=SECONDS,
    database_seconds=SECONDS,
    bytes_in=st.integers(0, 10**9),
)


@given(REQUESTS, st.integers(0, 10**9))
def test_the_quick_line_is_the_plain_one(told: SimpleNamespace, length: int) -> None:
    request = cast("Request", told)
    quick = operation_log._json_line(request, length)
    fields: dict[str, Any] = dict(operation_log._fields(request, length))
    stamp = quick[len('{"time": "') :].partition('"')[0]
    assert quick == operation_log._as_json((fields | {"time": stamp}).items())
