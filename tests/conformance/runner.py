"""Sends a case and says in which respects the answer is not the expected one."""

import base64
import json
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from lxml import etree

from tests.contract.contract_services import CONTRACT, parse_notation

from .application import CALLS_PATH

OWN_CASES = Path(__file__).with_name("cases.json")
# What the reference shows for a required primitive that was absent; the wire hands None on.
DEFAULTS = {"boolean": False, "int": 0, "long": 0, "double": 0.0}


@dataclass(frozen=True)
class Answer:
    status: int
    media_type: str
    body: bytes
    calls: list[dict[str, Any]]


def load(path: Path) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["cases"]
    return cases


def send(case: dict[str, Any], port: int) -> Answer:
    """Send a case's request; the calls are those that it alone caused."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        _exchange(connection, "GET", CALLS_PATH)
        status, media_type, body = _exchange(
            connection,
            case["method"],
            case["path"],
            _body(case),
            case.get("headers", {}),
            bool(case.get("chunked")),
        )
        calls = json.loads(_exchange(connection, "GET", CALLS_PATH)[2])
    finally:
        connection.close()
    return Answer(status, media_type, body, calls)


def _body(case: dict[str, Any]) -> bytes:
    if "bodyBase64" in case:
        return base64.b64decode(case["bodyBase64"])
    return str(case.get("body", "")).encode()


def _exchange(
    connection: HTTPConnection,
    method: str,
    path: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    chunked: bool = False,
) -> tuple[int, str, bytes]:
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in (headers or {}).items():
        connection.putheader(name, value)
    if chunked:
        connection.putheader("Transfer-Encoding", "chunked")
    elif body or method == "POST":
        connection.putheader("Content-Length", str(len(body)))
    pieces = [body[i : i + 100] for i in range(0, len(body), 100)] if chunked else body
    with suppress(ConnectionError):  # a server may answer before it has read everything
        connection.endheaders(pieces or None, encode_chunked=chunked)
    response = connection.getresponse()
    content = response.read()
    return response.status, (response.getheader("Content-Type") or "").split(";")[0], content


def check(case: dict[str, Any], answer: Answer) -> list[str]:
    """What is wrong with an answer; nothing if it is right."""
    expect = case["expect"]
    problems = []
    if "status" in expect and answer.status != expect["status"]:
        problems.append(f"status {answer.status}, not {expect['status']}")
    if "mediaType" in expect and answer.media_type != expect["mediaType"]:
        problems.append(f"media type {answer.media_type!r}, not {expect['mediaType']!r}")
    if "faultcode" in expect or "faultstringStartsWith" in expect:
        problems += _check_fault(expect, answer.body)
    if "calls" in expect:
        wanted, got = (
            [_comparable(call) for call in calls] for calls in (expect["calls"], answer.calls)
        )
        if wanted != got:
            problems.append(f"called {got}, not {wanted}")
    return problems


def _check_fault(expect: dict[str, Any], body: bytes) -> list[str]:
    try:
        fault = etree.fromstring(body)
    except etree.XMLSyntaxError:
        return ["the body is not XML"]
    code = fault.findtext(".//faultcode", "").rpartition(":")[2]
    message = fault.findtext(".//faultstring", "")
    problems = []
    if code not in expect.get("faultcode", [code]):
        problems.append(f"fault code {code!r}, not one of {expect['faultcode']}")
    if not message.startswith(expect.get("faultstringStartsWith", "")):
        problems.append(f"fault string {message!r}")
    return problems


def _comparable(call: dict[str, Any]) -> dict[str, Any]:
    """A call with absent values left out and absent required primitives filled in."""
    args = {}
    for name, value in call["args"].items():
        if isinstance(value, dict):
            args[name] = _with_defaults(_type_of(call["op"], name), value)
        elif value is not None:
            args[name] = value
    return {"op": call["op"], "args": args}


def _type_of(operation: str, parameter: str) -> str:
    for service in CONTRACT["services"].values():
        for text in service["operations"].get(operation, {"in": ()})["in"]:
            name, kind, _, _ = parse_notation(text)
            if name == parameter:
                return kind
    raise KeyError(f"{operation} has no {parameter}")


def _with_defaults(kind: str, value: dict[str, Any]) -> dict[str, Any]:
    filled = {name: item for name, item in value.items() if item is not None}
    for text in CONTRACT["types"][kind]["fields"]:
        name, simple, required, _ = parse_notation(text)
        if required and name not in filled:
            filled[name] = DEFAULTS[simple]
    return filled
