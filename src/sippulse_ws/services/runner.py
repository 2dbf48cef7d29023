"""Runs operations: principal, right, transaction, errors, audit. One commit per request."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache, partial
from time import perf_counter
from typing import Any, TypeVar

from sippulse_ws import metrics
from sippulse_ws.config import Settings
from sippulse_ws.db import Database, Session
from sippulse_ws.db.connections.clock import CLOCK
from sippulse_ws.db.connections.failures import is_repeatable, is_unavailable
from sippulse_ws.domain import audit, login_delays, reload_queue
from sippulse_ws.domain.access import NOBODY, Authenticator, Guess, Scope
from sippulse_ws.domain.errors import (
    DatabaseUnavailable,
    DomainError,
    InternalError,
    MissingField,
    OutcomeUnknown,
    ProxyFailed,
)
from sippulse_ws.domain.proxies import Proxies
from sippulse_ws.domain.vault import Vault
from sippulse_ws.observability.outages import Outage
from sippulse_ws.services.operation import Operation, Values
from sippulse_ws.wire.context import Context
from sippulse_ws.wire.faults import WSException

log = logging.getLogger(__name__)

Result = TypeVar("Result")

ATTEMPTS = 3
# What may name the object of a write in the audit trail, in this order; never a password.
AUDIT_KEYS = (
    "account_code",
    "account_manager",
    "account",
    "alias_username",
    "alias_domain",
    "username",
    "domain",
    "name",
    "reseller_name",
    "description",
    "prefix",
    "contact",
    "ip_address",
    "rate_id",
    "value",
)


@dataclass(slots=True)
class Call:
    """What an operation's function works with besides its parameters."""

    db: Session
    settings: Settings
    vault: Vault
    address: str
    login: str  # of the administrator, or the customer's account
    proxies: Proxies = ()
    scope: Scope = NOBODY
    found: list[Any] = field(default_factory=list)  # rows of the operation's `reads`
    # (realm, login) whose failures are over, forgotten after the operation
    cleared_failures: list[tuple[str, str]] = field(default_factory=list)


