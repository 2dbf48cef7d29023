"""Runs operations: authenticates, authorizes, opens the transaction, audits, maps errors."""

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
from sippulse_ws.services.call import AuthorizedCall, Call, Request
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

_STREAMS = (GeneratorType, Listing)  # results whose rows are still in the database

# Seconds for a transaction beside the operation's own, such as an audit row of a refusal.
OWN_TRANSACTION_SECONDS = 5.0
# Seconds for which an authorized write may wait for other writers without a new check.
AUTHORIZED_SECONDS = 1.0


class Runner:
    """Runs the operations of all endpoints; made once, before the workers are forked."""

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
        self.failed_logins = FailedLogins(self._own_transaction_logged, self.authenticator.gate)

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
            started = None  # it will be run again, and is measured then
            raise
        except Exception as error:  # noqa: BLE001 - the client gets a fault for every error
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
        finished: list[bool] = []  # not empty while only the commit is left, see `repeating`

        def attempt() -> Any:
            finished.clear()
            if not request.operation.writes:
                return self._read(request)
            try:
                return self._write(request, finished)
            except DryRunOver as over:
                request.context.outcome = audit.DRY_RUN
                self._own_transaction_logged(lambda db: request.audit(db, audit.DRY_RUN))
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
        values = {"seconds": self.settings.operation_seconds}
        if request.operation.tells_proxies and self.proxies:
            return DeadlineWhileActing(**values)
        return DeadlineExceeded(**values)

    def _read(self, request: Request) -> tuple[Call, Any]:
        with self.database.reading() as db:
            call = self.authorize(db, request)
            if request.operation.acts:
                return call, self._act(call, request)
            result = request.operation.function(call, **request.values)
            if isinstance(result, _STREAMS):
                with closing(result):  # frees the connection even if not all rows were read
                    result = request.context.write(result)
            elif request.operation.tag is not None:
                request.context.etag = request.operation.tag(result)
        if request.operation.secret:
            self._own_transaction_logged(lambda db: request.audit(db, audit.DONE))
        return call, result

    def _act(self, call: Call, request: Request) -> Any:
        """Run an operation that acts on SIP proxies; key and audit row have short transactions."""
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

        self._own_transaction_logged(store)
        return result

    def _claim(self, keyed: KeyedRequest, request: Request) -> Outcome | None:
        """Claim the key in its own transaction; returns an earlier request's outcome, if any."""
        try:
            with self.database.writing() as db:
                first = keyed.begin(db)
                if first is not None:
                    request.audit(db, audit.REPEATED, first.code)
                return first
        except BaseException:
            keyed.claimed = False  # perhaps another node of the cluster committed first
            raise

    def _write(self, request: Request, finished: list[bool]) -> tuple[Call, Any]:
        operation, keyed = request.operation, request.keyed
        call, place = self._authorize_write(request), request.place
        with writing_for(place, account_of(request.values)), self.database.writing() as db:
            if place is not None:
                place.authorized = None  # a retry authorizes again
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

    def _authorize_write(self, request: Request) -> Call:
        """Authorize a write, unless that was done just before it had to wait for other writers."""
        place, context = request.place, request.context
        earlier: AuthorizedCall | None = None if place is None else place.authorized
        if earlier is not None and monotonic() < earlier.end:
            context.domain = earlier.domain
            return earlier.call
        with self.database.reading() as db:
            call = self.authorize(db, request)
        if place is not None:
            place.authorized = AuthorizedCall(
                call, context.domain, monotonic() + AUTHORIZED_SECONDS
            )
        return call

    def _check_unchanged(self, db: Session, request: Request) -> None:
        """PreconditionFailed if the object's current ETag is not one of those in If-Match."""
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
        """Authenticate and check the right; no fault before that tells anything about the data."""
        operation, values, principal = request.operation, request.values, request.principal
        context, address = request.context, request.context.address
        call = Call(
            db, self.settings, self.keys, address, context.login, self.own_transaction, self.proxies
        )
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
            self._own_transaction_logged(partial(replace_hash, hashes=admission.rehashed))
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
            self._own_transaction_logged(partial(forget, address=call.address))

    def own_transaction(self, store: Callable[[Session], None]) -> None:
        """Run `store` in a transaction of its own, within OWN_TRANSACTION_SECONDS."""

        def attempt() -> None:
            with self.database.writing() as db:
                store(db)

        with Deadline(OWN_TRANSACTION_SECONDS):
            repeating(attempt, patience=self._patience)

    def _own_transaction_logged(self, store: Callable[[Session], None]) -> None:
        """Like `own_transaction`, but an error is only logged, and no failure of the operation."""
        try:
            self.own_transaction(store)
        except Exception as error:
            if is_unavailable(error):
                self.outage.lost(error)
            else:
                log.exception("a transaction beside the operation failed")

    def _refusal(self, error: Exception, request: Request) -> DomainError:
        if isinstance(error, DomainError):
            return error
        if request.keyed is not None and not request.keyed.claimed and is_lock_timeout(error):
            return IdempotencyKeyInUse()
        values = {"request_id": request.context.request_id}
        if is_full(error):
            log.error("the database is full", extra=values)
            return DatabaseFull(**values)
        if is_unavailable(error):  # `outage` logs it, once for many requests
            self.outage.lost(error)
            return DatabaseUnavailable(**values)
        log.error("%s failed", request.context.operation, exc_info=error, extra=values)
        return InternalError(**values)

    def _record_refusal(self, request: Request, refusal: DomainError) -> Outcome:
        """Record a refusal in the audit trail, and as the outcome of its idempotency key.

        Returns the outcome to answer: this refusal, or the outcome of a concurrent request with
        the same key that was stored first.
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

        self._own_transaction_logged(store)
        return (firsts[-1] if firsts else None) or own
