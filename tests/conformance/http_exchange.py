"""One HTTP exchange, byte by byte over a socket, as no client library would do it."""

from __future__ import annotations

import re
import socket
import time
import xml.etree.ElementTree as ET
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

TIMEOUT = 60
QUIET = 1.0  # seconds without a byte after an answer: the connection is open


@dataclass
class Request:
    method: str
    head: bytes
    pieces: list[bytes]  # of the body
    expects_100: bool = False


@dataclass
class HttpAnswer:
    version: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""
    seconds: float = 0
    connection: str | None = None  # open or closed afterwards, where that was asked

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return found[0] if found else None

    @property
    def media_type(self) -> str | None:
        value = self.header("Content-Type")
        return None if value is None else value.split(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        pattern = r';\s*charset\s*=\s*"?([^";\s]+)'
        match = re.search(pattern, self.header("Content-Type") or "", re.IGNORECASE)
        return match and match[1]

    def text(self) -> str:
        """The body, decoded as the Content-Type says (UTF-8 if it says nothing)."""
        name = self.charset or "utf-8"
        if name.lower() == "utf-16" and self.body[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            raise ValueError("a body in utf-16 without a byte order mark")
        return self.body.decode(name).removeprefix("\ufeff")

    @property
    def prolog(self) -> str | None:
        """The charset in the XML declaration."""
        match = re.match(r"""<\?xml[^>]*?\sencoding\s*=\s*["']([^"']+)""", self.text())
        return match and match[1]

    def root(self) -> ET.Element:
        # the declaration told of the bytes; what is parsed is text
        return ET.fromstring(re.sub(r"^<\?xml.*?\?>", "", self.text(), flags=re.DOTALL))


class Connection:
    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), TIMEOUT)
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def exchange(self, request: Request, look_after: bool = False) -> HttpAnswer:
        started = time.monotonic()
        self._socket.settimeout(TIMEOUT)
        answer = self._send(request) or self._head()
        while answer.status == 100:
            answer = self._head()
        ends = self._read_body(request.method, answer)
        answer.seconds = time.monotonic() - started
        if look_after:
            answer.connection = self._state() if ends else "closed"
        return answer

    def _send(self, request: Request) -> HttpAnswer | None:
        """The answer if there is one already in place of the 100 that was asked for."""
        with suppress(BrokenPipeError, ConnectionResetError):  # it may answer before all is read
            self._socket.sendall(request.head)
            if request.expects_100 and (early := self._head()).status != 100:
                return early
            for piece in request.pieces:
                self._socket.sendall(piece)
        return None

    def _read_body(self, method: str, answer: HttpAnswer) -> bool:
        """Read the body; False if only the end of the connection ends it."""
        if method == "HEAD" or answer.status in (204, 304):
            return True
        if (answer.header("Transfer-Encoding") or "").lower() == "chunked":
            while size := int(self._line().split(b";")[0], 16):
                answer.body += self._take(size)
                self._line()
            while self._line():
                pass
            return True
        length = answer.header("Content-Length")
        if length is not None:
            answer.body = self._take(int(length))
            return True
        with suppress(EOFError):
            while True:
                self._more()
        answer.body, self._rest = self._rest, b""
        return False

    def _head(self) -> HttpAnswer:
        version, status = self._line().decode("latin-1").split(None, 2)[:2]
        headers = []
        while line := self._line():
            name, _, value = line.decode("latin-1").partition(":")
            headers.append((name.strip(), value.strip()))
        return HttpAnswer(version, int(status), headers)

    def _state(self) -> str:
        self._socket.settimeout(QUIET)
        try:
            data = self._socket.recv(65536)
        except TimeoutError:
            return "open"
        except ConnectionError:
            return "closed"
        self._rest += data
        return "open" if data else "closed"

    def _more(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise EOFError("the server closed the connection")
        self._rest += data

    def _line(self) -> bytes:
        while b"\n" not in self._rest:
            self._more()
        line, _, self._rest = self._rest.partition(b"\n")
        return line.rstrip(b"\r")

    def _take(self, count: int) -> bytes:
        while len(self._rest) < count:
            self._more()
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken
