"""`@operation` publishes a function as an operation of a web service; all are published this way.

It adds the principal to the parameters and declares the right that is needed; `Runner` in
`runner.py` runs the operation.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

from sippulse_ws.domain.access import PRINCIPAL, Reading
from sippulse_ws.domain.errors import MissingField
from sippulse_ws.domain.values import wire_name as spelling
from sippulse_ws.lanes import OPERATIONS, PROXIES
from sippulse_ws.row_columns import RowColumns
from sippulse_ws.services.preconditions import Tag, tagger
from sippulse_ws.wire.context import Context
from sippulse_ws.wire.fields import Dto, FieldType, nested, object_type, wire_name
from sippulse_ws.wire.rpc import Published, published
from sippulse_ws.wire.types.user_principal import UserPrincipalDto

Values = dict[str, Any]

# Names of parameters that are a domain, or end in `@domain`. Domains are stored in lower case.
_DOMAINS = {"domain", "alias_domain"}
ACCOUNTS = {"account_code", "account_manager", "account"}
_WITH_DOMAIN = _DOMAINS | ACCOUNTS
_DOMAIN_OF = itemgetter("domain")


@dataclass(frozen=True, slots=True)
class Right:
    """What an operation needs besides a valid principal.

    `domains` returns the domains among the parameters, which must be granted to the administrator;
    `None` stands for a required one that is missing. Without it the domain function checks the
    scope, because only the stored object has the domain.
    """

    domains: Callable[[Mapping[str, Any]], list[Any]] | None = None
    reported_as: str = "domain"  # wire name of the parameter, for MissingField
    customer: bool = False  # no principal: the function checks the subscriber's password


def within(path: str) -> Right:
    """The domain in this parameter must be granted: `domain`, or `subscriber.domain`."""
    get = _getter(path)
    return Right(domains=lambda values: [get(values)])


def within_account(path: str) -> Right:
    """The domain of the account code (`username@domain`) in this parameter must be granted."""
    get, reported_as = _getter(path), spelling(path.rpartition(".")[2])
    return Right(domains=lambda values: [_domain_of(get(values))], reported_as=reported_as)


def within_owner(name: str) -> Right:
    """The domains in this object's `account` and `domain` must be granted; one may be absent."""
    account, domain = _getter(f"{name}.account"), _getter(f"{name}.domain")

    def domains(values: Mapping[str, Any]) -> list[Any]:
        named = [_domain_of(account(values)), domain(values)]
        return [one for one in named if one] or [None]

    return Right(domains=domains)


def within_each(name: str) -> Right:
    """The domain of every object in this list must be granted; the function finds absent ones."""

    def domains(values: Mapping[str, Any]) -> list[Any]:
        rows = values[name] or ()
        named = rows.columns["domain"] if isinstance(rows, RowColumns) else map(_DOMAIN_OF, rows)
        return [domain for domain in dict.fromkeys(named) if domain]

    return Right(domains=domains)


# The domain function checks the scope, because only the stored object has the domain.
BY_SCOPE = Right()
CUSTOMER = Right(customer=True)


@dataclass(frozen=True, slots=True)
class Operation:
    """What `@operation` declares of a function; `parameters` are its parameters after `call`."""

    function: Callable[..., Any]
    right: Right
    parameters: tuple[str, ...]
    # required parameters of a complex type, with their wire names; the function gets a dict
    objects: Mapping[str, str]
    writes: bool
    reads: Reading  # the statement that reads the principal, and rows for `call.found`
    # changes something outside the database: audited like a write, but without a transaction
    acts: bool
    reloads: tuple[str, ...]  # tables that SIP proxies must read again
    secret: bool = False  # reads passwords: audited like a write
    lane: str = OPERATIONS  # the lane whose threads run it, see lanes.py
    tag: Tag | None = None  # makes the ETag of the result
    guard: Operation | None = None  # the operation whose ETag If-Match names

    @property
    def tells_proxies(self) -> bool:
        """Whether it sends commands to SIP proxies, which a rollback does not undo."""
        return self.lane == PROXIES

    def values(self, arguments: tuple[Any, ...]) -> Values:
        """The arguments by parameter name; DTOs as dicts, domains in lower case."""
        pairs = zip(self.parameters, arguments, strict=True)
        return {name: _plain(name, value) for name, value in pairs}

    def check_objects(self, values: Values) -> None:
        for name, wire in self.objects.items():
            if values[name] is None:
                raise MissingField(field=wire)


def operation(  # noqa: PLR0913 - the keywords of a declaration
    right: Right,
    *fields: FieldType,
    returns: FieldType | None = None,
    writes: bool = False,
    reads: Reading = PRINCIPAL,
    acts: bool = False,
    reloads: tuple[str, ...] = (),
    lane: str = OPERATIONS,
    aliases: Mapping[str, str] | None = None,
    tagged: bool = False,
    guarded_by: Published | None = None,
    secret: bool = False,
) -> Callable[[Callable[..., Any]], Published]:
    """Publish `function(call, *fields)`; for the arguments see `Operation`, docs/architecture.md.

    `tagged`: the answer has an ETag. `guarded_by`: the published operation whose ETag clients may
    send to this one in If-Match.
    """

    def decorate(function: Callable[..., Any]) -> Published:
        names = tuple(inspect.signature(function).parameters)[1:]
        pairs = zip(names, fields, strict=True)
        objects = {name: wire_name(one) for name, one in pairs if is_object(one)}
        declared = (function, right, names, objects, writes, reads, acts, reloads)
        published_operation = Operation(
            *declared,
            secret=secret,
            lane=PROXIES if acts else lane,
            tag=tagger(returns) if tagged and returns else None,
            guard=declaration_of(guarded_by.function) if guarded_by else None,
        )

        def enter(context: Context, *arguments: Any) -> Any:
            return context.state.run(published_operation, context, arguments)

        enter.__doc__ = function.__doc__
        enter.declaration = published_operation  # type: ignore[attr-defined]
        principal = () if right.customer else (nested(UserPrincipalDto, "principal"),)
        parameters = [*fields, *principal]
        return published(enter, parameters, returns, aliases or {}, writes=writes or acts)

    return decorate


def declaration_of(function: Callable[..., Any]) -> Operation:
    """The declaration of a function that `operation` made; AttributeError for any other."""
    declared: Operation = function.declaration  # type: ignore[attr-defined]
    return declared


def is_object(one: FieldType) -> bool:
    """Whether the field is a single object of a complex type."""
    return object_type(one) is not None and one.Attributes.max_occurs == 1


def add_telephones(values: Values, telephones: Mapping[str, int]) -> None:
    """Fill in the telephone numbers that had punctuation, where their field is absent."""
    for one in (values, *values.values()):
        if isinstance(one, dict):
            absent = {name for name in telephones if name in one and one[name] is None}
            one |= {name: telephones[name] for name in absent}


def _getter(path: str) -> Callable[[Mapping[str, Any]], Any]:
    name, _, inner = path.partition(".")
    if not inner:
        return lambda values: values[name]
    return lambda values: (values[name] or {}).get(inner)


def _domain_of(account: str | None) -> str | None:
    return account.rpartition("@")[2] if account else None


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return _lower_domain(name, value)
    if isinstance(value, list):
        return [_plain(name, one) for one in value if one is not None]
    if isinstance(value, RowColumns):
        for inner in _WITH_DOMAIN & value.columns.keys():
            value = value.changed(inner, partial(_lower_domain_or_none, inner))
        return value
    if isinstance(value, Dto):
        values: Values = value.__dict__
        for inner in _WITH_DOMAIN & values.keys():
            if values[inner] is not None:
                values[inner] = _lower_domain(inner, values[inner])
        return values
    return value


def _lower_domain_or_none(name: str, value: str | None) -> str | None:
    return None if value is None else _lower_domain(name, value)


def _lower_domain(name: str, value: str) -> str:
    if name in _DOMAINS:
        return value.lower()
    if name in ACCOUNTS:
        user, at, domain = value.rpartition("@")
        return user + at + domain.lower()
    return value
