"""Runs operations: principal, right, transaction, errors, audit. One commit per request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from functools import partial
from time import monotonic, perf_counter
from types import GeneratorType
from typing import TYPE_CHECKING, Any

from sippulse_ws import metrics
from sippulse_ws.db import Database, Session
from sippulse_ws.db.connections.clock import CLOCK
from sippulse_ws.db.connections.deadlines import Deadline
from sippulse_ws.db.connections.failures import (
    is_cut_off,
    is_full,
    is_lock_timeout,
    is_unavailable,
    is_undone,
)
from sippulse_ws.db.statements import Listing
from sippulse_ws.domain import audit, login_delays, reload_queue, subscribers
from sippulse_ws.domain.administrators import replace_hash
from sippulse_ws.domain.authentication import Authenticator, Guess
from sippulse_ws.domain.errors import (
    DatabaseFull,
    DatabaseUnavailable,
    DomainError,
    InternalError,
    LoginFailed,
    MissingField,
    OutcomeUnknown,
)
from sippulse_ws.domain.idempotency import KeyedRequest, Outcome
from sippulse_ws.domain.load_errors import Busy, DeadlineExceeded, DeadlineWhileActing
from sippulse_ws.domain.password_keys import KeyWatch
from sippulse_ws.domain.proxies import Proxies
from sippulse_ws.domain.repeat_errors import IdempotencyKeyInUse
from sippulse_ws.domain.request_errors import PreconditionUnsupported
from sippulse_ws.lanes import PROXIES, Detour, place_of, writing_for
from sippulse_ws.observability.outages import Outage
from sippulse_ws.services.call import Admitted, Call, Request
from sippulse_ws.services.dry_runs import DryRunOver, is_dry_run
from sippulse_ws.services.idempotency import keyed_request
from sippulse_ws.services.logins import FailedLogins
from sippulse_ws.services.operation import Operation, add_telephones
from sippulse_ws.services.outcomes import is_final, outcome_of
from sippulse_ws.services.preconditions import check_tag, key_of, wanted_tags
from sippulse_ws.services.repeating import CLUSTER_PATIENCE, repeating
from sippulse_ws.services.subjects import account_of, domain_among, login_of, object_of
from sippulse_ws.wire.context import Context
from sippulse_ws.wire.faults import WSException

if TYPE_CHECKING:
    from sippulse_ws.config import Settings

log = logging.getLogger(__name__)

_STREAMS = (GeneratorType, Listing)  # of rows that are still in the database

# Seconds for a row about a login or a refusal, besides those of the operation.
BESIDE_SECONDS = 5.0
# For which a write that waits for other writers need not be authorized again.
ADMITTED_SECONDS = 1.0


class Runner:
    """The state of an endpoint: everything an operation needs, made once per process."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        keys: KeyWatch,
        proxies: Proxies = (),
        outage: Outage | None = None,
    ) -> None:
        self.database = database
        self.outage = outage or Outage()
        self.settings = settings
        self.keys = keys
        self.proxies = proxies
        self._patience = CLUSTER_PATIENCE if database.is_cluster else 0
        self.authenticator = Authenticator()
        self.failed_logins = FailedLogins(self._beside, self.authenticator.gate)

    def run(self, operation: Operation, context: Context, arguments: tuple[Any, ...]) -> Any:
        *plain, principal = arguments if not operation.right.customer else (*arguments, None)
        values = operation.values(tuple(plain))
        if context.telephones:
            add_telephones(values, context.telephones)
        request = Request(operation, context, values, principal, place_of(context.environ))
        if request.place is not None and operation.tells_proxies and self.proxies:
            request.place.move(PROXIES)
        started: float | None = perf_counter()
        context.login = login_of(operation, values, principal)
        context.domain = domain_among(values)
        CLOCK.seconds = 0.0
        try:
            request.dry_run = is_dry_run(operation, context)
            if not request.dry_run:  # a dry run does not use up an idempotency key
                hours = self.settings.idempotency_hours
                request.keyed = keyed_request(operation, context, values, hours)
            result = self._run(request)
            self.outage.back()
            return result
        except Detour:
            started = None  # it will be run again, so there is nothing to measure yet
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets a fault
            refusal = self._refusal(error, request)
            if isinstance(error, Guess):
                self.failed_logins.note(error, context, object_of(values), request.place)
            ended = self._record_refusal(request, refusal)
            if ended.refusal is None:
                return ended.result
            context.failed_index = ended.failed_index
            context.outcome, context.fault = outcome_of(ended.refusal), ended.refusal.code
            context.refusal = ended.refusal
            raise WSException(ended.refusal.message(self.settings.language)) from None
        finally:
            context.database_seconds = CLOCK.seconds
            if started is not None:
                seconds = perf_counter() - started
                metrics.observe(context.service, context.operation, context.outcome, seconds)

    def _run(self, request: Request) -> Any:
        finished: list[bool] = []  # filled when only the commit is left: then nothing is repeated

        def attempt() -> Any:
            finished.clear()
            if not request.operation.writes:
                return self._read(request)
            try:
                return self._write(request, finished)
            except DryRunOver as over:
                request.context.outcome = audit.DRY_RUN
                self._beside(lambda db: request.audit(db, audit.DRY_RUN))
                return over.call, over.result

        place = request.place
        end = place.end if place is not None else None
        with Deadline(self.settings.operation_seconds, end) as deadline:
            try:
                waits = request.waits_for_its_key
                call, result = repeating(attempt, waits, finished, self._patience)
            except Exception as error:
                if finished and is_unavailable(error) and not is_undone(error):
                    self.outage.lost(error)
                    raise OutcomeUnknown(request_id=request.context.request_id) from None
                if is_cut_off(error) or (deadline.is_over and is_unavailable(error)):
                    raise self._deadline_exceeded(request) from None
                raise
        if call.cleared_failures:
            self._clear_failures(call)
        if isinstance(result, Outcome):
            if result.refusal is not None:
                request.context.failed_index = result.failed_index
                raise result.refusal
            return result.result
        return result

    def _deadline_exceeded(self, request: Request) -> DomainError:
        told = {"seconds": self.settings.operation_seconds}
        if request.operation.tells_proxies and self.proxies:
            return DeadlineWhileActing(**told)
        return DeadlineExceeded(**told)

    def _read(self, request: Request) -> tuple[Call, Any]:
        with self.database.reading() as db:
            call = self.authorize(db, request)
            if request.operation.acts:
                return call, self._act(call, request)
            result = request.operation.function(call, **request.values)
            if isinstance(result, _STREAMS):
                with closing(result):  # so that the connection does not stay busy with other rows
                    result = request.context.write(result)
            elif request.operation.tag is not None:
                request.context.etag = request.operation.tag(result)
        if request.operation.secret:
            self._beside(lambda db: request.audit(db, audit.DONE))
        return call, result

    def _act(self, call: Call, request: Request) -> Any:
        """Run an operation that acts on SIP proxies, between two short transactions."""
        keyed = request.keyed
        if wanted_tags(request.context):
            raise PreconditionUnsupported
        if keyed is not None and not keyed.claimed and (first := self._claim(keyed, request)):
            return first
        result = request.operation.function(call, **request.values)

        def store(db: Session) -> None:
            request.audit(db, audit.DONE)
            if keyed is not None:
                keyed.finish(db, result)

        self._beside(store)
        return result

    def _claim(self, keyed: KeyedRequest, request: Request) -> Outcome | None:
        """Claim the key in a transaction of its own; the outcome, if there is one already."""
        try:
            with self.database.writing() as db:
                first = keyed.begin(db)
                if first is not None:
                    request.audit(db, audit.REPEATED, first.code)
                return first
        except BaseException:
            keyed.claimed = False  # at the commit another node of the cluster was first
            raise

    def _write(self, request: Request, finished: list[bool]) -> tuple[Call, Any]:
        operation, keyed = request.operation, request.keyed
        call, place = self._admit(request), request.place
        with writing_for(place, account_of(request.values)), self.database.writing() as db:
            if place is not None:
                place.admitted = None  # another attempt asks again
            call.db = db
            if keyed is not None and (first := keyed.begin(db)) is not None:
                request.audit(db, audit.REPEATED, first.code)
                return call, first
            self._check_unchanged(db, request)
            request.audit(db, audit.DONE)
            result = operation.function(call, **request.values)
            if operation.reloads and self.settings.auto_reload:
                names = [proxy.name for proxy in self.proxies]
                reload_queue.request(db, names, operation.reloads)
            if keyed is not None:
                keyed.finish(db, result)
            db.send_queued()
            if request.dry_run:
                raise DryRunOver(call, result)
            finished.append(True)
        return call, result

    def _admit(self, request: Request) -> Call:
        """Authorize a write, unless it was a moment ago, before it had to wait for others."""
        place, context = request.place, request.context
        kept: Admitted | None = None if place is None else place.admitted
        if kept is not None and monotonic() < kept.end:
            context.domain = kept.domain
            return kept.call
        with self.database.reading() as db:
            call = self.authorize(db, request)
        if place is not None:
            place.admitted = Admitted(call, context.domain, monotonic() + ADMITTED_SECONDS)
        return call

    def _check_unchanged(self, db: Session, request: Request) -> None:
        """With If-Match, refuse to change an object that is not as the client has read it."""
        if not (wanted := wanted_tags(request.context)):
            return
        retrieve = request.operation.guard
        if retrieve is None or retrieve.tag is None:
            raise PreconditionUnsupported
        key = key_of(request.values)
        subscribers.lock_subscriber(db, **key)
        current = Request(retrieve, request.context, key, request.principal)
        call = self.authorize(db, current)
        check_tag(wanted, retrieve.tag(retrieve.function(call, **key)))

    def authorize(self, db: Session, request: Request) -> Call:
        """Authenticate and check the right, before anything else is read or said."""
        operation, values, principal = request.operation, request.values, request.principal
        context, address = request.context, request.context.address
        call = Call(db, self.settings, self.keys, address, context.login, self.apart, self.proxies)
        if (right := operation.right).customer:
            return call
        domains = right.domains(values) if right.domains else []
        context.domain = next(iter(domains), None) or context.domain
        admission = self.authenticator.authenticate(
            db,
            principal.login if principal is not None else None,
            principal.password if principal is not None else None,
            address,
            domains[0] if domains else None,
            operation.reads,
            operation.reads.ask(values),
            request.place.park if request.place is not None else None,
        )
        if admission.rehashed is not None:
            self._beside(partial(replace_hash, hashes=admission.rehashed))
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

    def apart(self, store: Callable[[Session], None]) -> None:
        """Run a short transaction of its own, within a few seconds."""

        def attempt() -> None:
            with self.database.writing() as db:
                store(db)

        with Deadline(BESIDE_SECONDS):
            repeating(attempt, patience=self._patience)

    def _beside(self, store: Callable[[Session], None]) -> None:
        """Run a short transaction of its own; its failure never changes the operation's outcome."""
        try:
            self.apart(store)
        except Exception as error:
            if is_unavailable(error):
                self.outage.lost(error)
            else:
                log.exception("a row about a login or a refusal could not be written")

    def _refusal(self, error: Exception, request: Request) -> DomainError:
        if isinstance(error, DomainError):
            return error
        if request.keyed is not None and not request.keyed.claimed and is_lock_timeout(error):
            return IdempotencyKeyInUse()
        told = {"request_id": request.context.request_id}
        if is_full(error):
            log.error("the database is full", extra=told)
            return DatabaseFull(**told)
        if is_unavailable(error):  # `outage` logs it; a line per request would hide others
            self.outage.lost(error)
            return DatabaseUnavailable(**told)
        log.error("%s failed", request.context.operation, exc_info=error, extra=told)
        return InternalError(**told)

    def _record_refusal(self, request: Request, refusal: DomainError) -> Outcome:
        """Record a refusal in the audit trail, and as the outcome of the key it came with.

        The outcome is that of a request with the same key that was first.
        """
        keyed, firsts = request.keyed, list[Outcome | None]()
        own = Outcome(refusal, failed_index=request.context.failed_index)
        if not request.changes or (keyed and keyed.repeated) or isinstance(refusal, Busy):
            return own
        failed_login = isinstance(refusal, LoginFailed)  # recorded by FailedLogins
        if failed_login and (keyed is None or not keyed.claimed):
            return own
        outcome = audit.DRY_RUN if request.dry_run else outcome_of(refusal)

        def store(db: Session) -> None:
            if not failed_login:
                request.audit(db, outcome, refusal.code)
            if keyed is None or not keyed.claimed:
                return
            if is_final(refusal):
                firsts.append(keyed.finish_refused(db, refusal, own.failed_index))
            else:
                keyed.give_back(db)

        self._beside(store)
        return (firsts[-1] if firsts else None) or own
