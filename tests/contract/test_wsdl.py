"""The WSDLs have the shape that JAX-WS gives them, and zeep reads the contract out of them."""

from io import BytesIO
from typing import Any

import pytest
from lxml import etree
from zeep import Client, Settings
from zeep.xsd import Element

from sippulse_ws.wire.endpoint import Endpoint, Options
from sippulse_ws.wire.names import NAMESPACE

from .contract_services import CONTRACT, SERVICES, contract_of, parse_notation

NAMESPACES = {
    "w": "http://schemas.xmlsoap.org/wsdl/",
    "s": "http://schemas.xmlsoap.org/wsdl/soap/",
    "x": "http://www.w3.org/2001/XMLSchema",
}
SERVICE_IDS = [service.__name__ for service in SERVICES]


def wsdl_of(service: Any) -> bytes:
    return Endpoint(service, Options(), None).wsdl("http://127.0.0.1/SipPulse/x")


def operations_of(service: Any) -> dict[str, Any]:
    """What the contract says, under every name."""
    operations = dict(contract_of(service)["operations"])
    for operation in list(operations.values()):
        if "documentedAs" in operation:
            operations[operation["documentedAs"]] = operation
    return operations


def notation(elements: list[tuple[str, Element]]) -> list[str]:
    """zeep's view of a sequence in the contract's notation."""
    return [
        f"{name}:{element.type.name}"
        + ("*" if element.accepts_multiple else "?" if element.is_optional else "")
        for name, element in elements
    ]


@pytest.mark.parametrize("service", SERVICES, ids=SERVICE_IDS)
def test_zeep_reads_the_contract_out_of_the_wsdl(service: Any) -> None:
    client = Client(  # type: ignore[no-untyped-call]
        BytesIO(wsdl_of(service)), settings=Settings(strict=True)
    )
    ((name, zeep_service),) = client.wsdl.services.items()
    ((port_name, port),) = zeep_service.ports.items()
    assert name == "SipPulse"
    assert port_name == f"{service.__name__}Port"
    assert port.binding.name.localname == f"{service.__name__}PortBinding"
    assert port.binding.port_type.name.localname == service.__name__
    seen = {}
    for operation_name, operation in port.binding._operations.items():
        seen[operation_name] = [
            notation(message.body.type.elements) for message in (operation.input, operation.output)
        ]
        assert list(operation.faults) == ["WSException"]
    expected = {key: [value["in"], value["out"]] for key, value in operations_of(service).items()}
    assert seen == expected


@pytest.mark.parametrize("service", SERVICES, ids=SERVICE_IDS)
def test_zeep_reads_the_types_of_the_contract_out_of_the_wsdl(service: Any) -> None:
    client = Client(BytesIO(wsdl_of(service)))  # type: ignore[no-untyped-call]
    wrappers = {name for op in operations_of(service) for name in (op, f"{op}Response")}
    types = {
        kind.name: notation(kind.elements)
        for kind in client.wsdl.types.types
        if kind.qname and kind.qname.namespace == NAMESPACE and kind.name not in wrappers
    }
    messages = [text for op in operations_of(service).values() for text in op["in"] + op["out"]]
    used = {parse_notation(text)[1] for text in messages} & CONTRACT["types"].keys()
    names = used | {"wsExceptionMessage"}
    assert types == {name: CONTRACT["types"][name]["fields"] for name in names}


@pytest.mark.parametrize("service", SERVICES, ids=SERVICE_IDS)
def test_the_wsdl_has_the_shape_of_jax_ws(service: Any) -> None:
    root = etree.fromstring(wsdl_of(service))

    def find(path: str) -> list[Any]:
        found = root.xpath(path, namespaces=NAMESPACES)
        assert isinstance(found, list)
        return found

    wrappers = {name for op in operations_of(service) for name in (op, f"{op}Response")}
    assert set(find("//x:schema/x:element/@name")) == wrappers | {"WSException"}
    assert not find("//@elementFormDefault[. != 'unqualified'] | //@nillable | //@form")
    assert set(find("//w:message/@name")) == wrappers | {"WSException"}
    assert set(find("//w:part/@name")) == {"parameters", "fault"}
    assert find("//w:message[@name='WSException']/w:part/@name") == ["fault"]
    assert set(find("//s:operation/@soapAction")) == {""}
    assert find("//s:binding/@style") == ["document"]
    assert set(find("//s:body/@use | //s:fault/@use")) == {"literal"}
    assert not find("//w:documentation | //*[contains(namespace-uri(), 'addressing')]")
    assert not find("//@*[contains(namespace-uri(), 'addressing')]")


def test_the_wsdl_is_sorted_and_indented() -> None:
    root = etree.fromstring(wsdl_of(next(s for s in SERVICES if s.__name__ == "SubscriberWS")))
    for path in ("//x:schema/x:element", "//x:complexType", "//w:message", "//w:portType/*"):
        names = root.xpath(f"{path}/@name", namespaces=NAMESPACES)
        assert isinstance(names, list)
        assert len(names) > 5
        assert names == sorted(map(str, names))
    text = wsdl_of(SERVICES[0]).decode()
    assert "\n    <wsdl:operation name=" in text
    assert text.endswith("</wsdl:definitions>\n")


def endpoint_of(service: str, **options: Any) -> Endpoint:
    return Endpoint(
        next(one for one in SERVICES if one.__name__ == service), Options(**options), None
    )


@pytest.mark.parametrize("service", SERVICE_IDS)
def test_the_importing_wsdl_and_its_schema_are_the_whole_one(service: str) -> None:
    """In the reference's shape: a schema without attributes, in it one import."""
    whole = etree.fromstring(endpoint_of(service).wsdl("http://h/p"))
    endpoint = endpoint_of(service, wsdl_style="import")
    root = etree.fromstring(endpoint.wsdl("http://h/p"))
    imported = etree.fromstring(endpoint.schema)
    (types,) = root.iterfind("w:types", NAMESPACES)
    (schema,) = types
    assert not schema.items()
    (one,) = schema
    assert sorted(one.items()) == [
        ("namespace", NAMESPACE),
        ("schemaLocation", "http://h/p?xsd=1"),
    ]
    etree.XMLSchema(etree.fromstring(endpoint.schema))  # its prefixes are all bound
    assert schema[0].tag == imported.tag.replace("}schema", "}import")
    types.replace(schema, imported)
    assert canonical(root) == canonical(whole)


def canonical(root: Any) -> str:
    return str(etree.canonicalize(etree.tostring(root).decode(), strip_text=True))


@pytest.mark.parametrize("style", ["inline", "import"])
@pytest.mark.parametrize("service", SERVICE_IDS)
def test_every_element_is_optional_if_so_wished(service: str, style: str) -> None:
    endpoint = endpoint_of(service, wsdl_required="none", wsdl_style=style)
    for text in (endpoint.schema, endpoint.wsdl("http://h/p")):
        root = etree.fromstring(text)
        elements = list(root.iterfind(".//x:complexType//x:element", NAMESPACES))
        assert {one.get("minOccurs") for one in elements} <= {"0"}
    # nothing else differs
    observed = etree.fromstring(endpoint_of(service).schema)
    for one in observed.iterfind(".//x:complexType//x:element", NAMESPACES):
        one.set("minOccurs", "0")
    assert canonical(etree.fromstring(endpoint.schema)) == canonical(observed)
