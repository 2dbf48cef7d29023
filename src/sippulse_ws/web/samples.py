"""Example calls of an operation: as a SOAP envelope, with curl and in programming languages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from sippulse_ws.services.catalogue import PRINCIPAL, PublishedOperation
from sippulse_ws.services.descriptions import example_arguments
from sippulse_ws.wire.fields import Field, fields_of
from sippulse_ws.wire.names import NAMESPACE, SOAP_ENVELOPE

LOGIN = "demo"
CURRENT_PASSWORD = "CURRENT-PASSWORD"  # noqa: S105 - stands for the password of a demo subscriber
PASSWORD = "PASSWORD"  # noqa: S105 - stands for the reader's password
# parameters whose values pages do not show
SECRETS = frozenset("password passwordPortal actualPassword newPassword confirmNewPassword".split())
_JAVA = {"int": "Integer", "long": "Long", "double": "Double", "boolean": "Boolean"}


# Creates a subscriber with credit, reads it, and removes it again.
PROVISIONING = (
    ("SubscriberWS", "insertSubscriber"),
    ("SubscriberWS", "addCredit"),
    ("SubscriberWS", "retrieveSubscriber"),
    ("SubscriberWS", "retrieveCredit"),
    ("SubscriberWS", "removeSubscriber"),
)
# Operations that come last when all examples are run one after another.
_LAST = ("remove", "delete", "changePassword", "changeCustomer")


def in_running_order(operations: Sequence[PublishedOperation]) -> list[PublishedOperation]:
    """Operations in an order in which each example finds what it needs."""
    every = [one for one in operations if one.name == one.canonical]
    return sorted(
        every, key=lambda one: (one.name == "removeSubscriber", one.name.startswith(_LAST))
    )


def envelope(operation: PublishedOperation, login: str = LOGIN, password: str = PASSWORD) -> str:
    """A SOAP request with example values, indented."""
    lines = [
        f'<S:Envelope xmlns:S="{SOAP_ENVELOPE}">',
        "  <S:Body>",
        f'    <ns2:{operation.name} xmlns:ns2="{NAMESPACE}">',
    ]
    arguments = example_arguments(operation)
    for one in operation.own_parameters:
        if one.wire in arguments:
            lines += _elements(one, arguments[one.wire], 6)
    if operation.has_principal:
        principal = {"login": login, "password": password}
        field = next(one for one in operation.parameters if one.wire == PRINCIPAL)
        lines += _elements(field, principal, 6)
    lines += [f"    </ns2:{operation.name}>", "  </S:Body>", "</S:Envelope>"]
    return "\n".join(lines)


def _elements(field: Field, value: Any, indent: int) -> list[str]:
    space = " " * indent
    if isinstance(value, list):
        return [line for one in value for line in _elements(field, one, indent)]
    if field.model is None:
        return [f"{space}<{field.wire}>{escape(_text(value))}</{field.wire}>"]
    lines = [f"{space}<{field.wire}>"]
    for inner in fields_of(field.model):
        if inner.wire in value:
            lines += _elements(inner, value[inner.wire], indent + 2)
    return [*lines, f"{space}</{field.wire}>"]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def json_body(operation: PublishedOperation) -> str:
    return json.dumps(example_arguments(operation), ensure_ascii=False, indent=2)


def curl_soap(operation: PublishedOperation, base: str) -> str:
    return (
        f"curl -s -H 'Content-Type: text/xml; charset=utf-8' {base}/SipPulse/{operation.service} "
        f"-d '\n{envelope(operation)}'"
    )


def curl_json(operation: PublishedOperation, base: str) -> str:
    login = f"-u {LOGIN}:{PASSWORD} " if operation.has_principal else ""
    return (
        f"curl -s {login}-H 'Content-Type: application/json' "
        f"{base}/SipPulse/api/{operation.service}/{operation.name} -d '{json_body(operation)}'"
    )


def python(operation: PublishedOperation, base: str) -> str:
    """Python code with zeep."""
    arguments = [f"{name}={value!r}" for name, value in example_arguments(operation).items()]
    principal = []
    if operation.has_principal:
        principal = [f'principal = {{"login": "{LOGIN}", "password": "{PASSWORD}"}}']
        arguments.append("principal=principal")
    call = ",\n    ".join(arguments)
    lines = [
        "from zeep import Client",
        "",
        f'client = Client("{base}/SipPulse/{operation.service}?wsdl")',
        *principal,
        f"print(client.service.{operation.name}(" + (f"\n    {call},\n))" if call else "))"),
    ]
    return "\n".join(lines)


def php(operation: PublishedOperation, base: str) -> str:
    """PHP code with the built-in SoapClient."""
    arguments = example_arguments(operation)
    if operation.has_principal:
        arguments = {**arguments, PRINCIPAL: {"login": LOGIN, "password": PASSWORD}}
    return "\n".join(
        [
            "<?php",
            f'$client = new SoapClient("{base}/SipPulse/{operation.service}?wsdl");',
            f"$answer = $client->{operation.name}({_php(arguments, 0)});",
            "print_r($answer);",
        ]
    )


def _php(value: Any, indent: int) -> str:
    space = "    " * (indent + 1)
    if isinstance(value, dict):
        inner = "".join(
            f"{space}'{name}' => {_php(one, indent + 1)},\n" for name, one in value.items()
        )
        return f"[\n{inner}{'    ' * indent}]" if inner else "[]"
    if isinstance(value, list):
        return f"[{', '.join(_php(one, indent) for one in value)}]"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return json.dumps(value)


def node(operation: PublishedOperation, base: str) -> str:
    """Node code with the npm package soap."""
    arguments = example_arguments(operation)
    if operation.has_principal:
        arguments = {**arguments, PRINCIPAL: {"login": LOGIN, "password": PASSWORD}}
    return "\n".join(
        [
            "const soap = require('soap');",
            "",
            "(async () => {",
            f"  const url = '{base}/SipPulse/{operation.service}?wsdl';",
            "  const client = await soap.createClientAsync(url);",
            f"  const [answer] = await client.{operation.name}Async("
            + json.dumps(arguments, ensure_ascii=False, indent=2).replace("\n", "\n  ")
            + ");",
            "  console.log(answer);",
            "})();",
        ]
    )


def java(operation: PublishedOperation, base: str) -> str:
    """Java code with the classes that wsimport generates from the WSDL."""
    lines = [f"{operation.service} port = new SipPulse().get{operation.service}Port();"]
    given = example_arguments(operation)
    names = []
    for one in operation.own_parameters:
        lines += _java_value(one, given.get(one.wire))
        names.append(one.wire)
        if _is_filled(one, operation):
            holder = f"javax.xml.ws.Holder<{_class_of(one)}>"
            lines.append(f"{holder} {one.wire}Holder = new javax.xml.ws.Holder<>({one.wire});")
            names[-1] += "Holder"
    if operation.has_principal:
        lines += _java_object(
            "principal", "UserPrincipalDTO", {"login": LOGIN, "password": PASSWORD}
        )
        names.append(PRINCIPAL)
    call = f"port.{operation.name}({', '.join(names)})"
    filled = [name for name in names if name.endswith("Holder")]
    if operation.returns and not filled:
        call = f"System.out.println({call})"
    lines += [f"{call};", *(f"System.out.println({name}.value);" for name in filled)]
    return "\n".join(
        [
            f"// wsimport -keep -p sippulse {base}/SipPulse/{operation.service}?wsdl",
            "import sippulse.*;",
            "",
            f"public class {_class_name(operation)} {{",
            "    public static void main(String[] args) throws Exception {",
            *(f"        {line}" for line in lines),
            "    }",
            "}",
        ]
    )


def _is_filled(one: Field, operation: PublishedOperation) -> bool:
    """Whether the answer is a parameter too: JAX-WS fills it, and the method returns nothing."""
    returned = operation.returns
    return returned is not None and (returned.wire, returned.model) == (one.wire, one.model)


def _class_name(operation: PublishedOperation) -> str:
    return operation.name[0].upper() + operation.name[1:]


def _java_value(one: Field, value: Any) -> list[str]:
    if one.many:
        kind = _class_of(one)
        lines = [f"java.util.List<{kind}> {one.wire} = new java.util.ArrayList<>();"]
        for item in value or []:
            if isinstance(item, dict):
                lines += _java_object("item", kind, item)
                lines.append(f"{one.wire}.add(item);")
            else:
                lines.append(f"{one.wire}.add({_literal(item, one.kind)});")
        return lines
    if isinstance(value, dict) and one.model is not None:
        kinds = {inner.wire: inner.kind for inner in fields_of(one.model)}
        return _java_object(one.wire, _class_of(one), value, kinds)
    return [f"{_class_of(one)} {one.wire} = {_literal(value, one.kind)};"]


def _java_object(
    name: str, kind: str, values: dict[str, Any], kinds: dict[str, str] | None = None
) -> list[str]:
    setters = [
        f"{name}.set{inner[0].upper()}{inner[1:]}({_literal(value, (kinds or {}).get(inner, ''))});"
        for inner, value in values.items()
    ]
    return [f"{kind} {name} = new {kind}();", *setters]


def _class_of(one: Field) -> str:
    if one.model is None:
        return _JAVA.get(one.kind, "String")
    name = one.model.__type_name__
    return name[0].upper() + name[1:]


def _literal(value: Any, kind: str) -> str:
    if value is None:
        return "null"
    text = json.dumps(value, ensure_ascii=False)
    return text + "L" if kind == "long" else text


def csharp(operation: PublishedOperation, base: str) -> str:
    """C# code with only System.Net.Http, which every .NET and Mono has."""
    text = envelope(operation).replace('"', '""')
    return f"""\
using System;
using System.Net.Http;
using System.Text;

class {_class_name(operation)}
{{
    static void Main()
    {{
        var envelope = @"{text}";
        var content = new StringContent(envelope, Encoding.UTF8, "text/xml");
        var client = new HttpClient();
        var answer = client.PostAsync("{base}/SipPulse/{operation.service}", content).Result;
        Console.WriteLine(answer.Content.ReadAsStringAsync().Result);
        answer.EnsureSuccessStatusCode();
    }}
}}"""


def all_samples(operation: PublishedOperation, base: str) -> list[tuple[str, str]]:
    """(language, text) of each example call, the envelope first."""
    return [
        ("SOAP", envelope(operation)),
        ("curl (SOAP)", curl_soap(operation, base)),
        ("curl (JSON)", curl_json(operation, base)),
        ("Python", python(operation, base)),
        ("PHP", php(operation, base)),
        ("Java", java(operation, base)),
        ("C#", csharp(operation, base)),
        ("Node", node(operation, base)),
    ]
