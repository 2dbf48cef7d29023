"""The OpenAPI 3.1 document of the JSON API, made from the operations' declarations."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sippulse_ws import __version__
from sippulse_ws.services import SERVICES
from sippulse_ws.services.batches import LONGEST_BATCH
from sippulse_ws.services.catalogue import PRINCIPAL, PublishedOperation, every_operation
from sippulse_ws.services.descriptions import (
    describe_field,
    describe_operation,
    describe_service,
    example_arguments,
)
from sippulse_ws.web.json_values import dump_json
from sippulse_ws.web.problems import MEDIA_TYPE, TITLES
from sippulse_ws.wire.fields import Dto, Field, fields_of
from sippulse_ws.wording import Wording

OPENAPI = "/SipPulse/api/openapi.json"
_SCHEMAS: dict[str, dict[str, Any]] = {
    "string": {"type": ["string", "null"]},
    "int": {"type": ["integer", "null"], "minimum": -(2**31), "maximum": 2**31 - 1},
    "long": {
        "type": ["integer", "null"],
        "minimum": -(2**63),
        "maximum": 2**63 - 1,
        "format": "int64",
    },
    "double": {"type": ["number", "null"], "format": "double"},
    "boolean": {"type": ["boolean", "null"]},
    "dateTime": {"type": ["string", "null"], "format": "date-time"},
}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "requestId"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "field": {"type": "string"},
        "row": {"type": "integer"},
        "reason": {"type": "string"},
        "requestId": {"type": "string"},
        "index": {"type": "integer"},
    },
    "additionalProperties": False,
}


def both(text: Wording) -> str:
    return f"{text.en}\n\n{text.pt}"


_ABOUT = Wording(
    "A API SOAP do SIPPulse em JSON: as mesmas operações, direitos, transações e auditoria.",
    "The SOAP API of SIPPulse in JSON: the same operations, rights, transactions and audit.",
)


_BATCH = Wording(
    "Até 1.000 escritas de quaisquer serviços numa transação: todas ou nenhuma.",
    "Up to 1,000 writes of any services in one transaction: all of them or none.",
)
_HEADERS = {
    "Idempotency-Key": (
        Wording(
            "A requisição repetida com a mesma chave recebe a primeira resposta.",
            "The request repeated with the same key gets the first answer.",
        ),
        {"type": "string", "pattern": "^[!#-~][ -~]{0,254}$"},
    ),
    "X-Dry-Run": (
        Wording("Tudo é verificado e nada é gravado.", "All is checked and nothing stored."),
        {"type": "string", "enum": ["true", "false"]},
    ),
    "If-Match": (
        Wording(
            "O ETag lido; 412 se outro alterou desde então.",
            "The ETag that was read; 412 if somebody else changed it since.",
        ),
        {"type": "string"},
    ),
}
_ETAG = {
    "description": both(
        Wording("O que foi consultado; vale em If-Match.", "What was retrieved; If-Match takes it.")
    ),
    "schema": {"type": "string"},
}


# Relative to the document's own address, so that it is right under a proxy's path as well.
_BESIDE = "../api"


@cache
def openapi_document(server: str = _BESIDE) -> bytes:
    """The document for all operations; `server` is the API's address."""
    return dump_json(build_openapi(list(every_operation()), server))


def build_openapi(
    operations: Iterable[PublishedOperation], server: str = _BESIDE
) -> dict[str, Any]:
    components: dict[str, Any] = {"Problem": _PROBLEM}
    paths = {
        f"/{one.service}/{one.name}": {"post": _operation(one, components)} for one in operations
    }
    paths["/batch"] = {"post": _batch()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "sippulse-ws",
            "version": __version__,
            "description": both(_ABOUT),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server}],
        "tags": [
            {"name": one.__name__, "description": both(describe_service(one.__name__))}
            for one in SERVICES
        ]
        + [{"name": "batch", "description": both(_BATCH)}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"administrator": {"type": "http", "scheme": "basic"}},
            "responses": {"Problem": _problem_response()},
            "parameters": {name.replace("-", ""): _header(name) for name in _HEADERS},
        },
    }


