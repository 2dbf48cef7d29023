"""What `Runner` knows of a request (`Request`), and what an operation's function gets (`Call`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from sippulse_ws.db import Session
from sippulse_ws.domain import audit
from sippulse_ws.domain.access import NOBODY, Scope
from sippulse_ws.domain.idempotency import KeyedRequest
from sippulse_ws.domain.password_keys import KeyWatch
from sippulse_ws.domain.proxies import Proxies
from sippulse_ws.domain.reload_turns import Beside, SharedReloads
from sippulse_ws.domain.vault import Vault
from sippulse_ws.lanes import Place
from sippulse_ws.services.operation import Operation, Values
from sippulse_ws.services.subjects import object_of
from sippulse_ws.wire.context import Context

if TYPE_CHECKING:
    from sippulse_ws.config import Settings


@dataclass(slots=True)
class Call:
    """The first argument of an operation's function: session, rights, settings."""

    db: Session
    settings: Settings
    keys: KeyWatch
    address: str  # the client's IP address
    login: str  # of the administrator, or the customer's account
    own_transaction: Beside  # runs a function in a short transaction of its own
    proxies: Proxies = ()
    scope: Scope = NOBODY
    found: list[Any] = field(default_factory=list)  # rows of the operation's `reads`
    # (realm, login) whose password was right: recorded failures are deleted after the operation
    cleared_failures: list[tuple[str, str]] = field(default_factory=list)

    @property
    def vault(self) -> Vault:
        """Encrypts and decrypts passwords; KeyMissing if we do not have the database's key."""
        return self.keys.checked(self.db)

    @property
    def reloads(self) -> SharedReloads:
        """Reloads of SIP proxies; concurrent requests for the same reload share one."""
        return SharedReloads(self.db, self.own_transaction)


class AuthorizedCall(NamedTuple):
    """A call that was authorized, and need not be again until `end`."""

    call: Call
    domain: str  # for the request's log line
    end: float  # time.monotonic()


@dataclass(slots=True)
class Request:
    """One call of an operation, with its parameters, for `Runner`."""

    operation: Operation
    context: Context
    values: Values
    principal: Any
    place: Place | None = None
    keyed: KeyedRequest | None = None
    dry_run: bool = False

    @property
    def changes(self) -> bool:
        """Whether it is audited."""
        return self.operation.writes or self.operation.acts or self.operation.secret

    def waits_for_its_key(self) -> bool:
        """Whether its idempotency key is not claimed yet: a lock time-out is then about the key."""
        return self.keyed is not None and not self.keyed.claimed

    def audit(self, db: Session, outcome: str, error: str | None = None) -> None:
        """Write the request's row into the audit trail; `error` is an error code."""
        context = self.context
        audit.record(
            db,
            login=context.login,
            address=context.address,
            operation=context.operation,
            object=object_of(self.values),
            outcome=outcome,
            error=error,
            request_id=context.request_id,
            client_request_id=context.client_request_id,
            traceparent=context.traceparent,
        )
