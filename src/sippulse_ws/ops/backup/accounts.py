"""Accounts and views of integrators and SIP proxies: listed in a backup, created by a restore.

The restoring account is the definer of the views. Passwords are restored as the server's hashes, if
the account that made the backup was allowed to read them.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.exc import DBAPIError

from sippulse_ws.db.statements import Session
from sippulse_ws.ops import integrators, proxy_views
from sippulse_ws.wording import Wording

_grantee = re.compile(r"'((?:[^']|'')*)'@'((?:[^']|'')*)'")
_create_user = re.compile(r"CREATE USER\s+(?:IF NOT EXISTS\s+)?\S+\s*", re.IGNORECASE)


def find_accounts(db: Session) -> dict[str, Any]:
    """Integrators and proxies, with the server's hashes of their passwords."""
    found: list[dict[str, Any]] = [
        {"login": login, "host": host, "schema": schema, "domains": domains}
        for login, host, schema, domains in integrators.list_integrators(db)
    ]
    for one in found:
        one["password"] = _password(db, str(one["login"]), str(one["host"]))
    return {"integrators": found, "proxies": _find_proxies(db)}


_INTEGRATOR = Wording("o integrador {login} lê {schema}", "integrator {login} reads {schema}")
_PROXY = Wording("a conta de proxy {user} lê {schema}", "proxy account {user} reads {schema}")
_SET_PASSWORD = Wording(
    "{what}: defina a senha, o backup não pôde lê-la",
    "{what}: set its password, the backup could not read it",
)


def restore_accounts(db: Session, base: str, told: dict[str, Any]) -> list[Wording]:
    """Create them; returns sentences about what is left to do by hand."""
    left = []
    for one in told["integrators"]:
        schema = integrators.restore_integrator(
            db, base, one["login"], one["host"], one["domains"], one["schema"] != ""
        )
        left += _set_password(db, one, _INTEGRATOR.fill(login=one["login"], schema=schema))
    for one in told["proxies"]:
        schema = f"{base}{one['suffix']}"
        proxy_views.create(db, one["kind"], base, schema)
        for account in one["accounts"]:
            user = proxy_views.Account(account["login"], account["host"])
            proxy_views.grant(db, one["kind"], schema, user, None)
            left += _set_password(db, account, _PROXY.fill(user=user, schema=schema))
    return left


def _find_proxies(db: Session) -> list[dict[str, Any]]:
    base = db.database_name
    query = (
        "SELECT table_schema, GROUP_CONCAT(table_name), "
        "SUM(table_name = 'location' AND table_type = 'BASE TABLE') "
        "FROM information_schema.tables WHERE table_schema LIKE %s GROUP BY table_schema"
    )
    found = []
    for schema, names, own_location in db.exec_driver_sql(query, (f"{_escaped(base)}\\_%",)).all():
        kind = "opensips" if own_location else "kamailio"
        wanted = {"version", *proxy_views.SCHEMAS[kind].views}
        if wanted <= set(str(names).split(",")):
            suffix = str(schema).removeprefix(base)
            found.append({"kind": kind, "suffix": suffix, "accounts": _readers(db, str(schema))})
    return found


def _readers(db: Session, schema: str) -> list[dict[str, Any]]:
    """Accounts that were granted the proxy's version table, which all of them read."""
    query = (
        "SELECT DISTINCT grantee FROM information_schema.table_privileges "
        "WHERE table_schema = %s AND table_name = 'version'"
    )
    accounts = []
    for (grantee,) in db.exec_driver_sql(query, (schema,)).all():
        if found := _grantee.fullmatch(str(grantee)):
            login, host = (one.replace("''", "'") for one in found.groups())
            told = {"login": login, "host": host, "password": _password(db, login, host)}
            accounts.append(told)
    return accounts


def _password(db: Session, login: str, host: str) -> str | None:
    """SHOW CREATE USER's text after the name: IDENTIFIED ...; None if we may not read it."""
    try:
        row = db.exec_driver_sql("SHOW CREATE USER %s@%s", (login, host)).first()
    except DBAPIError:
        return None
    return _create_user.sub("", str(row[0]), count=1) if row else None


def _set_password(db: Session, one: dict[str, Any], what: Wording) -> list[Wording]:
    if not one["password"]:
        return [_SET_PASSWORD.fill(what=what)]
    account = proxy_views.Account(one["login"], one["host"])
    db.exec_driver_sql(f"ALTER USER {account} {one['password']}".replace("%", "%%"))
    return []


def _escaped(name: str) -> str:
    """For LIKE."""
    return re.sub(r"([_%\\])", r"\\\1", name)
