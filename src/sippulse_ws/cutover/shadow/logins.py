"""Collects logins that the old server accepted, since no operation lists administrators.

They are kept in a file, with an argon2 hash and the domains in which each was accepted.
"""

from __future__ import annotations

import csv
import io
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from lxml import etree

from sippulse_ws.cutover.shadow.messages import SoapMessage
from sippulse_ws.cutover.shadow.operations import (
    PRINCIPAL_NAME,
    KnownOperation,
    domains_of,
    local_name,
)
from sippulse_ws.cutover.shadow.scrubbing import Pseudonyms
from sippulse_ws.cutover.shadow.tally import write_private

LOGINS_FILE = "logins.csv"
_COLUMNS = ("login", "password_hash", "domains")
_REMEMBERED = 10_000


@dataclass(slots=True)
class LearntLogin:
    password_hash: str
    domains: set[str] = field(default_factory=set)


class LoginBook:
    """Keeps that file up to date; `hasher` is that of administrators' passwords."""

    def __init__(self, file: Path, pseudonyms: Pseudonyms, hasher: PasswordHasher) -> None:
        self._file = file
        self._pseudonyms = pseudonyms
        self._hasher = hasher
        self._seen: OrderedDict[str, bytes] = OrderedDict()  # digest of the password, by login
        self.logins = read_logins(file) if file.exists() else {}
        self._changed = False

    def learn(self, operation: KnownOperation, request: SoapMessage, answer: SoapMessage) -> None:
        """Learn the login of a request that the old server accepted."""
        login, password = principal_of(request.payload)
        if not login or not password:
            return
        known = self._known(login, password)
        domains = set(domains_of(request.payload))
        if operation.name == "listDomains":
            texts = (one.findtext("domain") or "" for one in answer.payload)
            domains |= {text.strip().lower() for text in texts if text.strip()}
        if not domains <= known.domains:
            known.domains |= domains
            self._changed = True

    def save(self) -> None:
        if self._changed:
            self._changed = False
            out = io.StringIO()
            rows = csv.writer(out)
            rows.writerow(_COLUMNS)
            for login, one in sorted(self.logins.items()):
                rows.writerow([login, one.password_hash, " ".join(sorted(one.domains))])
            write_private(self._file, out.getvalue())

    def _known(self, login: str, password: str) -> LearntLogin:
        """The login's entry, with a new hash if the password has changed."""
        digest = self._pseudonyms.digest(login, password)
        known = self.logins.get(login)
        if known is not None and self._seen.get(login) == digest:
            return known
        if known is None:
            known = self.logins[login] = LearntLogin("")
        if not self._is_right(known.password_hash, password):
            known.password_hash = self._hasher.hash(password)
            self._changed = True
        self._seen[login] = digest
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return known

    def _is_right(self, password_hash: str, password: str) -> bool:
        try:
            return bool(password_hash) and self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def read_logins(file: Path) -> dict[str, LearntLogin]:
    with file.open(newline="", encoding="utf-8") as lines:
        return {
            row["login"]: LearntLogin(row["password_hash"], set((row["domains"] or "").split()))
            for row in csv.DictReader(lines)
        }


def principal_of(payload: etree._Element) -> tuple[str, str]:
    """The login and password of a request; their names may be in any case."""
    login = password = ""
    for child in payload.iterchildren(etree.Element):
        if local_name(child).lower() == PRINCIPAL_NAME:
            for one in child.iterchildren(etree.Element):
                name = local_name(one).lower()
                login = one.text or "" if name == "login" else login
                password = one.text or "" if name == "password" else password
    return login, password
