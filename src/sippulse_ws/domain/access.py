"""Who may do what: administrators and their grants.

One statement reads the principal, whatever the operation: administrator, grant for the domain and
pending delay. `domain/authentication.py` checks the password.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

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
from sippulse_ws.domain.errors import AccessDenied
from sippulse_ws.models import Administrator, AdministratorDomain, LoginFailure

NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Scope:
    """What an administrator may access: granted domains, or with `superuser` every domain."""

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
        """The SQL condition that the row's domain is granted."""
        if self.superuser:
            return true()
        return column.in_(
            select(AdministratorDomain.domain).where(
                AdministratorDomain.administrator_id == self.administrator_id
            )
        )


# For requests without a principal.
NOBODY = Scope(administrator_id=0, login="", superuser=False)
# For the command line, whose user has the database anyway.
EVERYTHING = Scope(administrator_id=0, login="", superuser=True)

# Makes the statement return a row even for an unknown login, so that its delay is known too, and it
# takes as long as a known one.
_nobody = select(literal_column("1").label("one")).subquery()
_granted = or_(Administrator.superuser == true(), AdministratorDomain.domain.is_not(None))


class Reading:
    """The statement that reads a principal, and in the same round trip what it asks about.

    The subject's columns (of joined tables; the first is NULL if it does not exist) are read only
    if the domain is granted. `parameters` names the operation's parameters that the statement
    needs; `ask` computes further ones of them.
    """

    def __init__(
        self,
        *subject: Any,
        joins: Sequence[tuple[Any, Any]] = (),
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
        self.prepared = Prepared(statement, defaults)


PRINCIPAL = Reading()
