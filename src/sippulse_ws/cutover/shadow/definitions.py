"""Compares two servers' WSDLs and schemas: operations and types.

The address, prefixes, documentation, and whether the WSDL contains or imports its schema make no
difference to the classes that a client generates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from types import MappingProxyType

from lxml import etree
from spyne import Fault

from sippulse_ws.cutover.shadow.comparing import IMPORTED, NIL, Comparison, FieldDifference
from sippulse_ws.cutover.shadow.exchange import HttpMessage
from sippulse_ws.cutover.shadow.messages import LARGEST_DECOMPRESSED
from sippulse_ws.wire.body import decompressed
from sippulse_ws.wire.envelope import parse
from sippulse_ws.wire.wsdl import SOAP, WSDL, XSD

_QUERY = re.compile("(?i)wsdl(=[0-9]+)?|xsd=[0-9]+")
_DEFINITIONS, _SCHEMA = WSDL + "definitions", XSD + "schema"
_SILENT = (XSD + "annotation", XSD + "import", XSD + "include", WSDL + "documentation")
_NAMES = ("type", "base", "ref", "element", "message", "binding", "itemType")  # QNames
_SAID_ANYWAY = frozenset(  # defaults, which may be written or not
    {
        ("minOccurs", "1"), ("maxOccurs", "1"), ("nillable", "false"), ("abstract", "false"),
        ("mixed", "false"), ("form", "unqualified"), ("elementFormDefault", "unqualified"),
        ("attributeFormDefault", "unqualified"), ("use", "optional"),
    }
)  # fmt: skip
Description = dict[str, str]
_NO_MEANING = ("name", "id", "version", "schemaLocation")


def published_query(target: str) -> str | None:
    """`wsdl` or `xsd=1`, if the request's target asks for that; None for anything else."""
    query = target.partition("?")[2]
    return query if _QUERY.fullmatch(query) else None


def document_in(message: HttpMessage) -> bytes | None:
    """The decompressed body; None if it is incomplete or cannot be read."""
    if not message.is_whole:
        return None
    encoding = message.header("Content-Encoding")
    try:
        body = message.body
        return decompressed(body, encoding, LARGEST_DECOMPRESSED) if encoding else body
    except Fault:
        return None


def compare_documents(
    given: tuple[int, bytes | None], other: tuple[int, bytes | None]
) -> Comparison:
    """Compare two answers, given as HTTP status and body; status 0: there was no answer."""
    found = Comparison()
    statuses = given[0], other[0]
    if not other[0]:
        return found
    if statuses[0] != statuses[1]:
        found.refused = given[0] == 200
        found.difference = FieldDifference("HTTP status", *map(str, statuses))
        return found
    if given[0] == 200:
        _compare(found, described(given[1] or b""), described(other[1] or b""))
    return found


def _compare(found: Comparison, given: Description, other: Description) -> None:
    if "definitions" in given and ("schema" in given) != ("schema" in other):
        found.tolerated.add(IMPORTED)  # clients fetch the schema by itself, and it is compared then
        given, other = _without_schema(given), _without_schema(other)
    for path in [*given, *(path for path in other if path not in given)]:
        one, another = given.get(path), other.get(path)
        if one is None or another is None or _not_nil(one) != _not_nil(another):
            found.difference = FieldDifference(path, one, another)
            return
        if one != another:
            found.tolerated.add(NIL)


def _not_nil(said: str) -> str:
    """A description without `nillable`, which changes no class: nil is the same as absent here."""
    return " ".join(word for word in said.split(" ") if word != "nillable=true")


def _without_schema(whole: Description) -> Description:
    return {path: one for path, one in whole.items() if path.partition("/")[0] != "schema"}


@lru_cache(maxsize=64)
def _described(document: bytes) -> MappingProxyType[str, str]:
    made: Description = {}
    try:
        root = parse(document)
    except Fault:
        made["document"] = "no XML"
        return MappingProxyType(made)
    if root.tag == _DEFINITIONS:
        _describe_service(root, made)
    for schema in root.iter(_SCHEMA):
        if any(child.tag not in _SILENT for child in schema.iterchildren(etree.Element)):
            _describe_schema(schema, made)
    if not made:
        made["document"] = root.tag
    return MappingProxyType(made)


