"""A server of this API as the vendor's is: in front of one of ours, without what is ours alone."""

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

FAULT = (
    '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><S:Fault>'
    "<faultcode>S:{code}</faultcode><faultstring>{text}</faultstring></S:Fault></S:Body>"
    "</S:Envelope>"
)
OURS_ALONE = ("listDBAliases",)


class _Http(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Whoever asked was killed."""


class OldServer:
    """Counts the requests, and lets a test act when one of a certain number comes."""

    def __init__(self, behind: str, missing: tuple[str, ...] = OURS_ALONE) -> None:
        self.times: list[float] = []
        self._happens: tuple[int | str, Callable[[], None]] = (0, lambda: None)
        self.faults: dict[str, str] = {}  # what is in the body, and the fault instead
        self.missing = missing
        self._behind = behind
        self._lock = threading.Lock()
        self._http = _Http(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def when(self, moment: int | str, happens: Callable[[], None]) -> None:
        """Once, at the request so many from now, or at the next that has this in its body."""
        moment = moment if isinstance(moment, str) else len(self.times) + moment
        self._happens = (moment, happens)

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        text = body.decode()
        with self._lock:
            self.times.append(time.monotonic())
            moment, happens = self._happens
            if moment == len(self.times) or (isinstance(moment, str) and moment in text):
                self._happens = (0, lambda: None)
                happens()
        for name in self.missing:
            if f":{name} " in text:
                told = f"Cannot find dispatch method for {{http://service}}{name}"
                return 500, FAULT.format(code="Client", text=told).encode()
        for part, told in self.faults.items():
            if part in text:
                return 500, FAULT.format(code="Server", text=told).encode()
        headers = {"Content-Type": "text/xml; charset=utf-8"}
        got = requests.post(self._behind + path, data=body, headers=headers, timeout=60)
        return got.status_code, got.content

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = outer.answer(self.path, body)
                self.send_response(status)
                self.send_header("Content-Type", "text/xml; charset=utf-8")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None: ...

        return Handler
