"""Readers: from an element to Python values, compiled once per message type.

The exact reader of a type knows only the contract's names. At any other child it stops, and the
lenient reader starts from the beginning: it accepts other spellings, and the fields of an object
directly below the operation. It also reads every document that may contain xsi:nil.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from lxml import etree

from .faults import WSException
from .fields import Dto, Field, fields_of, is_telephone
from .lexical import FILTERS, PARSERS, WHITE, is_exact, parse_string, parse_telephone
from .names import NAMESPACE

NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
PRINCIPAL = "principal"  # never built from fields that stand outside of it

_Parse = Callable[[str], Any]


class Sink(Protocol):
    """Is told of each text that is not of its field's type; the field is then absent."""

    def drop(self, field: str) -> None:
        """The text of this field (a wire name) cannot be read."""

    def telephone(self, attribute: str, number: int) -> None:
        """The text of this field is a telephone number with punctuation."""


_Read = Callable[[etree._Element, Sink], Any]


class Reader(NamedTuple):
    """Turns an operation's element into the list of its arguments."""

    exact: Callable[[etree._Element, Sink], list[Any]]
    lenient: Callable[[etree._Element, Sink], list[Any]]


class Readers:
    """The readers of one endpoint. Strict: a text that is not of its field's type is a fault."""

    def __init__(self, strict: bool, invalid_value: str) -> None:
        self._strict = strict
        self._invalid_value = invalid_value
        self._plans: dict[Any, Plan] = {}

    def of_message(self, message: Any, aliases: Mapping[str, str]) -> Reader:
        plan = Plan(self, message, aliases)
        read_exact = plan.read_exact

        def lenient(element: etree._Element, sink: Sink) -> list[Any]:
            return list(plan.read_flat(element, sink).values())

        def exact(element: etree._Element, sink: Sink) -> list[Any]:
            values = read_exact(element, sink)
            return lenient(element, sink) if values is None else list(values.values())

        return Reader(exact, lenient)

    def plan_of(self, model: type[Dto]) -> "Plan":
        plan = self._plans.get(model)
        if plan is None:
            plan = self._plans[model] = Plan(self, model, model.ALIASES)
        return plan

    def parser_of(self, field: Field) -> _Parse:
        parse = (FILTERS if field.filter else PARSERS)[field.kind]
        if not self._strict or field.kind == "string":
            return parse

        def strict(text: str) -> Any:
            value = parse(text)
            if value is None and is_telephone(field) and parse_telephone(text) is not None:
                return None
            if value is None or not is_exact(field.kind, text):
                message = self._invalid_value.format(field=field.wire)
                raise WSException(message, "unreadable-value")
            return value

        return strict


class Plan:
    """How one complex type or message is read."""

    def __init__(self, readers: Readers, model: Any, aliases: Mapping[str, str]) -> None:
        fields = fields_of(model)
        self.model = model
        self.absent: dict[str, Any] = dict.fromkeys(field.attribute for field in fields)
        self.fields = {field.wire: field for field in fields}
        self.spellings = {name.lower(): self.fields[wire] for name, wire in aliases.items()}
        self.spellings |= {field.wire.lower(): field for field in fields}
        self.objects = {
            field.wire: readers.plan_of(field.model) for field in fields if field.model is not None
        }
        self.parsers = {
            field.wire: readers.parser_of(field) for field in fields if field.model is None
        }
        self.fields |= {f"{{{NAMESPACE}}}{wire}": field for wire, field in self.fields.items()}
        self.read_exact = _exact_reader(self)

    def build(self, values: dict[str, Any]) -> Any:
        instance = self.model.__new__(self.model)
        instance.__dict__ = values
        return instance

    def read_flat(self, element: etree._Element, sink: Sink) -> dict[str, Any]:
        """Reads leniently; the fields of an absent object may stand in place of the object."""
        values, unknown = self.read_lenient(element, sink)
        for wire, plan in self.objects.items():
            field = self.fields[wire]
            if not unknown or wire == PRINCIPAL or values[field.attribute] is not None:
                continue
            inner, still_unknown = plan.read_lenient(unknown, sink)
            if len(still_unknown) < len(unknown):
                value = plan.build(inner)
                values[field.attribute] = [value] if field.many else value
                unknown = still_unknown
        return values

    def read_lenient(
        self, children: Iterable[etree._Element], sink: Sink
    ) -> tuple[dict[str, Any], list[etree._Element]]:
        """The values of the fields, and the children that belong to none of them."""
        values = self.absent.copy()
        exact: set[str] = set()
        others = []
        for child in children:
            field = self.fields.get(child.tag)
            if field is None:
                others.append(child)
            elif self._put(values, field, child, sink):
                exact.add(field.wire)
        unknown = []
        for child in others:
            field = self.spellings.get(_spelling(child))
            if field is None or field.wire in exact:
                unknown.append(child)
            else:
                self._put(values, field, child, sink)
        return values, unknown

    def _put(self, values: dict[str, Any], field: Field, child: etree._Element, sink: Sink) -> bool:
        """Store a child's value; False if the child is nil."""
        nil = child.get(NIL, "").strip() in ("true", "1")
        value = None if nil else self._value(field, child, sink)
        _store(values, field.attribute, value, field.many)
        return not nil

    def _value(self, field: Field, child: etree._Element, sink: Sink) -> Any:
        plan = self.objects.get(field.wire)
        if plan is not None:
            return plan.build(plan.read_lenient(child, sink)[0])
        return self.text_value(field, child, sink)

    def text_value(self, field: Field, child: etree._Element, sink: Sink) -> Any:
        """The value of a child of a simple type; None if its text cannot be read."""
        text = child.text or ""
        value = self.parsers[field.wire](text)
        if value is None:
            _tell(sink, field, text)
        return value


