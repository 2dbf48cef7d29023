"""Says in which respects an HTTP answer is not what a recorded case expects."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from typing import Any

from .http_exchange import HttpAnswer

Get = Callable[[str], HttpAnswer]
XSD = "{http://www.w3.org/2001/XMLSchema}"


def judge(expect: Any, answer: HttpAnswer, get: Get) -> list[str]:
    """The differences; `expect` may be a list of alternatives. `get` fetches a path."""
    alternatives = expect if isinstance(expect, list) else [expect]
    tried = [_compare(one, answer, get) for one in alternatives]
    return [] if not all(tried) else [" / or ".join("; ".join(one) for one in tried)]


def _compare(expect: dict[str, Any], answer: HttpAnswer, get: Get) -> list[str]:
    problems: list[str] = []
    for key, wanted in expect.items():
        try:
            problems += _CHECKS[key](wanted, answer, get)
        except (ValueError, LookupError, ET.ParseError) as error:
            problems.append(f"{key}: {error!r} in {answer.status} {answer.body[:80]!r}")
    return problems


def _differs(what: str, wanted: Any, got: Any) -> str:
    return f"{what} {got!r}, expected {wanted!r}"


def _value(key: str, read: Callable[[HttpAnswer], Any]) -> Callable[..., Iterator[str]]:
    """A check of one value against one or several, charsets without case."""

    def check(wanted: Any, answer: HttpAnswer, get: Get) -> Iterator[str]:
        got = read(answer)
        allowed = wanted if isinstance(wanted, list) else [wanted]
        if _folded(key, got) not in [_folded(key, one) for one in allowed]:
            yield _differs(key, wanted, got)

    return check


def _folded(key: str, value: Any) -> Any:
    return value.lower() if key in ("charset", "prolog") and value else value


def _faultcode(answer: HttpAnswer) -> str | None:
    code = answer.root().findtext(".//faultcode")
    return code and code.split(":")[-1]


def _headers(wanted: dict[str, Any], answer: HttpAnswer, get: Get) -> Iterator[str]:
    for name, value in wanted.items():
        got = answer.header(name)
        if value is True:
            wrong = got is None
        elif value is None:
            wrong = got is not None
        else:
            wrong = not re.fullmatch(value, got or "", re.IGNORECASE)
        if wrong:
            yield _differs(f"header {name}", value, got)


def _starts(wanted: str, answer: HttpAnswer, get: Get) -> Iterator[str]:
    got = answer.root().findtext(".//faultstring") or ""
    if not got.startswith(wanted):
        yield _differs("faultstring", f"{wanted}…", got)


def _contains(wanted: list[str], answer: HttpAnswer, get: Get) -> Iterator[str]:
    yield from (_differs("text", one, "") for one in wanted if one not in answer.text())


def _contains_not(wanted: list[str], answer: HttpAnswer, get: Get) -> Iterator[str]:
    texts = answer.body.decode("latin-1") + answer.text()
    yield from (_differs("text", f"no {one}", one) for one in wanted if one in texts)


def _same_as(path: str, answer: HttpAnswer, get: Get) -> Iterator[str]:
    if get(path).body != answer.body:
        yield _differs("body", f"that of {path}", answer.body[:80])


def _empty(wanted: bool, answer: HttpAnswer, get: Get) -> Iterator[str]:
    if wanted != (not answer.body):
        yield _differs("body", "none" if wanted else "some", answer.body[:80])


def _seconds(wanted: float, answer: HttpAnswer, get: Get) -> Iterator[str]:
    """Not judged: no test depends on the speed of a machine."""
    yield from ()


def _xml(wanted: dict[str, Any], answer: HttpAnswer, get: Get) -> Iterator[str]:
    for path, value in wanted.items():
        got = _found(path, answer.root())
        if not _fits(value, got):
            yield _differs(path, value, got[:3])


def _found(path: str, root: ET.Element) -> list[str | None]:
    """ElementTree's findall; a last step @name is an attribute, a leading / the root itself."""
    steps, _, attribute = path.partition("/@")
    if steps == ".":
        elements = [root]
    elif steps.startswith("/"):
        local = steps[1:4] == "{*}" and root.tag.split("}")[-1] == steps[4:]
        elements = [root] if local or root.tag == steps[1:] else []
    else:
        elements = root.findall(steps)
    return [one.get(attribute) if attribute else (one.text or "") for one in elements]


def _fits(value: Any, got: list[str | None]) -> bool:
    if not isinstance(value, dict):
        return bool(got) and got[0] in (value if isinstance(value, list) else [value])
    ((kind, wanted),) = value.items()
    fits: dict[str, Callable[[], bool]] = {
        "count": lambda: len(got) == wanted,
        "all": lambda: got == wanted,
        "includes": lambda: wanted in got,
        "matches": lambda: bool(got) and all(re.fullmatch(wanted, one or "") for one in got),
        "each": lambda: all(re.fullmatch(wanted, one or "") for one in got),
    }
    return fits[kind]()


def _schema_types(wanted: list[str], answer: HttpAnswer, get: Get) -> Iterator[str]:
    """The complexTypes of a schema, or those that a WSDL has or imports."""
    names: set[str | None] = set()
    roots = [answer.root()]
    for root in roots:
        names |= {one.get("name") for one in root.iter(f"{XSD}complexType")}
        for one in root.iter(f"{XSD}import"):
            if location := one.get("schemaLocation"):
                found = get("/" + location.split("/", 3)[3])
                if found.status != 200 or found.media_type != "text/xml":
                    raise ValueError(f"import {location}: {found.status} {found.media_type}")
                roots.append(found.root())
    if missing := sorted(set(wanted) - names):
        yield _differs("schema", "these types", f"none of {missing}")


_CHECKS: dict[str, Callable[[Any, HttpAnswer, Get], Iterator[str]]] = {
    "status": _value("status", lambda answer: answer.status),
    "mediaType": _value("mediaType", lambda answer: answer.media_type),
    "charset": _value("charset", lambda answer: answer.charset),
    "prolog": _value("prolog", lambda answer: answer.prolog),
    "connection": _value("connection", lambda answer: answer.connection),
    "httpVersion": _value("httpVersion", lambda answer: answer.version),
    "faultcode": _value("faultcode", _faultcode),
    "faultstring": _value("faultstring", lambda answer: answer.root().findtext(".//faultstring")),
    "faultstringStartsWith": _starts,
    "headers": _headers,
    "contains": _contains,
    "containsNot": _contains_not,
    "sameAs": _same_as,
    "empty": _empty,
    "maxSeconds": _seconds,
    "xml": _xml,
    "schemaTypes": _schema_types,
    "why": lambda wanted, answer, get: iter(()),
}
