"""Writers: from Python values to XML text, compiled once per type.

For each complex type, Python source is generated and compiled, with a line per field. For a type
with a string, an optional number and a required boolean it is

    def write(value):
        name, credit, active, = _get(value)
        if not _is_plain(f"{name}"):
            name = name if name is None else _string(name)
        return "".join((
            "" if name is None else f"<name>{name}</name>",
            "" if credit is None else f"<credit>{_double(credit)}</credit>",
            "<active>true</active>" if active else "<active>false</active>",
        ))
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import islice
from operator import attrgetter
from typing import Any

from sippulse_ws.text_of_rows import RowText

from . import spooled
from .faults import ENVELOPE_END, ENVELOPE_START
from .fields import Dto, Field, fields_of
from .lexical import DEFAULTS, PRINTERS, is_plain
from .names import NAMESPACE
from .row_text import Shape, shape_of
from .spooled import Spooled

_AT_ONCE = 500  # values of an iterator that are written together

Write = Callable[[Any], object]  # returns text, or an int


@cache
def writer_of(model: type[Dto]) -> Write:
    """Writes the children of a complex type, read by attribute from any object."""
    fields = fields_of(model)
    names = [field.attribute for field in fields]
    helpers: dict[str, Any] = {f"_{kind}": printer for kind, printer in PRINTERS.items()}
    helpers |= {f"_write_{field.attribute}": _content_writer(field) for field in fields}
    helpers |= {"_is_plain": is_plain, "_get": attrgetter(*names)}
    values = "_get(value)" if len(fields) > 1 else "(_get(value),)"
    source = [
        "def write(value):",
        f"    {', '.join(names)}, = {values}",
        *_escape_strings(fields),
        '    return "".join((',
        *(f"        {_expression(field)}," for field in fields),
        "    ))",
    ]
    exec("\n".join(source), helpers)  # noqa: S102 - contains only names of the contract
    write: Write = helpers["write"]
    return write


def _escape_strings(fields: list[Field]) -> list[str]:
    """Source that escapes the strings; few need it, so they are checked together first."""
    names = [field.attribute for field in fields if field.kind == "string" and not field.many]
    if not names:
        return []
    together = "".join(f"{{{name}}}" for name in names)
    return [
        f'    if not _is_plain(f"{together}"):',
        *(f"        {name} = {name} if {name} is None else _string({name})" for name in names),
    ]


def _expression(field: Field) -> str:
    """Source of one field's XML."""
    name, start, end = field.attribute, f"<{field.wire}>", f"</{field.wire}>"
    if field.many:
        return f"_write_{name}({name})"
    if field.kind == "boolean":
        value = f'"{start}true{end}" if {name} else "{start}false{end}"'
        return value if field.required else f'"" if {name} is None else {value}'
    absent = f"{start}{DEFAULTS[field.kind]}{end}" if field.required else ""
    content = name if field.kind == "string" else f"_{field.kind or 'write_' + name}({name})"
    return f'"{absent}" if {name} is None else f"{start}{{{content}}}{end}"'


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


def _elements_of_text(values: Iterator[Any], shape: Shape) -> bytes | None:
    """The XML of rows that the database can send as one text; None for any other values."""
    as_text: Callable[[Shape], RowText | None] | None = getattr(values, "as_text", None)
    row_text = None if as_text is None else as_text(shape)
    return None if row_text is None else shape.elements(row_text)


def response_writer(operation: str, returns: Field | None) -> Callable[[Any], bytes | Spooled]:
    """A function that makes the whole response envelope of an operation's result.

    A repeated result may be an iterator; then at most _AT_ONCE of its values are in memory, unless
    the database sends them as one text.
    """
    name = f"ns2:{operation}Response"
    start = f'{ENVELOPE_START}<{name} xmlns:ns2="{NAMESPACE}">'
    end = f"</{name}>{ENVELOPE_END}"
    empty = (f'{ENVELOPE_START}<{name} xmlns:ns2="{NAMESPACE}"/>{ENVELOPE_END}').encode()
    if returns is None:
        return lambda result: empty
    write = _content_writer(returns)
    if not returns.many:
        start, end = f"{start}<{returns.wire}>", f"</{returns.wire}>{end}"
    default = DEFAULTS[returns.kind] if returns.required else None
    shape = shape_of(returns)

    def pieces(values: Iterator[Any]) -> Iterator[bytes]:
        yield start.encode()
        while some := list(islice(values, _AT_ONCE)):
            yield str(write(some)).encode()
        yield end.encode()

    def respond(result: Any) -> bytes | Spooled:
        if result is None and default is None:
            return empty
        if returns.many and isinstance(result, Iterator):
            elements = None if shape is None else _elements_of_text(result, shape)
            if elements is None:
                return Spooled(pieces(result))
            answer = b"".join((start.encode(), elements, end.encode()))
            return answer if len(answer) <= spooled.IN_MEMORY else Spooled([answer])
        content = default if result is None else write(result)
        return f"{start}{content}{end}".encode()

    return respond
