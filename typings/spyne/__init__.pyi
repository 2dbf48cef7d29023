# What this project uses of Spyne, which has no types of its own.
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from spyne.interface import Interface, InterfaceDocuments
from spyne.model import (
    Boolean,
    ComplexModel,
    DateTime,
    Double,
    Fault,
    Integer,
    Integer32,
    Integer64,
    ModelBase,
    Unicode,
)
from spyne.protocol.soap import Soap11

__all__ = [
    "Application",
    "Boolean",
    "ComplexModel",
    "DateTime",
    "Double",
    "Fault",
    "Integer",
    "Integer32",
    "Integer64",
    "MethodDescriptor",
    "Service",
    "ServiceBase",
    "Unicode",
    "rpc",
]

class MethodDescriptor:
    function: Callable[..., Any]
    operation_name: str
    in_message: type[ComplexModel]
    out_message: type[ComplexModel]
    faults: Sequence[type[Fault]]
    udd: Mapping[str, Any]

class ServiceBase:
    public_methods: ClassVar[Mapping[str, MethodDescriptor]]

class Service(ServiceBase): ...

class Application:
    name: str
    tns: str
    interface: Interface
    transport: str
    def __init__(
        self,
        services: Sequence[type[ServiceBase]],
        tns: str,
        name: str | None = None,
        in_protocol: Soap11 | None = None,
        out_protocol: Soap11 | None = None,
        documents_container: type[InterfaceDocuments] = ...,
    ) -> None: ...

def rpc(
    *params: type[ModelBase], **options: Any
) -> Callable[[Callable[..., Any]], Callable[..., MethodDescriptor]]: ...
