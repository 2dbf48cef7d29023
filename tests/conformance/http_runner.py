"""Fires recorded HTTP cases at a server; the format is that of `http_cases.json`."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from .http_exchange import Connection, HttpAnswer, Request
from .http_judge import judge

HTTP_CASES = Path(__file__).with_name("http_cases.json")

Case = dict[str, Any]


def load_http(path: Path = HTTP_CASES) -> dict[str, Any]:
    """The document: `setup` has requests that prepare a server, `cases` are what is tried."""
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document


class HttpRunner:
    """Fires cases at the server on a port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._authority = f"127.0.0.1:{port}"

    def fire(self, case: Case) -> HttpAnswer:
        with Connection("127.0.0.1", self._port) as connection:
            answer: HttpAnswer = connection.exchange(self._request(self._filled(case)))
            return answer

    def run(self, case: Case) -> list[str]:
        """What is wrong with the answers to a case; nothing if all is right."""
        case = self._filled(case)
        problems: list[str] = []
        with Connection("127.0.0.1", self._port) as connection:
            for number, one in enumerate([case, *case.get("then", [])], 1):
                request = self._request({"http": case.get("http", "1.1")} | one)
                look_after = '"connection"' in json.dumps(one.get("expect"))
                try:
                    answer = connection.exchange(request, look_after)
                except (OSError, EOFError, ValueError) as error:
                    return [*problems, f"request {number}: no answer: {error!r}"]
                found = judge(one.get("expect", {}), answer, self._get)
                problems += [f"request {number}: {text}" for text in found]
        return problems

    def _get(self, path: str) -> HttpAnswer:
        return self.fire({"method": "GET", "path": path})

    def _filled(self, value: Any) -> Any:
        """With this server's address in every string."""
        if isinstance(value, str):
            value = value.replace("{BASE}", f"http://{self._authority}")
            return value.replace("{HOST}", self._authority).replace("{PORT}", str(self._port))
        if isinstance(value, list):
            return [self._filled(one) for one in value]
        if isinstance(value, dict):
            return {self._filled(key): self._filled(one) for key, one in value.items()}
        return value

    def _request(self, case: Case) -> Request:
        headers: dict[str, Any] = {"Host": self._authority}
        body, pieces = _body(case), []
        if body is not None and case.get("chunked"):
            headers["Transfer-Encoding"] = "chunked"
            pieces = _chunks(body, case["chunked"])
        elif body is not None:
            headers["Content-Length"] = str(len(body))
            pieces = [body] if body else []
        for name, value in case.get("headers", {}).items():
            known = next((one for one in headers if one.lower() == name.lower()), name)
            headers.pop(known, None)
            headers[name] = value
        lines = [f"{case['method']} {case['path']} HTTP/{case.get('http', '1.1')}"]
        for name, value in headers.items():
            values = value if isinstance(value, list) else [value]
            lines += [f"{name}: {one}" for one in values if one is not None]
        expects_100 = str(headers.get("Expect")).lower() == "100-continue"
        head = ("\r\n".join(lines) + "\r\n\r\n").encode()
        return Request(case["method"], head, pieces, expects_100)


def _body(case: Case) -> bytes | None:
    if "bodyBase64" in case:
        return base64.b64decode(case["bodyBase64"])
    return case["body"].encode(case.get("bodyCharset", "utf-8")) if "body" in case else None


def _chunks(body: bytes, size: int | bool) -> list[bytes]:
    size = 100 if size in (True, 1) else size
    cut = [body[at : at + size] for at in range(0, len(body), size)]
    return [b"%x\r\n%b\r\n" % (len(one), one) for one in cut] + [b"0\r\n\r\n"]
