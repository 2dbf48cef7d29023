"""Takes what no operation returns: administrators, resellers' portal passwords, gateways, calls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from sippulse_ws.cutover import report as reports
from sippulse_ws.cutover.calls import CALL_TABLES, CallsMigration
from sippulse_ws.cutover.errors import NotReadable
from sippulse_ws.cutover.old_database import OldDatabase
from sippulse_ws.cutover.report import Journal, MigrationReport
from sippulse_ws.cutover.rows import RowWriter
from sippulse_ws.cutover.source import Record
from sippulse_ws.db import Database
from sippulse_ws.domain import administrators
from sippulse_ws.domain.authentication import Authenticator
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.vault import AES, PLAIN, Vault, VaultError
from sippulse_ws.models import Reseller

_FIELD = "password"


class Extras:
    """Takes each part by itself; a part that cannot be read is reported and skipped."""

    def __init__(
        self, database: Database, report: MigrationReport, domains: Collection[str]
    ) -> None:
        self._database, self._report = database, report
        self._domains = domains

    def take_administrators(self, told: Iterable[Record]) -> None:
        """Take administrators, without grants for domains that were not taken."""
        authenticator = Authenticator()
        for one in told:
            values = one | {"domains": [d for d in one["domains"] if d in self._domains]}
            try:
                with self._database.writing() as db:
                    became = administrators.take_administrator(db, authenticator, values)
            except DomainError as error:
                self._report.refuse(f"administrator {one['login']}", error)
            else:
                self._report.counts[f"administrator {became}"] += 1
        self._report.came(reports.ADMINISTRATOR_LOGINS)

    def read(self, old: OldDatabase, vault: Vault) -> None:
        """Take everything that the SQL account may read, except calls."""
        takes: dict[str, Callable[[], None]] = {
            reports.ADMINISTRATOR_LOGINS: lambda: self.take_administrators(old.administrators()),
            reports.RESELLER_PASSWORDS: lambda: self._take_passwords(old, vault),
            reports.GATEWAYS: lambda: self._take_gateways(old.providers(), old.gateways()),
        }
        for what, take in takes.items():
            try:
                take()
            except NotReadable as error:
                self._report.unreadable.append(error.message(self._report.language))
            else:
                self._report.came(what)

    def _take_passwords(self, old: OldDatabase, vault: Vault) -> None:
        told = old.reseller_passwords()
        with self._database.writing() as db:
            columns = (Reseller.id, Reseller.name, Reseller.domain, Reseller.password)
            for row in db.execute(select(*columns).where(Reseller.domain.in_(self._domains))).all():
                if row.id not in told:
                    continue
                account = f"{row.name}@{row.domain}"
                try:
                    password = _opened(vault, told[row.id], account)
                    known = row.password and vault.open(row.password, account, _FIELD)
                except VaultError as error:
                    self._report.refuse(f"password of reseller {account}", str(error))
                    continue
                if password != known:
                    sealed = vault.seal(password, account, _FIELD)
                    same = update(Reseller).where(Reseller.id == row.id)
                    db.execute(same.values(password=sealed))
                    self._report.counts["reseller password new"] += 1

    def _take_gateways(self, providers: Iterable[Record], gateways: Iterable[Record]) -> None:
        rows = RowWriter("")
        for kind, records in (("provider", providers), ("gateway", gateways)):
            for one in records:
                try:
                    with self._database.writing() as db:
                        rows.put_object(db, kind, one)
                except DomainError as error:
                    self._report.refuse(f"{kind} {one['name']}", error)
                except IntegrityError as error:
                    self._report.refuse(f"{kind} {one['name']}", str(error.orig))
        self._report.counts.update(rows.counts)
        for remark in rows.remarks:
            self._report.refuse(remark.what, remark.reason)

    def take_calls(
        self, old: OldDatabase, journal: Journal, tell: Any, domains: Collection[str] | None
    ) -> None:
        """Take calls; also gateways and providers out of the calls, if their tables are missing."""
        read = 0
        for table in CALL_TABLES:
            calls = CallsMigration(table, self._database, self._report)
            try:
                calls.run(old, journal.marked(table), domains, partial(tell, table))
            except NotReadable as error:
                self._report.unreadable.append(error.message(self._report.language))
                continue
            read += 1
            if calls.highest:
                journal.mark(table, calls.highest)
            if calls.gateways and reports.GATEWAYS in self._report.by_hand:
                self._take_gateways(*_named_by(calls.gateways.values()))
                self._report.came(reports.GATEWAYS)
        if read == len(CALL_TABLES):
            self._report.came(reports.CALLS)


def _opened(vault: Vault, stored: str, account: str) -> str:
    """The password, decrypted if another sippulse-ws with the same key encrypted it."""
    if stored.startswith((AES, PLAIN)):
        return vault.open(stored, account, _FIELD)
    return stored


def _named_by(calls: Iterable[Record]) -> tuple[list[Record], list[Record]]:
    """The providers and gateways that calls name; only gateways whose provider is named too."""
    providers: dict[int, Record] = {}
    gateways: list[Record] = []
    for call in calls:
        if not call["providerid"] or not call["provider_name"]:
            continue
        providers[call["providerid"]] = {
            "id": call["providerid"],
            "name": call["provider_name"],
            "tx_connection": call["provider_tx_conn"],
            "cadency": call["provider_cadency"],
        }
        gateways.append(
            {
                "id": call["gwid"],
                "provider_id": call["providerid"],
                "name": call["gw_name"],
                "address": call["gw_address"],
                "rate_id": call["gw_rateid"],
            }
        )
    return list(providers.values()), gateways
