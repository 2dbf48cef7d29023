"""Makes SIP proxies reload after a change, and checks that they did.

The proxies are arguments. A reload has succeeded when the rows that the proxy has loaded are those
of the database.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_network
from typing import Any, Protocol

from sqlalchemy import select

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.access import Scope
from sippulse_ws.domain.dial_expressions import loadable
from sippulse_ws.domain.errors import (
    DidNotFound,
    HuntGroupNotFound,
    MissingField,
    ProfileNotFound,
    ProxyFailed,
)
from sippulse_ws.domain.reload_turns import SharedReloads
from sippulse_ws.domain.subscribers import get_subscriber_id
from sippulse_ws.models import Did, HuntGroup, Profile, Subscriber
from sippulse_ws.models.proxy_views import (
    DOMAINS,
    KAMAILIO_ADDRESSES,
    PERMANENT_CONTACTS,
    PLAN_RULES,
)
from sippulse_ws.wording import Wording, reason_of

log = logging.getLogger(__name__)

# What proxies keep in memory until they are told to reload it.
TABLES = ("address", "domain", "dialplan")
# What they read live, but may interpret differently: epoch 0 in another time zone.
CONTACT = "contact"
# What a proxy's script may cache, and the fields of which its key may consist.
CACHED = {
    "subscriber": ("username", "domain", "account"),
    "profile": ("profile", "domain"),
    "did": ("number", "id"),
    "hunt_group": ("id", "domain"),
}
FIRST_PAUSE = 0.2  # seconds; doubled up to the longest
LONGEST_PAUSE = 2.0

_Rows = set[tuple[Any, ...]]


_ANOTHER_RELOAD = Wording(
    "outro reload de {table} não terminou a tempo", "another reload of {table} did not end in time"
)
_OUT_OF_STEP = Wording(
    "não carregou {table}: {missing} faltando, {extra} a mais",
    "did not load {table}: {missing} missing, {extra} too many",
)
_NO_CONTACT = Wording("não assumiu o contato", "did not take the contact")


class Proxy(Protocol):
    """A SIP proxy. Methods raise OSError with a Wording if they fail, and BlockingIOError if the
    proxy is busy with another reload."""

    @property
    def name(self) -> str: ...

    def ping(self) -> None: ...

    def reload(self, table: str) -> None:
        """Make the proxy reload one of TABLES."""

    def forget(self, kind: str, fields: Mapping[str, object]) -> None:
        """Remove an object from the script's cache, if there is one for this kind."""

    def addresses(self) -> _Rows:
        """Loaded addresses: group, IP, mask, port, tag."""

    def domains(self) -> _Rows: ...

    def rules(self, plans: Iterable[int]) -> _Rows | None:
        """Loaded rules of these dial plans; None if the proxy cannot tell."""

    def contacts(self, account: str) -> set[str]:
        """The contacts to which a call to the account goes."""

    def add_contact(self, account: str, contact: str) -> None:
        """Add a permanent contact."""

    def remove_contact(self, account: str, contact: str) -> None:
        """Remove a contact; no error if it does not exist."""


Proxies = Sequence[Proxy]


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows that the proxy lacks, and rows that only the proxy has."""

    missing: frozenset[tuple[Any, ...]]
    extra: frozenset[tuple[Any, ...]]

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra)


def difference(db: Session, proxy: Proxy, table: str) -> Difference:
    """How the proxy's loaded table differs from the database."""
    wanted: _Rows
    loaded: _Rows | None
    if table == "address":
        rows = db.execute(KAMAILIO_ADDRESSES).all()
        wanted = {_address(row.grp, row.ip_addr, row.mask, row.port, row.tag) for row in rows}
        loaded = {_address(*row) for row in proxy.addresses()}
    elif table == "domain":
        wanted = {(row.domain,) for row in db.execute(DOMAINS)}
        loaded = proxy.domains()
    elif table == CONTACT:
        wanted = set(db.execute(PERMANENT_CONTACTS).tuples())
        accounts = {account for account, _ in wanted}
        # what it has besides is registered by phones
        loaded = wanted & {(one, uri) for one in accounts for uri in proxy.contacts(one)}
    else:
        wanted = {_rule(row) for row in loadable(db, db.execute(PLAN_RULES).all())}
        loaded = proxy.rules(sorted({row[0] for row in wanted}))
    if loaded is None:
        return Difference(frozenset(), frozenset())
    return Difference(frozenset(wanted - loaded), frozenset(loaded - wanted))


def reload_tables(
    shared: SharedReloads, proxies: Proxies, tables: Sequence[str], patience: float
) -> None:
    """Make every proxy reload the tables, and check that it did. `patience` is in seconds.

    Concurrent requests for the same table share one reload, on all servers.
    """
    if not proxies:
        log.info("no SIP proxy is configured; nothing to reload: %s", ", ".join(tables))

    deadline = time.monotonic() + patience

    def reload(proxy: Proxy) -> None:
        for table in tables:
            work = partial(_reload, shared.db, proxy, table, deadline)
            try:
                shared.run(proxy.name, table, work, deadline)
            except TimeoutError:
                raise OSError(_ANOTHER_RELOAD.fill(table=table)) from None

    _on_all(proxies, reload)