def _spelling(child: etree._Element) -> str:
    namespace, _, name = child.tag.rpartition("}")
    return name.lower() if namespace in ("", "{" + NAMESPACE) else ""


class _Tags(NamedTuple):
    """How each child of an element is read, by its tag."""

    strings: dict[str, str]  # the attribute
    parsed: dict[str, tuple[str, _Parse, Field]]
    others: dict[str, tuple[str, _Read, bool]]  # objects, and whatever is repeated


def _tags(plan: Plan) -> _Tags:
    tags = _Tags({}, {}, {})
    for tag, field in plan.fields.items():
        if field.model is not None:
            read = _object_reader(plan.objects[field.wire])
            tags.others[tag] = field.attribute, read, field.many
        elif field.many:
            tags.others[tag] = field.attribute, _text_reader(plan, field), True
        elif plan.parsers[field.wire] is parse_string:
            tags.strings[tag] = field.attribute
        else:
            tags.parsed[tag] = field.attribute, plan.parsers[field.wire], field
    return tags


def _exact_reader(plan: Plan) -> Callable[[etree._Element, Sink], dict[str, Any] | None]:
    """Makes the exact reader, which returns None if a child is not in the contract."""
    absent = plan.absent
    strings, parsed, others = _tags(plan)

    def read(element: etree._Element, sink: Sink) -> dict[str, Any] | None:
        values = absent.copy()
        for child in element:
            tag = child.tag
            if tag in strings:
                values[strings[tag]] = child.text or ""
            elif tag in parsed:
                attribute, parse, field = parsed[tag]
                value = values[attribute] = parse(child.text or "")
                if value is None:
                    _tell(sink, field, child.text or "")
            elif tag in others:
                attribute, read_child, many = others[tag]
                if many:
                    _store(values, attribute, read_child(child, sink), many)
                else:
                    values[attribute] = read_child(child, sink)
            else:
                return None
        return values

    return read


def _tell(sink: Sink, field: Field, text: str) -> None:
    """Tell the sink of a text that could not be read, except an empty one or a filter's `?`."""
    if field.kind == "string" or not text.strip(WHITE):
        return
    number = parse_telephone(text) if is_telephone(field) else None
    if number is None:
        sink.drop(field.wire)
    else:
        sink.telephone(field.attribute, number)


def _store(values: dict[str, Any], attribute: str, value: Any, many: bool) -> None:
    """Store a value: the last one if the field is not repeated, else all that are not absent."""
    if not many:
        values[attribute] = value
    elif value is not None:
        if values[attribute] is None:
            values[attribute] = []
        values[attribute].append(value)


def _text_reader(plan: Plan, field: Field) -> _Read:
    return lambda child, sink: plan.text_value(field, child, sink)


def _object_reader(plan: Plan) -> _Read:
    read_exact, build = plan.read_exact, plan.build

    def read(element: etree._Element, sink: Sink) -> Any:
        values = read_exact(element, sink)
        return build(plan.read_lenient(element, sink)[0] if values is None else values)

    return read