class Runner:
    """The state of an endpoint: everything an operation needs, made once per process."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        vault: Vault,
        proxies: Proxies = (),
        outage: Outage | None = None,
    ) -> None:
        self.database = database
        self.outage = outage or Outage()
        self.settings = settings
        self.vault = vault
        self.proxies = proxies
        self.authenticator = Authenticator()

    def run(self, operation: Operation, context: Context, arguments: tuple[Any, ...]) -> Any:
        *plain, principal = arguments if not operation.right.customer else (*arguments, None)
        values = operation.values(tuple(plain))
        started = perf_counter()
        context.login = _login_of(operation, values, principal)
        context.domain = _domain_among(values)
        CLOCK.seconds = 0.0
        try:
            result = self._run(operation, context, values, principal)
            self.outage.back()
            return result
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets a fault
            refusal = self._refusal(error, context)
            context.outcome, context.fault = _outcome(refusal), refusal.code
            if isinstance(error, Guess):
                self._count_guess(error, context)
            if operation.writes or operation.acts:
                self._audit_refusal(context, context.login, values, refusal)
            raise WSException(refusal.message(self.settings.language)) from None
        finally:
            context.database_seconds = CLOCK.seconds
            seconds = perf_counter() - started
            metrics.observe(context.service, context.operation, context.outcome, seconds)

    def _run(self, operation: Operation, context: Context, values: Values, principal: Any) -> Any:
        finished: list[bool] = []  # filled when only the commit is left: then nothing is repeated

        def attempt() -> Any:
            if operation.writes:
                return self._write(operation, context, values, principal, finished)
            return self._read(operation, context, values, principal)

        try:
            call, result = _repeating(attempt, unless=finished)
        except Exception as error:
            if finished and is_unavailable(error):
                self.outage.lost(error)
                raise OutcomeUnknown(request_id=context.request_id) from None
            raise
        if operation.acts:
            self._audit(context, call.login, values, audit.DONE)
        self._clear_failures(call)
        return result

    def _read(
        self, operation: Operation, context: Context, values: Values, principal: Any
    ) -> tuple[Call, Any]:
        with self.database.reading() as db:
            call = self._authorize(db, operation, context, values, principal)
            result = operation.function(call, **values)
            if isinstance(result, Generator):  # of rows that are still in the database
                with closing(result):  # or the connection would stay busy with what is left
                    result = context.write(result)
            return call, result

    def _write(
        self,
        operation: Operation,
        context: Context,
        values: Values,
        principal: Any,
        finished: list[bool],
    ) -> tuple[Call, Any]:
        with self.database.reading() as db:
            call = self._authorize(db, operation, context, values, principal)
        with self.database.writing() as db:
            call.db = db
            audit.record(
                db,
                login=call.login,
                address=context.address,
                operation=context.operation,
                object=_object_of(values),
                outcome=audit.DONE,
                error=None,
                request_id=context.request_id,
                client_request_id=context.client_request_id,
                traceparent=context.traceparent,
            )
            result = operation.function(call, **values)
            if operation.reloads and self.settings.auto_reload:
                names = [proxy.name for proxy in self.proxies]
                reload_queue.request(db, names, operation.reloads)
            db.send_queued()
            finished.append(True)
        return call, result

    def _authorize(
        self,
        db: Session,
        operation: Operation,
        context: Context,
        values: Values,
        principal: Any,
    ) -> Call:
        """Authenticate and check the right, before anything else is read or said."""
        call = Call(db, self.settings, self.vault, context.address, "", self.proxies)
        right = operation.right
        call.login = context.login
        if right.customer:
            return call
        domains = right.domains(values) if right.domains else []
        context.domain = next(iter(domains), None) or context.domain
        admission = self.authenticator.authenticate(
            db,
            principal.login if principal is not None else None,
            principal.password if principal is not None else None,
            context.address,
            domains[0] if domains else None,
            operation.reads,
            operation.reads.ask(values),
        )
        call.scope, call.found = admission.scope, admission.rows
        if admission.had_failures:
            call.cleared_failures.append((login_delays.ADMINISTRATOR, call.login))
        operation.check_objects(values)
        for domain in domains:
            if not domain:
                raise MissingField(field=right.reported_as)
            call.scope.require(db, domain)
        return call

    def _clear_failures(self, call: Call) -> None:
        for realm, login in call.cleared_failures:
            forget = partial(login_delays.forget_failures, realm=realm, login=login)
            self._beside(partial(forget, address=call.address))

    def _count_guess(self, guess: Guess, context: Context) -> None:
        self._beside(
            lambda db: login_delays.record_failure(db, guess.realm, guess.login, context.address)
        )

    def _beside(self, store: Callable[[Session], None]) -> None:
        """A small transaction beside the operation's own, whose outcome it never changes."""

        def attempt() -> None:
            with self.database.writing() as db:
                store(db)

        try:
            _repeating(attempt)
        except Exception as error:
            if is_unavailable(error):
                self.outage.lost(error)
            else:
                log.exception("a row about a login or a refusal could not be written")

    def _refusal(self, error: Exception, context: Context) -> DomainError:
        if isinstance(error, DomainError):
            return error
        if is_unavailable(error):  # a line a request would only hide the others
            self.outage.lost(error)
            return DatabaseUnavailable(request_id=context.request_id)
        told = {"request_id": context.request_id}
        log.error("%s failed", context.operation, exc_info=error, extra=told)
        return InternalError(request_id=context.request_id)

    def _audit_refusal(
        self, context: Context, login: str, values: Values, refusal: DomainError
    ) -> None:
        self._audit(context, login, values, _outcome(refusal), refusal.code)

    def _audit(
        self, context: Context, login: str, values: Values, outcome: str, error: str | None = None
    ) -> None:
        self._beside(
            lambda db: audit.record(
                db,
                login=login,
                address=context.address,
                operation=context.operation,
                object=_object_of(values),
                outcome=outcome,
                error=error,
                request_id=context.request_id,
                client_request_id=context.client_request_id,
                traceparent=context.traceparent,
            )
        )


def _outcome(refusal: DomainError) -> str:
    troubles = InternalError | DatabaseUnavailable | OutcomeUnknown | ProxyFailed
    failed = isinstance(refusal, troubles)
    return audit.FAILED if failed else audit.REFUSED


def _repeating(attempt: Callable[[], Result], unless: list[bool] | None = None) -> Result:
    """Again after a deadlock or on a connection that had died, unless something may be done."""
    for number in range(1, ATTEMPTS + 1):
        try:
            return attempt()
        except DomainError:
            raise
        except Exception as error:
            if number == ATTEMPTS or unless or not is_repeatable(error):
                raise
    raise AssertionError("unreachable")


def _login_of(operation: Operation, values: Values, principal: Any) -> str:
    """Who says to be calling: the administrator's login, or the customer's account."""
    if operation.right.customer:
        return f"{values.get('username') or ''}@{values.get('domain') or ''}"
    return (principal.login if principal is not None else None) or ""


def _domain_among(values: Mapping[str, Any]) -> str:
    """Of an operation whose right the stored object tells."""
    found = values.get("domain")
    return found if isinstance(found, str) else ""


def _object_of(values: Mapping[str, Any]) -> str:
    """What the request is about, for the audit trail: `username=1000 domain=example.com`."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= value
        elif isinstance(value, list):
            flat[name] = (
                f"{len(value)} rows" if name not in AUDIT_KEYS else ",".join(map(str, value))
            )
        else:
            flat[name] = value
    told = _audited_of(tuple(flat))
    return " ".join([f"{name}={flat[name]}" for name in told if flat[name] not in (None, "")])


@lru_cache
def _audited_of(names: tuple[str, ...]) -> list[str]:
    """Those of an operation's fields that tell its object."""
    ids = [name for name in names if name == "id" or name.endswith("_id")]
    return list(dict.fromkeys([name for name in AUDIT_KEYS if name in names] + ids))
