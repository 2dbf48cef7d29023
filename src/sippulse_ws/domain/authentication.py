"""Checks a principal's password, without letting anybody find it out by trying.

Argon2 is run once per login for all processes of a server; later calls compare a keyed digest that
includes the stored hash, so that a changed password counts at once. Requests that need a hash wait
in the `HashGate`; unknown and disabled logins and known wrong passwords wait alike.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from time import monotonic, time
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sippulse_ws.db.statements import Session
from sippulse_ws.domain import login_delays
from sippulse_ws.domain.access import NONE, PRINCIPAL, Reading, Scope
from sippulse_ws.domain.errors import LoginFailed
from sippulse_ws.domain.hash_gate import HashGate, Verification, network_of
from sippulse_ws.domain.shared_marks import SharedMarks

_LOGIN_LENGTH = 128
KEY_LENGTH = 255  # characters; no column that is looked up is longer
HERE_SECONDS = 3600  # for which neighbours' failures do not delay a client that was right
HERE_AGAIN = 60  # seconds after which that is noted again
HERE = b"here".ljust(16)
BLOCKING_SECONDS = 15.0
RESULTS = 2048
LEFT_BEHIND = 10.0  # seconds after which no request waits for a result any more

# Releases the thread until the given function is called; without it the thread waits.
Park = Callable[[Callable[[Callable[[], None]], None]], Any]


@dataclass(frozen=True, slots=True)
class Admission:
    """A verified principal: its scope, and the rows that were read with it."""

    scope: Scope
    had_failures: bool  # this login has recorded failures, whose delay is over
    rows: list[Any]  # of the subject; empty if it does not exist
    rehashed: tuple[str, str] | None = None  # the stored hash, and the one to store instead


class Guess(LoginFailed):
    """A failed login, with the reason; on the wire all have the same fault.

    `reason`: unknown, wrong, inactive, or delayed, which means that it was not checked.
    """

    def __init__(self, realm: str, login: str, reason: str) -> None:
        super().__init__()
        self.realm = realm
        self.login = login
        self.reason = reason


@dataclass(slots=True)
class _Result:
    right: bool | None = None  # None: the request waited too long
    reason: str = ""
    at: float = field(default_factory=monotonic)


class Authenticator:
    """Checks principals; made before a server forks its workers, which share verified ones."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
        self._dummy = self._hasher.hash(os.urandom(16).hex())
        self._secret = os.urandom(32)
        self._marks = SharedMarks()
        self._results: OrderedDict[bytes, _Result] = OrderedDict()
        self._recent: dict[bytes, tuple[str, float]] = {}  # stored hash and when it was right here
        self._rehashed: OrderedDict[str, str] = OrderedDict()
        self.gate = HashGate(partial(self._matches, self._dummy, b""))

    def authenticate(
        self,
        db: Session,
        login: str | None,
        password: str | None,
        address: str,
        domain: str | None,
        reading: Reading = PRINCIPAL,
        parameters: Mapping[str, Any] = NONE,
        park: Park | None = None,
    ) -> Admission:
        """Check the principal. Raises LoginFailed unless it is an active administrator's."""
        if not login or password is None or len(login) > _LOGIN_LENGTH:
            raise Guess("", login or "", "unknown")
        secret = password.encode(errors="surrogatepass")
        attempt = self._digest(login.encode(errors="surrogatepass"), secret, address.encode())
        waited = self._take_result(attempt) if self._results else None
        if waited is not None and waited.right is False:
            raise _failure(login, waited)
        asked = _within_keys({**parameters, "granted_domain": domain})
        rows = reading.prepared.all(db, **asked, **login_delays.who(login, address))
        row = rows[0]
        recent = self._is_recent(attempt, row.principal_hash)
        known = recent or self._is_known(row.principal_hash, secret)
        here = recent or (bool(known) and self._was_here(row.principal_hash, address))
        if login_delays.is_delayed(row.principal_blocked_until) and not here:
            raise Guess(login_delays.ADMINISTRATOR, login, "delayed")
        if not (known and row.principal_active):
            if waited is not None and waited.right is None:  # it waited too long
                raise _failure(login, waited)
            one = self._verification(row, known, login, secret, address)
            waited = self._wait(one, attempt, _reason(row), park)
            if not waited.right:
                raise _failure(login, waited)
        if not recent:
            self._note(attempt, row.principal_hash, address, here)
        rehashed = self._new_hash(row.principal_hash, attempt, address)
        had_failures = row.principal_blocked_until is not None and not here
        scope = Scope(row.principal_id, login, bool(row.principal_superuser), row.principal_domain)
        subject = rows if row.subject is not None else []
        return Admission(scope, had_failures, subject, rehashed)

    def _new_hash(self, stored: str, attempt: bytes, address: str) -> tuple[str, str] | None:
        """The stored hash and the one to replace it, if it has old parameters; else None."""
        made = self._rehashed.pop(stored, None)
        if made is None:
            return None
        self._note(attempt, made, address, here=False)
        return stored, made

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def is_right(self, password_hash: str, password: str) -> bool:
        """Check at once, for commands; requests wait in the queue of hashing."""
        return self._matches(password_hash, password.encode())

    def _verification(
        self, row: Any, known: bool | None, login: str, secret: bytes, address: str
    ) -> Verification:
        """What to verify; if the password can only be wrong, only the waiting time is imitated."""
        hopeless = row.principal_hash is None or not row.principal_active or known is False
        verify = None if hopeless else partial(self._verify, row.principal_hash, secret)
        return Verification(network_of(address), login, verify, lambda _right: None)

    def _wait(self, one: Verification, attempt: bytes, reason: str, park: Park | None) -> _Result:
        """Wait for the result; or release the thread, and a repeated call will find it."""
        if park is not None:
            park(lambda resume: self._submit(one, partial(self._keep, attempt, reason, resume)))
        ended = threading.Event()
        result = _Result(None, reason)

        def done(right: bool | None) -> None:
            result.right = right
            ended.set()

        self._submit(one, done)
        ended.wait(BLOCKING_SECONDS)
        return result

    def _take_result(self, attempt: bytes) -> _Result | None:
        """The result for a request that released its thread, unless it is too old."""
        result = self._results.pop(attempt, None)
        if result is None or monotonic() - result.at > LEFT_BEHIND:
            return None
        return result

    def _keep(
        self, attempt: bytes, reason: str, resume: Callable[[], None], right: bool | None
    ) -> None:
        self._results[attempt] = _Result(right, reason)
        if len(self._results) > RESULTS:  # results of clients that have gone
            self._results.popitem(last=False)
        resume()

    def _submit(self, one: Verification, done: Callable[[bool | None], None]) -> None:
        one.done = done
        if not self.gate.submit(one):
            done(None)

    def _verify(self, password_hash: str, secret: bytes) -> bool:
        if self._is_known(password_hash, secret):  # others with the same login have waited before
            return True
        if not self._matches(password_hash, secret):
            return False
        self._marks.put(self._digest(password_hash.encode()), self._digest(secret))
        if self._hasher.check_needs_rehash(password_hash):
            made = self._hasher.hash(secret)
            self._rehashed[password_hash] = made
            # the new hash is stored with this login: the next one need not verify it
            self._marks.put(self._digest(made.encode()), self._digest(secret))
            if len(self._rehashed) > RESULTS:
                self._rehashed.popitem(last=False)
        return True

    def _matches(self, password_hash: str, secret: bytes) -> bool:
        try:
            return self._hasher.verify(password_hash, secret)
        except (VerificationError, InvalidHashError):
            return False

    def _is_known(self, password_hash: str | None, secret: bytes) -> bool | None:
        """Whether the password equals the one verified before; None if none was verified yet."""
        if password_hash is None:
            return None
        known = self._marks.get(self._digest(password_hash.encode()))
        return None if known is None else known[0] == self._digest(secret)

    def _was_here(self, password_hash: str, address: str) -> bool:
        """Whether the login succeeded from this address within the hour; if so, renews that."""
        key = self._digest(HERE, password_hash.encode(), address.encode())
        found = self._marks.get(key)
        age = time() - found[1] if found is not None else float("inf")
        if HERE_AGAIN < age < HERE_SECONDS:
            self._marks.put(key, HERE)
        return age < HERE_SECONDS

    def _is_recent(self, attempt: bytes, password_hash: str | None) -> bool:
        """Whether this process verified login, password and address a moment ago."""
        found = self._recent.get(attempt)
        if found is None or found[0] != password_hash:
            return False
        return monotonic() - found[1] < HERE_AGAIN

    def _note(self, attempt: bytes, password_hash: str, address: str, here: bool) -> None:
        """Note a successful call; `here`: all processes know of one from the address already."""
        if not here:
            self._marks.put(self._digest(HERE, password_hash.encode(), address.encode()), HERE)
        if len(self._recent) >= RESULTS:
            self._recent.clear()
        self._recent[attempt] = password_hash, monotonic()

    def _digest(self, *parts: bytes) -> bytes:
        made = hashlib.blake2b(digest_size=16, key=self._secret)
        for part in parts:
            made.update(len(part).to_bytes(4, "little") + part)
        return made.digest()


def _within_keys(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, with None for a text longer than any key: no such row exists."""
    made = {**values}
    for name, value in values.items():
        if type(value) is str and len(value) > KEY_LENGTH:
            made[name] = None
    return made


def _reason(row: Any) -> str:
    if row.principal_hash is None:
        return "unknown"
    return "wrong" if row.principal_active else "inactive"


def _failure(login: str, waited: _Result) -> LoginFailed:
    reason = "delayed" if waited.right is None else waited.reason
    return Guess(login_delays.ADMINISTRATOR, login, reason)
