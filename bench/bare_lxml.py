"""The same four operations by hand: lxml parses, f-strings write, nothing is checked.

Written to be as fast as hand-written code can be: no leniency, no limits, no faults, no
characters dropped. What bench/wire.py compares with.
"""

from collections.abc import Iterable
from typing import Any

from lxml import etree

from sippulse_ws.wire.names import NAMESPACE, SOAP_ENVELOPE

from .wire_service import LINE_FIELDS, LINES, SUBSCRIBER, SUBSCRIBER_FIELDS

START = (
    "<?xml version='1.0' encoding='UTF-8'?>"
    f'<S:Envelope xmlns:S="{SOAP_ENVELOPE}"><S:Body><ns2:%sResponse xmlns:ns2="{NAMESPACE}">'
)
END = "</ns2:%sResponse></S:Body></S:Envelope>"
PARSER = etree.XMLParser(resolve_entities=False, no_network=True)
CONVERT: dict[str, Any] = {
    "int": int,
    "long": int,
    "double": float,
    "boolean": lambda text: text == "true",
}
CONVERTERS = [(f.wire, CONVERT[f.kind]) for f in SUBSCRIBER_FIELDS if f.kind != "string"]


def text(value: str) -> str:
    if "&" in value or "<" in value or ">" in value:
        value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return value


def add(element: Any) -> str:
    fields = {child.tag: child.text for child in element}
    check(element, fields)
    assert fields["contact"] == "sip:48@10.0.0.1"
    return ""


def retrieve(element: Any) -> str:
    fields = {child.tag: child.text for child in element}
    check(element, fields)
    return f"<return>{subscriber_xml(SUBSCRIBER)}</return>"


def insert(element: Any) -> str:
    subscriber, principal = element
    assert {child.tag: child.text for child in principal}["login"] == "admin"
    fields: dict[str, Any] = {child.tag: child.text for child in subscriber}
    for name, convert in CONVERTERS:
        fields[name] = convert(fields[name])
    assert fields["voicemail"] is True
    return "<id>7</id>"


def list_lines(element: Any) -> str:
    fields = {child.tag: child.text for child in element}
    check(element, fields)
    return "".join([f"<line>{line_xml(line)}</line>" for line in LINES])


def check(element: Any, fields: dict[str, Any]) -> None:
    assert "principal" in fields
    assert {child.tag: child.text for child in element[-1]}["login"] == "admin"


def by_hand(fields: list[Any]) -> Any:
    """What one would type for a type: a single f-string over all fields."""
    forms = {
        "string": "{{text(x.{})}}",
        "boolean": "{{'true' if x.{} else 'false'}}",
        "double": "{{x.{}!r}}",
    }
    source = "".join(
        f"<{f.wire}>{forms.get(f.kind, '{{x.{}}}').format(f.attribute)}</{f.wire}>" for f in fields
    )
    return eval(f'lambda x: f"{source}"', {"text": text})


line_xml = by_hand(LINE_FIELDS)
subscriber_xml = by_hand(SUBSCRIBER_FIELDS)
OPERATIONS = {
    f"{{{NAMESPACE}}}{name}": (function, START % name, END % name)
    for name, function in [
        ("add", add),
        ("retrieve", retrieve),
        ("insert", insert),
        ("list", list_lines),
    ]
}


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    element = etree.fromstring(body, PARSER)[-1][0]
    function, start, end = OPERATIONS[element.tag]
    answer = f"{start}{function(element)}{end}".encode()
    headers = [("Content-Type", "text/xml; charset=utf-8"), ("Content-Length", str(len(answer)))]
    start_response("200 OK", headers)
    return [answer]
