"""Projects for SoapUI and Postman: what stands in them runs on the demo data, in their order."""

import json
from typing import Any

from lxml import etree
from werkzeug.test import Client

from sippulse_ws.services.catalogue import every_operation
from sippulse_ws.web import samples
from sippulse_ws.web.postman import postman_collection
from sippulse_ws.web.soapui import soapui_project
from tests.fixtures.demo import Demo

CON = "{http://eviware.com/soapui/config}"
OPERATIONS = list(every_operation())


def expand(text: str, demo: Demo) -> str:
    values = {
        "${#Project#login}": "demo",
        "${#Project#password}": demo.passwords["demo"],
        "${#TestSuite#username}": "soapui-4000",
        "${#Project#endpoint}": "",
        "${#Project#subscriberPassword}": demo.passwords["1000@demo.example.com"],
    }
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def project() -> Any:
    wsdls = dict.fromkeys((one.service for one in OPERATIONS), b"<definitions/>")
    return etree.fromstring(soapui_project(OPERATIONS, wsdls, "http://localhost:8080"))


def test_soapui_has_every_operation_of_every_service() -> None:
    names = [
        (one.getparent().get("name"), one.get("name"))
        for one in project().iter(f"{CON}operation")
        if one.get("name")
    ]
    assert names == [(f"{one.service}PortBinding", one.name) for one in OPERATIONS]
    for call in project().iter(f"{CON}call"):
        assert etree.fromstring(call.findtext(f"{CON}request")) is not None


# What SoapUI's published schema (soapui/src/main/xsd/soapui/soapui.xsd of its sources) allows in an
# element: its children in their order, those in capitals needed; then its attributes.
PROJECT_SCHEMA = {
    "soapui-project": (
        "settings interface testSuite mockService properties",
        "name soapui-version resourceRoot",
    ),
    "interface": (
        "settings definitionCache ENDPOINTS operation",
        "name type definition bindingName soapVersion wsaVersion anonymous",
    ),
    "definitionCache": ("PART", "rootPart cacheTime type"),
    "part": ("URL CONTENT TYPE", ""),
    "endpoints": ("endpoint", ""),
    "operation": (
        "settings call",
        """name action bindingOperationName style type inputName outputName isOneWay
        sendsAttachments receivesAttachments anonymous""",
    ),
    "call": ("settings ENCODING ENDPOINT REQUEST assertion CREDENTIALS", "name"),
    "request": ("settings ENCODING ENDPOINT REQUEST assertion CREDENTIALS", "name"),
    "assertion": ("CONFIGURATION", "type name disabled"),
    "credentials": ("username password domain AUTHTYPE", ""),
    "testSuite": ("settings runType testCase properties", "name disabled"),
    "testCase": (
        "settings testStep properties",
        "name keepSession failOnError failTestCaseOnErrors searchProperties maxResults",
    ),
    "testStep": ("settings CONFIG", "name type disabled"),
    "config": ("INTERFACE OPERATION REQUEST", ""),
    "properties": ("property", ""),
    "property": ("NAME value", ""),
}


def test_soapui_finds_what_its_schema_says_and_nothing_else() -> None:
    troubles = set()
    for element in project().iter():
        tag = element.tag.removeprefix(CON)
        content, attributes = PROJECT_SCHEMA.get(tag, ("", ""))
        if len(element) == 0 and element.text:
            content = ""  # of type string
        names = [one.lower() for one in content.split()]
        found = [child.tag.removeprefix(CON).lower() for child in element]
        places = [names.index(one) if one in names else -1 for one in found]
        needed = {one.lower() for one in content.split() if one.isupper()}
        own = {name for name in element.attrib if not name.startswith("{")}
        if places != sorted(places) or -1 in places or not needed <= set(found):
            troubles.add((tag, tuple(found)))
        troubles |= {(tag, name) for name in own - set(attributes.split())}
    assert troubles == set()


def run_suite(name: str, demo: Demo) -> int:
    (suite,) = [one for one in project().iter(f"{CON}testSuite") if one.get("name") == name]
    http = Client(demo.app)
    steps = list(suite.iter(f"{CON}testStep"))
    for step in steps:
        request = step.find(f"{CON}config/{CON}request")
        assertions = [one.get("type") for one in request.iter(f"{CON}assertion")]
        assert assertions == ["SOAP Fault Assertion", "Schema Compliance"]
        answer = http.post(
            expand(request.findtext(f"{CON}endpoint"), demo),
            data=expand(request.findtext(f"{CON}request"), demo).encode(),
            content_type="text/xml; charset=utf-8",
        )
        assert answer.status_code == 200, (step.get("name"), answer.text)
    return len(steps)


def test_soapui_provisions_checks_and_cleans_up_twice(demo: Demo) -> None:
    for _ in range(2):
        assert run_suite("Provision, check and clean up", demo) == len(samples.PROVISIONING)


def test_soapui_runs_every_operation_once(demo: Demo) -> None:
    assert run_suite("Every operation", demo) == 96  # 103 less the other spellings


def test_postman_runs_in_its_order(demo: Demo) -> None:
    collection = json.loads(postman_collection(OPERATIONS, "http://localhost:8080"))
    first, *services = collection["item"]
    http = Client(demo.app)
    for item in first["item"]:
        request = item["request"]
        answer = http.post(
            request["url"]["raw"].replace("{{url}}", ""),
            data=request["body"]["raw"].encode(),
            content_type="application/json",
            auth=("demo", demo.passwords["demo"]),
        )
        assert answer.status_code == 200, (item["name"], answer.text)
    assert sum(len(one["item"]) for one in services) == 96
