"""Shell completion of logins, domains and profiles.

If the database does not answer, nothing is offered, and no error is shown.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from sippulse_ws.config import load_settings
from sippulse_ws.models import Administrator, Domain, Profile
from sippulse_ws.parts import make_database

_MOST = 100


def complete_domain(incomplete: str) -> list[str]:
    return _names(select(Domain.domain).order_by(Domain.domain), Domain.domain, incomplete)


def complete_profile(incomplete: str) -> list[str]:
    query = select(Profile.profile).distinct().order_by(Profile.profile)
    return _names(query, Profile.profile, incomplete)


def complete_login(incomplete: str) -> list[str]:
    query = select(Administrator.login).order_by(Administrator.login)
    return _names(query, Administrator.login, incomplete)


def _names(query: Select[Any], column: Any, incomplete: str) -> list[str]:
    try:
        database = make_database(load_settings())
        try:
            with database.reading() as db:
                some = query.where(column.startswith(incomplete, autoescape=True)).limit(_MOST)
                return list(db.execute(some).scalars())
        finally:
            database.close()
    except Exception:  # noqa: BLE001 - whatever the error, the shell must go on
        return []
