"""Makes the parts of server and commands from the settings, without connecting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sippulse_ws.db import Database
from sippulse_ws.domain.proxies import Proxy
from sippulse_ws.domain.vault import Vault
from sippulse_ws.lanes import PROXY_THREADS

if TYPE_CHECKING:
    from sippulse_ws.config import Settings


def make_vault(settings: Settings) -> Vault:
    key = settings.password_key
    return Vault(
        key.get_secret_value() if key else None,
        [old.get_secret_value() for old in settings.old_password_keys],
        settings.password_length,
    )


def make_database(settings: Settings, connections: int | None = None) -> Database:
    """The database, with as many connections as a worker has, unless given."""
    url = settings.database_url.get_secret_value()
    size = settings.pool_size if connections is None else connections
    return Database(url, size, is_cluster=settings.cluster is not None)


def make_serving_database(settings: Settings) -> Database:
    """The database, with a connection for each thread of the front, and operations' deadline."""
    beside = PROXY_THREADS + 2  # the thread of the pages and that of the readiness
    url = settings.database_url.get_secret_value()
    size, seconds = settings.pool_size + beside, settings.operation_seconds
    return Database(url, size, seconds, is_cluster=settings.cluster is not None)


def make_proxies(settings: Settings) -> list[Proxy]:
    """Clients of the SIP proxies; nothing connects yet."""
    if not settings.proxies:
        return []
    # the HTTP client is large, and hardly any server needs it
    from sippulse_ws.sip import Kamailio, OpenSips  # noqa: PLC0415

    kinds: dict[str, type[Kamailio | OpenSips]] = {"kamailio": Kamailio, "opensips": OpenSips}
    return [
        kinds[one.kind](
            one.name,
            one.url.get_secret_value(),
            settings.proxy_timeout,
            dict(one.caches),
            one.table,
        )
        for one in settings.proxies
    ]