def _reload(db: Session, proxy: Proxy, table: str, deadline: float) -> None:
    pause = FIRST_PAUSE
    while True:
        trouble: OSError
        try:
            proxy.reload(table)
            found = difference(db, proxy, table)
            if not found:
                return
            # no rows: they may be of domains that the administrator doesn't know
            log.warning("%s differs from the database: %s %s", proxy.name, table, found)
            trouble = _out_of_step(table, found)
        except BlockingIOError as busy:
            trouble = busy
        if time.monotonic() + pause > deadline:
            raise trouble
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _out_of_step(table: str, found: Difference) -> OSError:
    missing, extra = len(found.missing), len(found.extra)
    return OSError(_OUT_OF_STEP.fill(table=table, missing=missing, extra=extra))


def reload_subscriber(db: Session, proxies: Proxies, username: str | None, domain: str) -> None:
    get_subscriber_id(db, username, domain)
    fields = {"username": username, "domain": domain, "account": f"{username}@{domain}"}
    _forget(proxies, "subscriber", fields)


def reload_profile(
    shared: SharedReloads, proxies: Proxies, profile: str | None, domain: str, patience: float
) -> None:
    """Reload domains and dial plans, which no other operation reloads."""
    if not profile:
        raise MissingField(field="profile")
    known = (Profile.domain == domain) & (Profile.profile == profile)
    if shared.db.execute(select(Profile.id).where(known)).first() is None:
        raise ProfileNotFound(profile=profile)
    _forget(proxies, "profile", {"profile": profile, "domain": domain})
    reload_tables(shared, proxies, ("domain", "dialplan"), patience)


def reload_did(db: Session, proxies: Proxies, scope: Scope, did_id: int | None) -> None:
    if did_id is None:
        raise MissingField(field="didId")
    row = db.execute(
        select(Did.alias_username, Did.inventory_domain, Subscriber.domain)
        .outerjoin(Subscriber, Subscriber.id == Did.subscriber_id)
        .where(Did.id == did_id)
    ).first()
    if row is None or not scope.allows(db, row.domain or row.inventory_domain):
        raise DidNotFound(id=did_id)
    _forget(proxies, "did", {"number": row.alias_username, "id": did_id})


def reload_hunt_group(
    db: Session, proxies: Proxies, scope: Scope, hunt_group_id: int | None
) -> None:
    if hunt_group_id is None:
        raise MissingField(field="huntGroupId")
    domain = db.execute(select(HuntGroup.domain).where(HuntGroup.id == hunt_group_id)).scalar()
    if domain is None or not scope.allows(db, domain):
        raise HuntGroupNotFound(id=hunt_group_id)
    _forget(proxies, "hunt_group", {"id": hunt_group_id, "domain": domain})


def add_contact(proxies: Proxies, account: str, contact: str) -> None:
    """Add a permanent contact on every proxy; if one fails, on none."""
    done: list[Proxy] = []
    try:
        for proxy in proxies:
            done.append(proxy)
            _add_contact(proxy, account, contact)
    except OSError as error:
        for told in done:
            with suppress(OSError):
                told.remove_contact(account, contact)
        raise ProxyFailed([(done[-1].name, reason_of(error))]) from None


def _add_contact(proxy: Proxy, account: str, contact: str) -> None:
    proxy.add_contact(account, contact)
    if contact not in proxy.contacts(account):
        raise OSError(_NO_CONTACT)


def remove_contact(proxies: Proxies, account: str, contact: str) -> None:
    _on_all(proxies, lambda proxy: proxy.remove_contact(account, contact))


def _forget(proxies: Proxies, kind: str, fields: Mapping[str, object]) -> None:
    if not proxies:
        log.info("no SIP proxy is configured; nothing to reload: %s", kind)
    _on_all(proxies, lambda proxy: proxy.forget(kind, fields))


def _on_all(proxies: Proxies, action: Callable[[Proxy], None]) -> None:
    """Do it on all proxies. Raises ProxyFailed, which names those that failed."""
    failures = []
    for proxy in proxies:
        try:
            action(proxy)
        except OSError as error:
            failures.append((proxy.name, reason_of(error)))
    if failures:
        raise ProxyFailed(failures)


def _address(group: int, ip: str, mask: int, port: int, tag: str) -> tuple[Any, ...]:
    network = ip_network(f"{ip}/{mask}", strict=False)
    return group, network.network_address.compressed, mask, port, tag


def _rule(row: Any) -> tuple[Any, ...]:
    return (
        row.dpid,
        row.pr,
        row.match_op,
        row.match_len,
        row.match_exp,
        row.subst_exp,
        row.repl_exp,
        row.attrs,
    )