def described(document: bytes) -> Description:
    """What a client can notice of a WSDL or schema, by path."""
    return dict(_described(document))


def _describe_service(root: etree._Element, made: Description) -> None:
    made["definitions"] = root.get("targetNamespace", "")
    messages = {
        message.get("name", ""): " ".join(
            _qualified(part, part.get("element") or part.get("type") or "")
            for part in message.iterchildren(WSDL + "part")
        )
        for message in root.iterchildren(WSDL + "message")
    }
    for port_type in root.iterchildren(WSDL + "portType"):
        for path, side in _sides(port_type):
            message = side.get("message", "").rpartition(":")[2]
            made[path] = messages.get(message, "")
    types: dict[str, str] = {}
    for binding in root.iterchildren(WSDL + "binding"):
        name = types[binding.get("name", "")] = binding.get("type", "").rpartition(":")[2]
        for element in binding.iterchildren(SOAP + "binding"):
            made[f"{name}/binding"] = _attributes(element)
        for operation in binding.iterchildren(WSDL + "operation"):
            for element in operation.iter(SOAP + "operation", SOAP + "body", SOAP + "fault"):
                parent = "" if element.getparent() is operation else _kind(element.getparent())
                path = f"{name}/{operation.get('name')}/binding{parent}"
                made[path] = _attributes(element)
    for service in root.iterchildren(WSDL + "service"):
        for port in service.iterchildren(WSDL + "port"):
            bound = port.get("binding", "").rpartition(":")[2]
            made[f"{service.get('name')}/{port.get('name')}"] = types.get(bound, "")


def _sides(port_type: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    """Inputs, outputs and faults of all operations, with their paths."""
    for operation in sorted(port_type.iterchildren(WSDL + "operation"), key=_name):
        for side in operation.iterchildren(WSDL + "input", WSDL + "output", WSDL + "fault"):
            yield f"{port_type.get('name')}/{operation.get('name')}{_kind(side)}", side


def _kind(element: etree._Element | None) -> str:
    """The path's step for an input, output or fault; a fault has a name."""
    if element is None:
        return ""
    kind = etree.QName(element).localname
    return f"/{kind} {_name(element)}" if kind == "fault" else f"/{kind}"


def _describe_schema(schema: etree._Element, made: Description) -> None:
    made["schema"] = _attributes(schema)
    for child in sorted(schema.iterchildren(etree.Element), key=lambda one: (one.tag, _name(one))):
        if child.tag not in _SILENT:
            _walk(child, f"schema/{etree.QName(child).localname} {_name(child)}", made)


def _walk(node: etree._Element, path: str, made: Description) -> None:
    """Describe a type or element and its content; the order of fields counts."""
    while path in made:
        path += "'"
    made[path] = _attributes(node)
    steps = []
    for child in _content(node):
        kind = etree.QName(child).localname
        step = _name(child) or child.get("ref", "").rpartition(":")[2] or child.get("value") or kind
        steps.append(step)
        _walk(child, f"{path}/{step}", made)
    if len(steps) > 1:
        made[f"{path}/order()"] = " ".join(steps)


def _content(node: etree._Element) -> Iterator[etree._Element]:
    """The children; a plain sequence counts as its own children."""
    for child in node.iterchildren(etree.Element):
        if child.tag == XSD + "sequence" and not _attributes(child):
            yield from _content(child)
        elif child.tag not in _SILENT:
            yield child


def _name(element: etree._Element) -> str:
    return element.get("name", "")


def _attributes(element: etree._Element) -> str:
    said = {
        (str(name), _qualified(element, str(value)) if name in _NAMES else str(value))
        for name, value in element.attrib.items()
        if name not in _NO_MEANING
    }
    return " ".join(f"{name}={value}" for name, value in sorted(said - _SAID_ANYWAY))


def _qualified(element: etree._Element, text: str) -> str:
    """A QName without its prefix: `{namespace}name`."""
    prefix, colon, name = text.rpartition(":")
    namespace = element.nsmap.get(prefix if colon else None)
    return f"{{{namespace}}}{name}" if namespace else name
