"""Fields of complex types and parameters of operations, named as the contract names them."""

from typing import ClassVar, NamedTuple

from spyne import Boolean, ComplexModel, DateTime, Double, Integer32, Integer64, Unicode
from spyne.model import ModelBase

from .names import NAMESPACE, snake_case

UNBOUNDED = "unbounded"


# The type of a field or parameter: a Spyne type, customized with the wire name.
FieldType = type[ModelBase]


class Dto(ComplexModel):
    """A complex type of the contract; `ALIASES` maps other spellings accepted to wire names."""

    __namespace__ = NAMESPACE
    ALIASES: ClassVar[dict[str, str]] = {}

    def __repr__(self) -> str:
        """Without values: some are passwords, and this may end in a log."""
        return f"<{type(self).__name__}>"


class Field(NamedTuple):
    """What readers and writers need to know of a field."""

    attribute: str
    wire: str
    kind: str
    model: type[Dto] | None  # the complex type of a nested field, else None
    required: bool
    many: bool
    filter: bool  # parsed by FILTERS, not PARSERS (lexical.py); a long is a telephone number


def _field(
    model: type[ModelBase], wire: str, required: bool, many: bool, filter: bool = False
) -> FieldType:
    return model.customize(
        sub_name=wire,
        nullable=False,
        min_occurs=int(required),
        max_occurs=UNBOUNDED if many else 1,
        filter=filter,
    )


def string(
    wire: str, required: bool = False, many: bool = False, filter: bool = False
) -> FieldType:
    """A string; with `filter`, a lone `?` counts as absent."""
    return _field(Unicode, wire, required, many, filter)


def integer(
    wire: str, required: bool = False, many: bool = False, empty_absent: bool = False
) -> FieldType:
    """An int; an empty element is 0 as in the reference, with `empty_absent` it is absent."""
    return _field(Integer32, wire, required, many, empty_absent)


def long(
    wire: str, required: bool = False, many: bool = False, telephone: bool = False
) -> FieldType:
    """A long; with `telephone`, one with punctuation is kept in Context.telephones."""
    return _field(Integer64, wire, required, many, telephone)


def double(wire: str, required: bool = False, many: bool = False) -> FieldType:
    return _field(Double, wire, required, many)


def boolean(wire: str, required: bool = False, many: bool = False) -> FieldType:
    return _field(Boolean, wire, required, many)


def date_time(wire: str, required: bool = False, many: bool = False) -> FieldType:
    return _field(DateTime, wire, required, many)


def nested(model: type[Dto], wire: str, required: bool = False, many: bool = False) -> FieldType:
    return _field(model, wire, required, many)


_KINDS: dict[type[ModelBase], str] = {
    Unicode: "string",
    Integer32: "int",
    Integer64: "long",
    Double: "double",
    Boolean: "boolean",
    DateTime: "dateTime",
}


def wire_name(field: FieldType) -> str:
    return str(field.Attributes.sub_name)


def fields_of(model: type[ComplexModel]) -> list[Field]:
    """The fields of a complex type or of a message, in the contract's order."""
    return [_describe(field) for field in model._type_info.values()]


def object_type(field: FieldType) -> type[Dto] | None:
    """The complex type of a nested field, else None."""
    base = field.__orig__ or field
    return base if issubclass(base, Dto) else None


def is_telephone(field: Field) -> bool:
    return field.filter and field.kind == "long"


def _describe(field: FieldType) -> Field:
    attributes = field.Attributes
    model = object_type(field)
    return Field(
        attribute=snake_case(attributes.sub_name),
        wire=attributes.sub_name,
        kind="" if model else _KINDS[field.__orig__ or field],
        model=model,
        required=attributes.min_occurs > 0,
        many=attributes.max_occurs > 1,
        filter=getattr(attributes, "filter", False),
    )
