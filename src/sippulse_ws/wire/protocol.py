"""Spyne's protocol hooks, implemented with the compiled readers and writers.

Spyne's own hooks walk its type tree on every request, follow `href` without a limit and run a
garbage collection; none of that code is called. Spyne's events are not fired, since nothing here
subscribes to them.
"""

from typing import Literal

from lxml import etree
from spyne import Application
from spyne.protocol.soap import Soap11

from .bulk import BulkReader, RepeatedObject
from .charsets import UTF_8, Charset
from .compiled import CompiledOperation
from .context import Context
from .envelope import open_envelope, parse, to_utf_8
from .faults import client_fault, render_fault
from .fields import fields_of
from .reading import Reader, Readers
from .spooled import Spooled
from .writing import response_writer

# What a text that is not of its field's type does. `compatible`: the field is absent; `strict`: a
# fault; `strict-writes`: a fault in operations that write, absent in others.
Lexical = Literal["compatible", "strict-writes", "strict"]


class Protocol(Soap11):
    """Document/literal wrapped SOAP 1.1."""

    def __init__(self, lexical: Lexical, invalid_value: str) -> None:
        super().__init__()
        # by whether the operation writes
        self._readers = {
            False: Readers(lexical == "strict", invalid_value),
            True: Readers(lexical != "compatible", invalid_value),
        }
        self.operations: dict[str, CompiledOperation] = {}  # by the tag of the request's element
        self._bulk = BulkReader({})

    def compile(self, application: Application) -> None:
        """Make readers and writers for all operations of an application."""
        for tag, (method,) in application.interface.service_method_map.items():
            returned = fields_of(method.out_message)
            readers = self._readers[method.udd["writes"]]
            self.operations[tag] = CompiledOperation(
                name=method.operation_name,
                parameters=tuple(one.wire for one in fields_of(method.in_message)),
                function=method.function,
                reader=readers.of_message(method.in_message, method.udd["aliases"]),
                respond=response_writer(method.operation_name, returned[0] if returned else None),
            )

        self._bulk = BulkReader(self._repeated_objects(application))

    def _repeated_objects(self, application: Application) -> dict[str, RepeatedObject]:
        found = {}
        for tag, (method,) in application.interface.service_method_map.items():
            for place, one in enumerate(fields_of(method.in_message)):
                if one.many and one.model is not None:
                    plan = self._readers[method.udd["writes"]].plan_of(one.model)
                    found[tag] = RepeatedObject(one, place, plan)
        return found

    def create_in_document(self, context: Context, charset: Charset | None = None) -> None:
        if charset is not UTF_8:
            context.in_string = to_utf_8(context.in_string, charset)
        context.bulk = self._bulk.read(context.in_string)
        context.in_document = context.bulk.document if context.bulk else parse(context.in_string)

    def decompose_incoming_envelope(self, context: Context, message: str = Soap11.REQUEST) -> None:
        element, context.blocks = open_envelope(context.in_document)
        operation = self.operations.get(element.tag)
        if operation is None:
            message = f"Cannot find dispatch method for {_clark(element)}"
            raise client_fault(message, "unknown-operation")
        context.in_body_doc = element
        context.descriptor = operation
        context.operation = operation.name

    def deserialize(self, context: Context, message: str = Soap11.REQUEST) -> None:
        reader: Reader = context.descriptor.reader
        # xsi:nil always has a prefix, and XML has no other way to write the name.
        read = reader.lenient if b":nil" in context.in_string else reader.exact
        context.in_object = read(context.in_body_doc, context)
        if context.bulk is not None:  # the document had only the first row
            context.in_object[context.bulk.place] = context.bulk.rows

    def serialize(self, context: Context, message: str = Soap11.RESPONSE) -> None:
        if context.out_error is not None:
            context.out_document = render_fault(context.out_error)
        elif isinstance(context.out_object, bytes | Spooled):  # written already
            context.out_document = context.out_object
        else:
            context.out_document = context.descriptor.respond(context.out_object)


def _clark(element: etree._Element) -> str:
    name = etree.QName(element)
    return f"{{{name.namespace or ''}}}{name.localname}"
