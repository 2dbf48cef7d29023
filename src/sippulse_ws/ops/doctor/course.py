"""All checks, one after the other; one that fails does not end the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from sippulse_ws.db import Database
from sippulse_ws.db.connections.failures import is_unavailable
from sippulse_ws.db.statements import Session
from sippulse_ws.domain.proxies import Proxies
from sippulse_ws.domain.vault import Vault
from sippulse_ws.ops.doctor import data_checks, place_checks, server_checks
from sippulse_ws.ops.doctor.findings import ERROR, Finding, error, warning

DatabaseCheck = Callable[[Session], Iterator[Finding]]


def examine(
    database: Database,
    vault: Vault,
    proxies: Proxies,
    *,
    has_key: bool,
    public_url: str | None,
) -> Iterator[Finding]:
    """Run all checks; without the needed schema, none of those that read tables."""
    yield from place_checks.check_disk(database)
    yield from place_checks.check_certificate(public_url)
    if misplaced := database.find_misplaced_file():
        yield error("database", "database-away", reason=misplaced)
        return
    try:
        with database.reading() as db:
            yield from server_checks.check_version(db)
    except Exception as trouble:
        if not is_unavailable(trouble):
            raise
        reason = str(getattr(trouble, "orig", trouble))
        yield error("database", "database-away", reason=reason)
        return
    yield from _examine_database(database, vault, proxies, has_key)


def _examine_database(
    database: Database, vault: Vault, proxies: Proxies, has_key: bool
) -> Iterator[Finding]:
    own = str(database.url.database)
    server: dict[str, DatabaseCheck] = {
        "rights": partial(server_checks.check_rights, own=own),
        "character set": server_checks.check_character_set,
        "clock": server_checks.check_clock,
        "packet": server_checks.check_packet,
        "schema": server_checks.check_schema,
    }
    found = list(_run(database, server))
    yield from found
    if any(one.check == "schema" and one.state == ERROR for one in found):
        return
    data: dict[str, DatabaseCheck] = {
        "key": partial(data_checks.check_canary, vault=vault),
        "views": server_checks.check_views,
        "partitions": server_checks.check_partitions,
        "indexes": server_checks.check_indexes,
        "passwords": partial(data_checks.check_keys, vault=vault, has_key=has_key),
        "proxies": partial(place_checks.check_proxies, proxies=proxies),
        "dids": data_checks.check_dids,
        "networks": data_checks.check_networks,
        "backups": data_checks.check_backups,
    }
    yield from _run(database, data)


def _run(database: Database, checks: dict[str, DatabaseCheck]) -> Iterator[Finding]:
    for name, check in checks.items():
        try:
            with database.reading() as db:
                found = list(check(db))
        except Exception as trouble:  # noqa: BLE001 - the others are wanted all the same
            reason = " ".join(str(getattr(trouble, "orig", None) or trouble).split())
            found = [warning(name, "check-failed", reason=reason)]
        yield from found
