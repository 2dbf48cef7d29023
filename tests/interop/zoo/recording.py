"""A proxy between clients and our server, that keeps each answer for the schema to judge."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, ClassVar
from urllib.parse import urlsplit

import requests
from lxml import etree as _etree

etree: Any = _etree  # its stubs know less than it does
BODY = "{http://schemas.xmlsoap.org/soap/envelope/}Body"
FAULT = "{http://schemas.xmlsoap.org/soap/envelope/}Fault"
TIMEOUT = 120
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "http2-settings"}


@dataclass
class Recorded:
    service: str
    status: int
    content_type: str
    body: bytes


@dataclass
class Recorder:
    """Serves what the server behind it serves; `url` is where clients find the services."""

    base: str  # of the server behind
    answers: list[Recorded] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def start(self) -> None:
        handler = type("Handler", (_Handler,), {"recorder": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/SipPulse/"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self) -> list[Recorded]:
        with self.lock:
            answers, self.answers = self.answers, []
        return answers

    def keep(self, path: str, response: HTTPResponse, body: bytes) -> None:
        service = urlsplit(path).path.rpartition("/")[2]
        kind = response.getheader("Content-Type") or ""
        with self.lock:
            self.answers.append(Recorded(service, response.status, kind, body))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    recorder: ClassVar[Recorder]

    def do_GET(self) -> None:
        self._forward(b"")

    def do_POST(self) -> None:
        self._forward(self._read())

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def _read(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def _forward(self, body: bytes) -> None:
        headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
        headers.pop("Expect", None)
        if self.command == "POST":
            headers["Content-Length"] = str(len(body))
        behind = HTTPConnection(urlsplit(self.recorder.base).netloc, timeout=TIMEOUT)
        try:
            behind.request(self.command, self.path, body or None, headers)
            response = behind.getresponse()
            content = response.read()
        finally:
            behind.close()
        if self.command == "POST":
            self.recorder.keep(self.path, response, content)
        self.send_response_only(response.status)
        for name, value in response.getheaders():
            if name.lower() not in HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)


@cache
def served_schema(url: str) -> Any:
    """The schema that a service publishes now."""
    answer = requests.get(f"{url}?xsd=1", timeout=TIMEOUT)
    assert answer.status_code == 200, answer.text
    return etree.XMLSchema(etree.fromstring(answer.content))


def invalid(answer: Recorded, url: str) -> list[str]:
    """In which respects an answer is not what the service's schema says."""
    content = etree.fromstring(answer.body).find(BODY)[0]
    documents = list(content.iterfind("detail/*")) if content.tag == FAULT else [content]
    schema = served_schema(url + answer.service)
    return [
        f"{answer.service} {one.tag}: {schema.error_log}"
        for one in documents
        if not schema.validate(etree.fromstring(etree.tostring(one)))  # alone: it judges documents
    ]
