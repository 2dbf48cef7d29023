"""Services made from contract.json alone: every operation hands its arguments to the state."""

import json
from pathlib import Path
from typing import Any

import pytest

from sippulse_ws.wire import fields, types
from sippulse_ws.wire.rpc import Service, published

CONTRACT = json.loads(Path(__file__).with_name("contract.json").read_text("utf-8"))
FILTERS = {"listRatesByParams": {"descripion", "prefix"}}

MODELS = {model.__type_name__: model for model in (getattr(types, name) for name in types.__all__)}
SIMPLE = {
    "string": fields.string,
    "int": fields.integer,
    "long": fields.long,
    "double": fields.double,
    "boolean": fields.boolean,
    "dateTime": fields.date_time,
}


def parse_notation(text: str) -> tuple[str, str, bool, bool]:
    """`name:type?` to its name, type, whether required, whether repeated."""
    name, _, kind = text.partition(":")
    return name, kind.rstrip("?*"), kind[-1] not in "?*", kind.endswith("*")


def _field(text: str, filters: set[str]) -> Any:
    name, kind, required, many = parse_notation(text)
    if kind in MODELS:
        return fields.nested(MODELS[kind], name, required=required, many=many)
    if name in filters:
        return fields.string(name, filter=True)
    return SIMPLE[kind](name, required=required, many=many)


def _operation(name: str, operation: dict[str, Any]) -> Any:
    def run(context: Any, *args: Any) -> Any:
        return context.state.run(None, context, args)

    params = [_field(text, FILTERS.get(name, set())) for text in operation["in"]]
    returns = [_field(text, set()) for text in operation["out"]]
    aliases = operation.get("parameterAliases", {})
    return published(run, params, returns[0] if returns else None, aliases)


def _service(name: str, service: dict[str, Any]) -> type[Service]:
    body: dict[str, Any] = {"PATHS": (service["path"], *service.get("pathAliases", ()))}
    for operation_name, operation in service["operations"].items():
        body[operation_name] = _operation(operation_name, operation)
        if "documentedAs" in operation:
            body[operation["documentedAs"]] = _operation(operation_name, operation)
    return type(name, (Service,), body)


def contract_of(service: type[Service]) -> Any:
    """The contract's entry of a service; one that is ours alone says so by `OWN = True`."""
    entry = CONTRACT["services"].get(service.__name__)
    if entry is None:
        pytest.fail(
            f"{service.__name__} is not in contract.json: a service of the vendor belongs there, "
            "one of our own says OWN = True on its class"
        )
    return entry


SERVICES = [_service(name, service) for name, service in CONTRACT["services"].items()]
BY_NAME = {service.__name__: service for service in SERVICES}
