"""A SoapUI 5 project: every service, a filled request per operation, and a suite that provisions.

It follows SoapUI's published configuration schema; it was not tried in SoapUI itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from sippulse_ws.services.catalogue import PublishedOperation
from sippulse_ws.web.samples import CURRENT_PASSWORD, PROVISIONING, envelope, in_running_order
from sippulse_ws.wire.names import NAMESPACE

_CONFIG = "http://eviware.com/soapui/config"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
LOGIN, SECRET = "${#Project#login}", "${#Project#password}"
_OF_SUBSCRIBER = "${#Project#subscriberPassword}"
_TYPE = f"{{{XSI}}}type"
_NO_FAULT = ("SOAP Fault Assertion", "Not SOAP Fault")
_SCHEMA = ("Schema Compliance", "Schema Compliance")
_DEFAULTS = (("login", "demo"), ("password", ""), ("subscriberPassword", ""))
_OWN = {"1000": "${#TestSuite#username}", "2000": "${#TestSuite#username}"}


def soapui_project(
    operations: Sequence[PublishedOperation], wsdls: dict[str, bytes], url: str
) -> bytes:
    """`wsdls` are by service; `url` is the server's, put into the property `endpoint`."""
    root = etree.Element(
        _name("soapui-project"),
        {"name": "sippulse-ws", "soapui-version": "5.7.0", "resourceRoot": ""},
        nsmap={"con": _CONFIG, "xsi": XSI},
    )
    _add(root, "settings")
    for service, wsdl in wsdls.items():
        mine = [one for one in operations if one.service == service]
        _interface(root, service, wsdl, mine, url)
    _each_operation(root, operations)
    _life(root, {(one.service, one.name): one for one in operations})
    _properties(root, (("endpoint", url), *_DEFAULTS))
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _interface(
    root: etree._Element,
    service: str,
    wsdl: bytes,
    operations: Sequence[PublishedOperation],
    url: str,
) -> None:
    binding = f"{service}PortBinding"
    address = f"{url}/SipPulse/{service}"
    interface = _add(
        root,
        "interface",
        **{
            _TYPE: "con:WsdlInterface",
            "name": binding,
            "type": "wsdl",
            "bindingName": f"{{{NAMESPACE}}}{binding}",
            "soapVersion": "1_1",
            "anonymous": "optional",
            "wsaVersion": "NONE",
            "definition": f"{address}?wsdl",
        },
    )
    _add(interface, "settings")
    cache = _add(interface, "definitionCache", type="TEXT", rootPart=f"{address}?wsdl")
    part = _add(cache, "part")
    _add(part, "url").text = f"{address}?wsdl"
    _add(part, "content").text = wsdl.decode()
    _add(part, "type").text = "http://schemas.xmlsoap.org/wsdl/"
    endpoints = _add(interface, "endpoints")
    _add(endpoints, "endpoint").text = f"${{#Project#endpoint}}/SipPulse/{service}"
    for one in operations:
        _operation(interface, one)


def _operation(interface: etree._Element, one: PublishedOperation) -> None:
    operation = _add(
        interface,
        "operation",
        isOneWay="false",
        action="",
        name=one.name,
        bindingOperationName=one.name,
        type="Request-Response",
        inputName="",
        receivesAttachments="false",
        sendsAttachments="false",
        anonymous="optional",
    )
    _add(operation, "settings")
    _call(_add(operation, "call", name="example"), one, {})


def _each_operation(root: etree._Element, operations: Sequence[PublishedOperation]) -> None:
    """A suite that runs each operation's example once, on fresh demo data."""
    case = _case(_suite(root, "Every operation"), "Examples on the demo data")
    for one in in_running_order(operations):
        _step(case, one, {})


def _life(root: etree._Element, known: dict[tuple[str, str], PublishedOperation]) -> None:
    suite = _suite(root, "Provision, check and clean up")
    case = _case(suite, "The life of a subscriber")
    for key in PROVISIONING:
        _step(case, known[key], _OWN)
    _properties(suite, (("username", "soapui-4000"),))


def _suite(root: etree._Element, name: str) -> etree._Element:
    suite = _add(root, "testSuite", name=name)
    _add(suite, "settings")
    _add(suite, "runType").text = "SEQUENTIAL"
    return suite


def _case(suite: etree._Element, name: str) -> etree._Element:
    case = _add(
        suite,
        "testCase",
        name=name,
        failOnError="true",
        failTestCaseOnErrors="true",
        keepSession="false",
        maxResults="0",
        searchProperties="true",
    )
    _add(case, "settings")
    return case


def _step(case: etree._Element, one: PublishedOperation, own: dict[str, str]) -> None:
    step = _add(case, "testStep", type="request", name=f"{one.service} {one.name}")
    _add(step, "settings")
    config = _add(step, "config", **{_TYPE: "con:RequestStep"})
    _add(config, "interface").text = f"{one.service}PortBinding"
    _add(config, "operation").text = one.name
    _call(_add(config, "request", name=one.name), one, own, (_NO_FAULT, _SCHEMA))


def _call(
    element: etree._Element,
    one: PublishedOperation,
    own: dict[str, str],
    assertions: Sequence[tuple[str, str]] = (),
) -> None:
    _add(element, "settings")
    _add(element, "encoding").text = "UTF-8"
    _add(element, "endpoint").text = f"${{#Project#endpoint}}/SipPulse/{one.service}"
    text = envelope(one, login=LOGIN, password=SECRET)
    text = text.replace(CURRENT_PASSWORD, _OF_SUBSCRIBER)
    for value, named in own.items():
        text = text.replace(f"<username>{value}</username>", f"<username>{named}</username>")
    _add(element, "request").text = text
    for kind, name in assertions:
        # no definition of its own: the interface's is used
        _add(_add(element, "assertion", type=kind, name=name), "configuration")
    _add(_add(element, "credentials"), "authType").text = "No Authorization"


def _properties(element: etree._Element, values: Sequence[tuple[str, str]]) -> None:
    properties = _add(element, "properties")
    for name, value in values:
        one = _add(properties, "property")
        _add(one, "name").text, _add(one, "value").text = name, value


def _name(tag: str) -> str:
    return f"{{{_CONFIG}}}{tag}"


def _add(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, _name(tag), attributes)
