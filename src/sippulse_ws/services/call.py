"""A request on its way to an operation's function, and what the function works with."""

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
    """What an operation's function works with besides its parameters."""

    db: Session
    settings: Settings
    keys: KeyWatch
    address: str
    login: str  # of the administrator, or the customer's account
    beside: Beside
    proxies: Proxies = ()
    scope: Scope = NOBODY
    found: list[Any] = field(default_factory=list)  # rows of the operation's `reads`
    # (realm, login) that was right after failures, which are deleted after the operation
    cleared_failures: list[tuple[str, str]] = field(default_factory=list)

    @property
    def vault(self) -> Vault:
        """Encrypts and decrypts passwords; KeyMissing if its key is not the database's."""
        return self.keys.checked(self.db)

    @property
    def reloads(self) -> SharedReloads:
        """Reloads of SIP proxies, shared with others who ask for the same one at the same time."""
        return SharedReloads(self.db, self.beside)


class Admitted(NamedTuple):
    """A call that was authorized, until a time.monotonic()."""

    call: Call
    domain: str  # of the operation's line
    end: float


@dataclass(slots=True)
class Request:
    """One request on its way to an operation's function and back."""

    operation: Operation
    context: Context
    values: Values
    principal: Any
    place: Place | None = None
    keyed: KeyedRequest | None = None
    dry_run: bool = False

    @property
    def changes(self) -> bool:
        return self.operation.writes or self.operation.acts or self.operation.secret

    def waits_for_its_key(self) -> bool:
        """Whether another request that is still running holds the same idempotency key."""
        return self.keyed is not None and not self.keyed.claimed

    def audit(self, db: Session, outcome: str, error: str | None = None) -> None:
        """Write the request's row of the audit trail."""
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
