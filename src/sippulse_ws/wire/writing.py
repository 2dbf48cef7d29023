"""Writers: from Python values to XML text, compiled once per type.

For a complex type Python source is made, one line per field, as one would write it by hand; for
`did` it begins

    def write(value):
        account_code, ..., did_to_ruri, ... = _get(value)
        return "".join((
            "" if account_code is None else f"<accountCode>{_string(account_code)}</accountCode>",
            "<didToRuri>true</didToRuri>" if did_to_ruri else "<didToRuri>false</didToRuri>",
"""

from collections.abc import Callable, Iterable
from functools import cache
from operator import attrgetter
from typing import Any

from .faults import ENVELOPE_END, ENVELOPE_START
from .fields import Dto, Field, fields_of
from .lexical import PRINTERS
from .names import NAMESPACE

Write = Callable[[Any], str]

# What a required field says when there is no value: it cannot be left out.
_DEFAULTS = {"int": "0", "long": "0", "double": "0.0", "boolean": "false"}


@cache
def writer_of(model: type[Dto]) -> Write:
    """Writes the children of a complex type, read by attribute from any object."""
    fields = fields_of(model)
    helpers: dict[str, Any] = {f"_{kind}": printer for kind, printer in PRINTERS.items()}
    helpers["_get"] = attrgetter(*(field.attribute for field in fields))
    lines = []
    for field in fields:
        helpers[f"_write_{field.attribute}"] = _content_writer(field)
        lines.append(f"        {_expression(field)},\n")
    names = ", ".join(field.attribute for field in fields)
    value = "_get(value)" if len(fields) > 1 else "(_get(value),)"
    source = (
        "def write(value):\n"
        f"    {names}, = {value}\n"
        '    return "".join((\n' + "".join(lines) + "    ))\n"
    )
    exec(source, helpers)
    write: Write = helpers["write"]
    return write


def _expression(field: Field) -> str:
    """Python source of one field's XML."""
    name, start, end = field.attribute, f"<{field.wire}>", f"</{field.wire}>"
    if field.many:
        return f"_write_{name}({name})"
    if field.model is not None:
        return f'"" if {name} is None else f"{start}{{_write_{name}({name})}}{end}"'
    if field.kind == "boolean":
        value = f'"{start}true{end}" if {name} else "{start}false{end}"'
        return value if field.required else f'"" if {name} is None else {value}'
    absent = f"{start}{_DEFAULTS[field.kind]}{end}" if field.required else ""
    return f'"{absent}" if {name} is None else f"{start}{{_{field.kind}({name})}}{end}"'


def _content_writer(field: Field) -> Write:
    """Writes what stands inside a field's element; of a repeated field, all its elements."""
    write = PRINTERS[field.kind] if field.model is None else writer_of(field.model)
    return _repeated(field.wire, write) if field.many else write


def _repeated(wire: str, write: Write) -> Write:
    def write_all(values: Iterable[Any] | None) -> str:
        if values is None:
            return ""
        return "".join(
            [f"<{wire}>{write(value)}</{wire}>" for value in values if value is not None]
        )

    return write_all


def response_writer(operation: str, returns: Field | None) -> Callable[[Any], bytes]:
    """Makes the whole response envelope of an operation's result."""
    name = f"ns2:{operation}Response"
    start = f'{ENVELOPE_START}<{name} xmlns:ns2="{NAMESPACE}">'
    end = f"</{name}>{ENVELOPE_END}"
    empty = (f'{ENVELOPE_START}<{name} xmlns:ns2="{NAMESPACE}"/>{ENVELOPE_END}').encode()
    if returns is None:
        return lambda result: empty
    write = _content_writer(returns)
    if not returns.many:
        start, end = f"{start}<{returns.wire}>", f"</{returns.wire}>{end}"
    default = _DEFAULTS[returns.kind] if returns.required else None

    def respond(result: Any) -> bytes:
        if result is None and default is None:
            return empty
        content = default if result is None else write(result)
        return f"{start}{content}{end}".encode()

    return respond
