"""Who may do what: administrators and their grants.

The principal costs one statement, whatever the operation: administrator, grant on the domain and
pending delay come together. Argon2 is paid once per login and process; later calls compare a keyed
digest that includes the stored hash, so that a changed password counts at once.
"""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from types import MappingProxyType
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    literal_column,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute

from sippulse_ws.db.statements import Prepared, Session
from sippulse_ws.domain import login_delays
from sippulse_ws.domain.errors import AccessDenied, LoginFailed
from sippulse_ws.models import Administrator, AdministratorDomain, LoginFailure

REMEMBERED = 4096
LOGIN_LENGTH = 128
KEY_LENGTH = 255  # characters; no column that is looked up has more
NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Scope:
    """What an administrator may touch. "Every domain" is said by `superuser`, never by absence."""

    administrator_id: int
    login: str
    superuser: bool
    granted: str | None = None  # the domain whose grant came with the principal

    def allows(self, db: Session, domain: str | None) -> bool:
        if self.superuser:
            return True
        if domain is None or domain == self.granted:
            return domain is not None
        grant = select(AdministratorDomain.domain).where(
            AdministratorDomain.administrator_id == self.administrator_id,
            AdministratorDomain.domain == domain,
        )
        return db.execute(grant).first() is not None

    def require(self, db: Session, domain: str) -> None:
        if not self.allows(db, domain):
            raise AccessDenied(domain=domain)

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
_granted = or_(Administrator.superuser == true(), AdministratorDomain.domain.is_not(None))


class Reading:
    """The statement that reads a principal, and in the same round trip what it asks about.

    The subject (columns of joined tables, the first one's presence telling whether it is there)
    comes only when the domain is granted. `parameters` names those of the operation that the
    statement needs; `ask` makes its parameters of them where names alone do not do.
    """

    def __init__(
        self,
        *subject: Any,
        joins: Sequence[tuple[Any, Any]] = (),
        order_by: Any = None,
        parameters: Sequence[str] = (),
        ask: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
        defaults: Mapping[str, Any] = NONE,
    ) -> None:
        self.ask = ask or (lambda values: {name: values[name] for name in parameters})
        statement = (
            select(
                Administrator.id.label("principal_id"),
                Administrator.password_hash.label("principal_hash"),
                Administrator.active.label("principal_active"),
                Administrator.superuser.label("principal_superuser"),
                AdministratorDomain.domain.label("principal_domain"),
                LoginFailure.blocked_until.label("principal_blocked_until"),
                (subject[0] if subject else null()).label("subject"),
                *subject,
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
        for number, (table, condition) in enumerate(joins):
            on = condition if number else and_(_granted, condition)
            statement = statement.outerjoin(table, on)
        self.prepared = Prepared(statement.order_by(order_by), defaults)


PRINCIPAL = Reading()


@dataclass(frozen=True, slots=True)
class Admission:
    """A verified principal: its scope, and what was read along with it."""

    scope: Scope
    had_failures: bool  # failures of this login are on record, and over
    rows: list[Any]  # of the subject; empty when it is not there


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
        db: Session,
        login: str | None,
        password: str | None,
        address: str,
        domain: str | None,
        reading: Reading = PRINCIPAL,
        parameters: Mapping[str, Any] = NONE,
    ) -> Admission:
        """LoginFailed for whoever is not an active administrator with this password."""
        if not login or password is None or len(login) > LOGIN_LENGTH:
            raise LoginFailed
        # What is longer than any key is not there, and must not fill the database's packets.
        asked = {
            name: None if type(value) is str and len(value) > KEY_LENGTH else value
            for name, value in (*parameters.items(), ("granted_domain", domain))
        }
        rows = reading.prepared.all(db, **asked, **login_delays.who(login, address))
        row = rows[0]
        if login_delays.is_delayed(row.principal_blocked_until):
            raise LoginFailed
        right = self.is_right(row.principal_hash or self._dummy, password)
        if not right or not row.principal_active:  # neither is active who is not there
            raise Guess(login_delays.ADMINISTRATOR, login)
        scope = Scope(row.principal_id, login, bool(row.principal_superuser), row.principal_domain)
        there = row.subject is not None
        return Admission(scope, row.principal_blocked_until is not None, rows if there else [])

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
