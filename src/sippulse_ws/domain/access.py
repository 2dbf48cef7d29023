"""Who may do what: administrators and their grants.

The principal costs one statement, whatever the operation: administrator, grant on the domain and
pending delay come together. Argon2 is paid once per login and process; later calls compare a keyed
digest that includes the stored hash, so that a changed password counts at once.
"""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    literal_column,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute

from sippulse_ws.domain import login_delays
from sippulse_ws.domain.errors import AccessDenied, LoginFailed, NotSuperuser
from sippulse_ws.models import Administrator, AdministratorDomain, LoginFailure

REMEMBERED = 4096
LOGIN_LENGTH = 128


@dataclass(frozen=True, slots=True)
class Scope:
    """What an administrator may touch. "Every domain" is said by `superuser`, never by absence."""

    administrator_id: int
    login: str
    superuser: bool
    granted: str | None = None  # the domain whose grant came with the principal

    def allows(self, db: Connection, domain: str | None) -> bool:
        if self.superuser:
            return True
        if domain is None or domain == self.granted:
            return domain is not None
        grant = select(AdministratorDomain.domain).where(
            AdministratorDomain.administrator_id == self.administrator_id,
            AdministratorDomain.domain == domain,
        )
        return db.execute(grant).first() is not None

    def require(self, db: Connection, domain: str) -> None:
        if not self.allows(db, domain):
            raise AccessDenied(domain=domain)

    def require_superuser(self) -> None:
        if not self.superuser:
            raise NotSuperuser

    def covers(self, column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        """The condition that a row's domain is granted."""
        if self.superuser:
            return true()
        return column.in_(
            select(AdministratorDomain.domain).where(
                AdministratorDomain.administrator_id == self.administrator_id
            )
        )


# Of one who comes without a principal.
NOBODY = Scope(administrator_id=0, login="", superuser=False)
# The command line's: whoever runs it has the database anyway.
EVERYTHING = Scope(administrator_id=0, login="", superuser=True)

# One row comes back even for an unknown login, so that its delay is known as well and an unknown
# login takes as long as a known one.
_nobody = select(literal_column("1").label("one")).subquery()
PRINCIPAL = (
    select(
        Administrator.id,
        Administrator.password_hash,
        Administrator.active,
        Administrator.superuser,
        AdministratorDomain.domain.label("granted"),
        LoginFailure.blocked_until,
    )
    .select_from(_nobody)
    .outerjoin(Administrator, Administrator.login == bindparam("who_login"))
    .outerjoin(
        AdministratorDomain,
        and_(
            AdministratorDomain.administrator_id == Administrator.id,
            AdministratorDomain.domain == bindparam("granted_domain"),
        ),
    )
    .outerjoin(LoginFailure, login_delays.pending(login_delays.ADMINISTRATOR))
)


class Guess(LoginFailed):
    """A wrong password, to be counted; on the wire it is a failed login like any other."""

    def __init__(self, realm: str, login: str) -> None:
        super().__init__()
        self.realm = realm
        self.login = login


class Authenticator:
    """Checks principals; remembers in memory which passwords were right."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._dummy = self._hasher.hash(os.urandom(16).hex())
        self._secret = os.urandom(32)
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._lock = Lock()

    def authenticate(
        self,
        db: Connection,
        login: str | None,
        password: str | None,
        address: str,
        domain: str | None,
    ) -> tuple[Scope, bool]:
        """The scope, and whether failures of this login are on record (to be forgotten)."""
        if not login or password is None or len(login) > LOGIN_LENGTH:
            raise LoginFailed
        who = {"who_login": login, "who_address": address, "granted_domain": domain}
        row = db.execute(PRINCIPAL, who).one()
        if login_delays.is_delayed(row.blocked_until):
            raise LoginFailed
        if not self.is_right(row.password_hash or self._dummy, password) or row.id is None:
            raise Guess(login_delays.ADMINISTRATOR, login)
        if not row.active:
            raise LoginFailed
        scope = Scope(row.id, login, bool(row.superuser), row.granted)
        return scope, row.blocked_until is not None

    def is_right(self, password_hash: str, password: str) -> bool:
        secret = password.encode(errors="surrogatepass")
        mark = hashlib.blake2b(password_hash.encode() + b"\0" + secret, key=self._secret).digest()
        if mark in self._right:
            return True
        try:
            self._hasher.verify(password_hash, secret)
        except (VerificationError, InvalidHashError):
            return False
        with self._lock:
            self._right[mark] = None
            if len(self._right) > REMEMBERED:
                self._right.popitem(last=False)
        return True

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)
