"""The WSDL that JAX-WS would publish for the same service, made by reshaping Spyne's."""

import copy
from typing import NamedTuple

from lxml import etree
from lxml.etree import _Element
from spyne import Application
from spyne.interface import Interface, InterfaceDocuments
from spyne.interface.wsdl import Wsdl11
from spyne.model import Fault, ModelBase

from .names import SERVICE_NAME

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
XSD = "{http://www.w3.org/2001/XMLSchema}"

# A placeholder for the address of the service, which depends on the request.
ADDRESS = "urn:x-sippulse-ws:address"
SCHEMA_QUERY = "xsd=1"  # the reference has one schema for each service


class JaxwsWsdl(Wsdl11):
    """Spyne's WSDL without its global element per type, and with JAX-WS's names."""

    def __init__(self, interface: Interface) -> None:
        super().__init__(interface, element_form_default="unqualified")
        self.event_manager.add_listener("wsdl_document_built", _reshape)

    def add_element(self, model: type[ModelBase], node: _Element) -> None:
        messages = {
            message.get_element_name()
            for service in self.interface.services
            for method in service.public_methods.values()
            for message in (method.in_message, method.out_message)
        }
        if issubclass(model, Fault) or model.get_element_name() in messages:
            super().add_element(model, node)


class Documents(InterfaceDocuments):
    """Makes Spyne build the WSDL above instead of its own."""

    def __init__(self, interface: Interface) -> None:
        super().__init__(interface)
        self.wsdl11 = JaxwsWsdl(interface)


class Published(NamedTuple):
    """What a service publishes, with ADDRESS where its address belongs."""

    wsdl: bytes  # with the schema in it
    importing_wsdl: bytes  # imports it, as JAX-WS does
    schema: bytes


def build(application: Application, all_optional: bool = False) -> Published:
    """The WSDL and the schema; with `all_optional`, no element of a complex type is required."""
    document = application.interface.docs.wsdl11
    document.build_interface_document(ADDRESS)
    root = etree.fromstring(document.get_interface_document())
    (schema,) = root.iter(XSD + "schema")
    if all_optional:
        for element in schema.iterfind(f"{XSD}complexType//{XSD}element"):
            element.set("minOccurs", "0")
    # the prefixes are used inside attribute values, which copying does not notice
    attributes = {str(name): str(value) for name, value in schema.attrib.items()}
    prefixes = {prefix: uri for prefix, uri in schema.nsmap.items() if prefix}
    own_schema = etree.Element(schema.tag, attributes, nsmap=prefixes)
    own_schema.extend(copy.deepcopy(child) for child in schema)
    etree.cleanup_namespaces(own_schema, keep_ns_prefixes=["tns", "xs"])
    texts = [_text(root), b"", _text(own_schema)]
    for child in list(schema):
        schema.remove(child)
    namespace = schema.attrib.pop("targetNamespace")
    location = f"{ADDRESS}?{SCHEMA_QUERY}"
    etree.SubElement(schema, XSD + "import", namespace=namespace, schemaLocation=location)
    texts[1] = _text(root)
    return Published(*texts)


def _text(root: _Element) -> bytes:
    etree.indent(root, space="  ")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def _reshape(document: Wsdl11) -> None:
    root = document.root_elt
    port_type = document.interface.app.name
    tns = document.interface.get_namespace_prefix(document.interface.tns) + ":"
    faults = {
        fault.get_type_name(): fault.get_element_name()
        for service in document.interface.services
        for method in service.public_methods.values()
        for fault in method.faults
    }
    root.set("name", SERVICE_NAME)
    _reshape_schema(root)
    _reshape_messages(root, faults)
    _reshape_operations(root, faults, tns)
    _reshape_service(root, port_type, tns)
    _sort(root)
    etree.cleanup_namespaces(root, keep_ns_prefixes=["tns", "xs"])


def _reshape_schema(root: _Element) -> None:
    for schema in root.iter(XSD + "schema"):
        del schema.attrib["elementFormDefault"]  # unqualified is the default
    for complex_type in root.iter(XSD + "complexType"):
        if not len(complex_type):
            etree.SubElement(complex_type, XSD + "sequence")


def _reshape_messages(root: _Element, faults: dict[str, str]) -> None:
    for message in root.findall(WSDL + "message"):
        element = faults.get(_name(message))
        if element is not None:
            message.set("name", element)
        for part in message:
            part.set("name", "parameters" if element is None else "fault")


def _reshape_operations(root: _Element, faults: dict[str, str], tns: str) -> None:
    for documentation in list(root.iter(WSDL + "documentation")):
        operation = documentation.getparent()
        assert operation is not None
        operation.remove(documentation)
    for operation in root.iter(WSDL + "operation"):
        _drop(operation, "parameterOrder")
    for side in root.iter(WSDL + "input", WSDL + "output"):
        _drop(side, "name")
    for operation in root.iter(SOAP + "operation"):
        operation.set("soapAction", "")
        _drop(operation, "style")
    for fault in root.iter(WSDL + "fault", SOAP + "fault"):
        name = faults.get(_name(fault), _name(fault))
        fault.set("name", name)
        if "message" in fault.attrib:
            fault.set("message", tns + name)


def _reshape_service(root: _Element, port_type: str, tns: str) -> None:
    binding = _child(root, "binding")
    binding.set("name", port_type + "PortBinding")
    service = _child(root, "service")
    service.set("name", SERVICE_NAME)
    port = _child(service, "port")
    port.set("name", port_type + "Port")
    port.set("binding", tns + port_type + "PortBinding")
    root.append(service)  # comes last


def _sort(root: _Element) -> None:
    """Sort elements whose order has no meaning, so that WSDLs can be compared as text."""
    messages = sorted(root.findall(WSDL + "message"), key=_name)
    place = root.index(_child(root, "types")) + 1
    for message in messages:
        root.remove(message)
    root[place:place] = messages
    for parent in root.iter(WSDL + "portType", WSDL + "binding", XSD + "schema"):
        parent[:] = sorted(parent, key=lambda child: (_rank(child), _name(child)))


def _child(element: _Element, name: str) -> _Element:
    child = element.find(WSDL + name)
    assert child is not None  # every WSDL of Spyne's has it
    return child


def _drop(element: _Element, attribute: str) -> None:
    if attribute in element.attrib:
        del element.attrib[attribute]


def _name(element: _Element) -> str:
    return str(element.get("name", ""))


def _rank(element: _Element) -> int:
    """In a binding soap:binding comes first; in a schema elements come before types."""
    tags = (SOAP + "binding", XSD + "element", XSD + "complexType", WSDL + "operation")
    return tags.index(element.tag)