def _operation(one: PublishedOperation, components: dict[str, Any]) -> dict[str, Any]:
    told = describe_operation(one)
    description = both(told.text)
    if told.effect is not None:
        description += f"\n\n{both(told.effect)}"
    document: dict[str, Any] = {
        "operationId": f"{one.service}_{one.name}",
        "tags": [one.service],
        "summary": told.text.en,
        "description": description,
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": _request(one, components),
                    "example": example_arguments(one),
                }
            },
        },
        "responses": _responses(_answer(one, components)),
    }
    headers = []
    if one.changes:
        headers = (
            ["Idempotency-Key"]
            if one.declaration.tells_proxies
            else ["Idempotency-Key", "X-Dry-Run"]
        )
        headers += ["If-Match"] if one.declaration.guard else []
    if headers:
        document["parameters"] = [_header_reference(name) for name in headers]
    if one.declaration.tag is not None:
        document["responses"]["200"]["headers"] = {"ETag": _ETAG}
    if one.has_principal:
        document["security"] = [{"administrator": []}, {}]  # or a principal in the body
    return document


def _responses(schema: dict[str, Any]) -> dict[str, Any]:
    done = {"description": "Done. Feito.", "content": {"application/json": {"schema": schema}}}
    problems = {str(status): {"$ref": "#/components/responses/Problem"} for status in TITLES}
    return {"200": done, **problems}


def _header(name: str) -> dict[str, Any]:
    text, schema = _HEADERS[name]
    return {"name": name, "in": "header", "description": both(text), "schema": schema}


def _header_reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{name.replace('-', '')}"}


def _batch() -> dict[str, Any]:
    item = {
        "type": "object",
        "required": ["service", "operation"],
        "properties": {
            "service": {"type": "string"},
            "operation": {"type": "string"},
            "parameters": {"type": ["object", "null"]},
        },
        "additionalProperties": False,
    }
    operations = {"type": "array", "items": item, "minItems": 1, "maxItems": LONGEST_BATCH}
    results = {"type": "array", "items": {"type": "object"}}
    return {
        "operationId": "batch",
        "tags": ["batch"],
        "summary": _BATCH.en,
        "description": both(_BATCH),
        "parameters": [_header_reference(name) for name in ("Idempotency-Key", "X-Dry-Run")],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["operations"],
                        "properties": {"operations": operations},
                    }
                }
            },
        },
        "responses": _responses({"type": "object", "properties": {"results": results}}),
        "security": [{"administrator": []}, {}],
    }


def _problem_response() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": "Refused. Recusado.", "content": {MEDIA_TYPE: {"schema": schema}}}


def _request(one: PublishedOperation, components: dict[str, Any]) -> dict[str, Any]:
    needed = describe_operation(one).needed
    names = [field.wire for field in one.own_parameters if field.wire in needed]
    return _object(one.parameters, components, "", names)


def _answer(one: PublishedOperation, components: dict[str, Any]) -> dict[str, Any]:
    return _object((one.returns,) if one.returns else (), components, "", [])


def _object(
    fields: Iterable[Field], components: dict[str, Any], of_type: str, needed: list[str]
) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {one.wire: _schema(one, components, of_type) for one in fields},
        "additionalProperties": False,
    }
    return {**schema, "required": needed} if needed else schema


def _schema(one: Field, components: dict[str, Any], of_type: str) -> dict[str, Any]:
    description = both(describe_field(one, of_type).text)
    if one.model is None:
        schema: dict[str, Any] = dict(_SCHEMAS[one.kind])
        if one.many:
            schema["type"] = schema["type"][0]
        if one.wire == "password" and of_type == "userPrincipalDTO":
            schema["format"] = "password"
    else:
        schema = {"$ref": f"#/components/schemas/{_component(one.model, components)}"}
    if one.many:
        schema = {"type": ["array", "null"], "items": schema}
    elif one.model is not None and one.wire != PRINCIPAL:
        schema = {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "description": description}


def _component(model: type[Dto], components: dict[str, Any]) -> str:
    name: str = model.__type_name__
    if name not in components:
        components[name] = {}  # set before its fields, which may refer to it
        components[name] = _object(fields_of(model), components, name, [])
    return name
