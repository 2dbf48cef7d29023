"""CPU per request of the wire in process, as ratios to bare lxml: `python -m bench.wire`.

Four shapes, see wire_service. The candidates take turns in one run, and medians are compared,
so that a busy machine slows all of them alike.
"""

import gc
import io
import logging
import time
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

from lxml import etree

from sippulse_ws.wire.endpoint import Endpoint, Options

from .bare_lxml import application as bare_lxml
from .stock_spyne import application as stock_spyne
from .wire_service import REQUESTS, BenchWS

ROUNDS = 15
ROUND_SECONDS = 0.02
TARGET = 1.5

Wsgi = Callable[..., Iterable[bytes]]


def environ_of(body: bytes) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/SipPulse/BenchWS",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "text/xml; charset=utf-8",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input_terminated": True,
    }


def request(application: Wsgi, body: bytes) -> bytes:
    environ = environ_of(body) | {"wsgi.input": io.BytesIO(body)}
    return b"".join(application(environ, lambda status, headers: None))


def cpu_per_request(application: Wsgi, body: bytes, times: int) -> float:
    """Seconds; making the WSGI environment is not part of it."""
    environs = [environ_of(body) | {"wsgi.input": io.BytesIO(body)} for _ in range(times)]
    start_response = _start_response
    started = time.process_time_ns()
    for environ in environs:
        for _ in application(environ, start_response):
            pass
    return (time.process_time_ns() - started) / times / 1e9


def _start_response(status: str, headers: list[tuple[str, str]]) -> None:
    assert status == "200 OK"


def measure(candidates: dict[str, Wsgi], body: bytes) -> dict[str, float]:
    times = {
        name: max(1, int(ROUND_SECONDS / cpu_per_request(candidate, body, 3)))
        for name, candidate in candidates.items()
    }
    samples: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(ROUNDS):
        for name, candidate in candidates.items():
            samples[name].append(cpu_per_request(candidate, body, times[name]))
    return {name: median(values) for name, values in samples.items()}


def canonical(body: bytes) -> str:
    """Attribute prefixes and empty-element style aside, what a response says."""
    root = etree.fromstring(body)
    return "".join(f"{etree.QName(e).localname}={e.text or ''};" for e in root.iter())


def main() -> None:
    logging.disable(logging.CRITICAL)
    candidates: dict[str, Wsgi] = {
        "bare lxml": bare_lxml,
        "wire": Endpoint(BenchWS, Options(), None),
        "stock Spyne": stock_spyne(BenchWS),
    }
    gc.collect()
    gc.freeze()  # as `serve` does
    print(f"{'shape':<7}{'bare lxml ms':>14}{'wire ms':>10}{'wire':>8}{'stock Spyne':>13}")
    for shape, body in REQUESTS.items():
        assert canonical(request(bare_lxml, body)) == canonical(request(candidates["wire"], body))
        seconds = measure(candidates, body)
        bare = seconds["bare lxml"]
        wire, stock = seconds["wire"] / bare, seconds["stock Spyne"] / bare
        print(
            f"{shape:<7}{bare * 1e3:>14.4f}{seconds['wire'] * 1e3:>10.4f}"
            f"{wire:>7.2f}x{stock:>12.1f}x{'' if wire <= TARGET else '  over the target'}"
        )


if __name__ == "__main__":
    main()
