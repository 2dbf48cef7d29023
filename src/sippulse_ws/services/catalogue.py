"""The published operations as data, for the pages, the JSON API and its OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sippulse_ws.services import SERVICES
from sippulse_ws.services.operation import Operation, declaration_of
from sippulse_ws.wire.fields import Field, fields_of
from sippulse_ws.wire.rpc import Service

PRINCIPAL = "principal"


@dataclass(frozen=True, slots=True, eq=False)
class PublishedOperation:
    """One name under which an operation is published in a service."""

    service: str
    name: str
    canonical: str  # the operation's first name; `name` may be another spelling of it
    parameters: tuple[Field, ...]  # in the order of the function's arguments
    returns: Field | None
    declaration: Operation
    enter: Callable[..., Any]  # enter(context, *arguments)

    @property
    def has_principal(self) -> bool:
        return not self.declaration.right.customer

    @property
    def own_parameters(self) -> tuple[Field, ...]:
        """The parameters without the principal."""
        return tuple(one for one in self.parameters if one.wire != PRINCIPAL)

    @property
    def changes(self) -> bool:
        return self.declaration.writes or self.declaration.acts


def published_operations(service: type[Service]) -> Iterator[PublishedOperation]:
    """The operations of a service, in the order in which its class declares them."""
    first_names: dict[int, str] = {}
    for name, method in service.public_methods.items():
        declaration = declaration_of(method.function)
        canonical = first_names.setdefault(id(declaration), name)
        returned = fields_of(method.out_message)
        yield PublishedOperation(
            service=service.__name__,
            name=name,
            canonical=canonical,
            parameters=tuple(fields_of(method.in_message)),
            returns=returned[0] if returned else None,
            declaration=declaration,
            enter=method.function,
        )


def every_operation() -> Iterator[PublishedOperation]:
    for service in SERVICES:
        yield from published_operations(service)
