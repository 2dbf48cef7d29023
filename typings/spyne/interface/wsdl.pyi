from collections.abc import Callable

from lxml.etree import _Element
from spyne.interface import Interface
from spyne.model import ModelBase

class EventManager:
    def add_listener(self, event: str, handler: Callable[[Wsdl11], None]) -> None: ...

class Wsdl11:
    interface: Interface
    root_elt: _Element
    event_manager: EventManager
    def __init__(
        self, interface: Interface, *, element_form_default: str = "qualified"
    ) -> None: ...
    def add_element(self, cls: type[ModelBase], node: _Element) -> None: ...
    def build_interface_document(self, url: str) -> None: ...
    def get_interface_document(self) -> bytes: ...
