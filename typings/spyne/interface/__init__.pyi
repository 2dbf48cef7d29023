from collections.abc import Mapping, Sequence

from spyne import Application, MethodDescriptor, ServiceBase
from spyne.interface.wsdl import Wsdl11

__all__ = ["Interface", "InterfaceDocuments"]

class Interface:
    app: Application
    tns: str
    services: Sequence[type[ServiceBase]]
    service_method_map: Mapping[str, Sequence[MethodDescriptor]]
    docs: InterfaceDocuments
    def get_namespace_prefix(self, namespace: str) -> str: ...

class InterfaceDocuments:
    wsdl11: Wsdl11
    def __init__(self, interface: Interface) -> None: ...
