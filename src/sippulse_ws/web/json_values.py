"""Converts JSON to an operation's arguments and back, compiled once per message type.

A member that is not in the contract, or a value of another type, is an error that names it. `null`
means absent, like an element that is not sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cache
from itertools import islice
from math import isfinite
from operator import attrgetter
from typing import Any

from sippulse_ws.domain.errors import UnreadableValue
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.request_errors import BadRequest
from sippulse_ws.services.catalogue import PublishedOperation
from sippulse_ws.wire.fields import Dto, Field, fields_of
from sippulse_ws.wire.lexical import DEFAULTS, print_date_time
from sippulse_ws.wire.spooled import Spooled

_AT_ONCE = 500  # values of an iterator that are written together
_INTEGERS = {"int": 2**31, "long": 2**63}
# Characters that XML cannot carry; values must be possible in SOAP as well.
_unfit = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]").search
# Written for a required field without a value, as in SOAP.
_DEFAULTS = {kind: json.loads(text) for kind, text in DEFAULTS.items()}

_Parse = Callable[[Any, str], Any]


def parse_json(body: bytes) -> dict[str, Any]:
    """The JSON object of a request. Raises BadRequest, which says what is wrong."""
    try:
        value = json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise BadRequest(Reason.BODY_NO_UTF8) from None
    except json.JSONDecodeError as error:
        raise BadRequest(Reason.BODY_NO_JSON, f"{error.lineno}, {error.colno}") from None
    except ValueError:  # an integer with thousands of digits
        raise BadRequest(Reason.NO_NUMBER_OF_JSON) from None
    except RecursionError:
        raise BadRequest(Reason.BODY_TOO_DEEP) from None
    if type(value) is not dict:
        raise BadRequest(Reason.BODY_NO_OBJECT)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        name = next(one for one in names if names.count(one) > 1)
        raise BadRequest(Reason.REPEATED_MEMBER, name, name)
    return made


def _no_number(text: str) -> None:
    raise BadRequest(Reason.NO_NUMBER_OF_JSON, text)


class ObjectReader:
    """Reads an object of a complex type, or the parameters of an operation."""

    def __init__(self, fields: Iterable[Field], model: type[Dto] | None = None) -> None:
        self._model = model
        self._fields = {one.wire: (one.attribute, _parser_of(one)) for one in fields}
        self._absent: dict[str, Any] = {one: None for one, _ in self._fields.values()}

    def values(self, given: Any, path: str = "") -> dict[str, Any]:
        """The values by attribute. Raises BadRequest, which names a member that is wrong."""
        if type(given) is not dict:
            raise UnreadableValue(field=path)
        values = self._absent.copy()
        inside = f"{path}." if path else ""
        for name, value in given.items():
            field = self._fields.get(name)
            if field is None:
                raise BadRequest(Reason.UNKNOWN_MEMBER, inside + name, inside + name)
            if value is not None:
                attribute, parse = field
                values[attribute] = parse(value, inside + name)
        return values

    def dto(self, given: Any, path: str) -> Any:
        assert self._model is not None
        instance = self._model.__new__(self._model)
        instance.__dict__ = self.values(given, path)
        return instance


@cache
def _reader_of(model: type[Dto]) -> ObjectReader:
    return ObjectReader(fields_of(model), model)


def _parser_of(field: Field) -> _Parse:
    if field.model is not None:
        parse: _Parse = _reader_of(field.model).dto
    elif field.kind in _INTEGERS:
        parse = _integer_parser(_INTEGERS[field.kind])
    else:
        parse = _PARSERS[field.kind]
    return _list_parser(parse) if field.many else parse


def _list_parser(parse: _Parse) -> _Parse:
    def parse_list(value: Any, path: str) -> Any:
        if type(value) is not list:
            raise UnreadableValue(field=path)
        # an empty list is the same as no element in SOAP
        parsed = [parse(one, f"{path}[{number}]") for number, one in enumerate(value)]
        return parsed or None

    return parse_list


def _integer_parser(limit: int) -> _Parse:
    def parse(value: Any, path: str) -> int:
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int or not -limit <= value < limit:
            raise UnreadableValue(field=path)
        return value

    return parse


def _string(value: Any, path: str) -> str:
    if type(value) is not str or (not value.isprintable() and _unfit(value)):
        raise UnreadableValue(field=path)
    return value


def _double(value: Any, path: str) -> float:
    if type(value) is int and abs(value) < 2**1000:
        value = float(value)
    if type(value) is not float or not isfinite(value):
        raise UnreadableValue(field=path)
    return value


def _boolean(value: Any, path: str) -> bool:
    if type(value) is not bool:
        raise UnreadableValue(field=path)
    return value


def _date_time(value: Any, path: str) -> datetime:
    try:
        return datetime.fromisoformat(_string(value, path))
    except ValueError:
        raise UnreadableValue(field=path) from None


_PARSERS: dict[str, _Parse] = {
    "string": _string,
    "double": _double,
    "boolean": _boolean,
    "dateTime": _date_time,
}

# Converts values of rows and DTOs to what `json` can write.
_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "string": str,
    "int": int,
    "long": int,
    "double": float,
    "boolean": bool,
    "dateTime": print_date_time,
}
_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


@cache
def converter_of(model: type[Dto]) -> Callable[[Any], dict[str, Any]]:
    """A function from a row or DTO to its JSON object, which lacks fields without a value."""
    fields = fields_of(model)
    get = attrgetter(*(field.attribute for field in fields))
    plan = [(field.wire, _content_of(field), _default_of(field)) for field in fields]

    def convert(value: Any) -> dict[str, Any]:
        row = get(value) if len(plan) > 1 else (get(value),)
        made: dict[str, Any] = {}
        for (wire, content, default), one in zip(plan, row, strict=True):
            if one is not None:
                made[wire] = content(one)
            elif default is not None:
                made[wire] = default
        return made

    return convert


def _default_of(field: Field) -> Any:
    return _DEFAULTS[field.kind] if field.required and field.kind in _DEFAULTS else None


def _content_of(field: Field) -> Callable[[Any], Any]:
    one = _CONVERTERS[field.kind] if field.model is None else converter_of(field.model)
    if not field.many:
        return one
    return lambda values: [one(value) for value in values if value is not None]


class ResultWriter:
    """Writes an operation's result: `{}`, or an object with the contract's one member."""

    def __init__(self, operation: PublishedOperation) -> None:
        self._field = operation.returns
        self._content = _content_of(self._field) if self._field else None

    def plain(self, result: Any) -> dict[str, Any]:
        """The result as values that `json` can write."""
        field = self._field
        if field is None or self._content is None:
            return {}
        if result is not None:
            return {field.wire: self._content(result)}
        if field.many:
            return {field.wire: []}
        default = _default_of(field)
        return {} if default is None else {field.wire: default}

    def write(self, result: Any) -> bytes | Spooled:
        """Write the result; an iterator's values are written as they come, with few in memory."""
        if isinstance(result, Iterator):
            return Spooled(self._pieces(result))
        return _dumps(self.plain(result)).encode()

    def _pieces(self, values: Iterator[Any]) -> Iterator[bytes]:
        assert self._field is not None
        assert self._content is not None
        yield b"{%s:[" % _dumps(self._field.wire).encode()
        separator = ""
        while some := list(islice(values, _AT_ONCE)):
            yield (separator + _dumps(self._content(some))[1:-1]).encode()
            separator = ","
        yield b"]}"


def dump_json(value: Any) -> bytes:
    """JSON in UTF-8; a lone surrogate from a request is escaped, as it was there."""
    return _dumps(value).encode(errors="backslashreplace")
