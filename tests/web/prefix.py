"""A reverse proxy that serves another server's pages under a path of its own."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

PREFIX = "/voz/api"
_NOT_HANDED_ON = {"connection", "transfer-encoding", "server", "date"}


@contextmanager
def prefixed(url: str) -> Iterator[str]:
    """The address under which the server at `url` is then."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith(PREFIX + "/"):
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = dict(self.headers.items()) | {
                "X-Forwarded-For": self.client_address[0],
                "X-Forwarded-Prefix": PREFIX,
                "X-Forwarded-Host": self.headers["Host"],
                "Connection": "close",
            }
            behind = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
            behind.request(self.command, self.path.removeprefix(PREFIX), body, headers)
            answer = behind.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _NOT_HANDED_ON:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
            behind.close()

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Requests of tests are no news."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
    server.shutdown()
    server.server_close()
