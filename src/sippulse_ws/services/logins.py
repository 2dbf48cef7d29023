"""Records failed logins: counts for the delays of further attempts, and audit rows.

There is one audit row per login, address and minute, with a count; after `NAMES` logins of an
address in a minute, the others share one row. In a flood of failures, a thread writes the rows
together, LATER seconds after the answer.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from time import monotonic, sleep
from typing import Any

from sippulse_ws import metrics
from sippulse_ws.domain import audit, login_delays
from sippulse_ws.domain.authentication import Guess
from sippulse_ws.domain.hash_gate import HashGate, network_of
from sippulse_ws.domain.login_delays import FREE_FAILURES
from sippulse_ws.domain.shared_marks import SharedCounters, SharedMarks
from sippulse_ws.lanes import Place
from sippulse_ws.wire.context import Context

NAMES = 20  # logins of an address that get a row of their own in a minute
OTHERS = "(others)"
DELAYED = "delayed"
# Failures written while the client waits: a burst, and how many more per second.
BURST = 8.0
RATE = 4.0
# Counters in memory for the first failures of logins; if there are more logins, old ones go.
FEW = 1 << 18
LATER = 0.3  # seconds between the thread's writes
OWN, REST = b"own".ljust(16), b"rest".ljust(16)

_OwnTransaction = Callable[[Callable[[Any], None]], None]


@dataclass(slots=True)
class _Trace:
    """An audit row of failed logins."""

    at: dt.datetime
    login: str
    address: str
    operation: str
    object: str
    request_id: str
    times: int = 0


@dataclass(slots=True)
class _Failures:
    """What is not written yet."""

    traces: dict[str, _Trace]  # by the digest that makes the audit row unique
    delays: dict[tuple[str, str, str], int]  # failures by realm, login, address

    def store(self, db: Any) -> None:
        audit.count_failed_logins(
            db, [asdict(trace) | {"once": once} for once, trace in self.traces.items()]
        )
        delayed = login_delays.record_failures(db, self.delays)
        metrics.LOGINS_DELAYED.inc(delayed)


class FailedLogins:
    """Made before the workers are forked, which share its counters.

    `own_transaction` runs a function in a short transaction of its own.
    """

    def __init__(self, own_transaction: _OwnTransaction, gate: HashGate) -> None:
        self._own_transaction = own_transaction
        self._gate = gate
        self._secret = os.urandom(16)
        self._names = SharedMarks()
        self._counts = SharedCounters()
        self._few = SharedCounters(FEW)
        self._lock = threading.Lock()
        self._pending = _Failures({}, {})
        self._tokens, self._counted = BURST, monotonic()
        self._started = False

    def note(self, guess: Guess, context: Context, about: str, place: Place | None) -> None:
        """Record a failed login at once; in a flood later, if there is a `place`.

        `about` is the object for the audit row.
        """
        if place is not None:
            place.guessed()
        address = context.address
        metrics.LOGIN_FAILURES.labels(guess.reason).inc()
        self._gate.note_failure(network_of(address))
        now = dt.datetime.now(dt.UTC)
        minute = int(now.timestamp()) // 60
        own = self._is_own(minute, address, guess.login)
        login = guess.login if own else OTHERS
        once = self._digest(20, minute, address, login).hex()
        with self._lock:
            trace = self._pending.traces.get(once)
            if trace is None:
                request = (context.operation, about, context.request_id)
                made = _Trace(now, login, address, *request)
                trace = self._pending.traces[once] = made
            trace.times += 1
            flooded = place is not None and not self._has_token()
            counted = self._counted_failures(guess, address, now, few=flooded or not own)
            if counted:
                key = (guess.realm, guess.login, address)
                self._pending.delays[key] = self._pending.delays.get(key, 0) + counted
            if flooded:
                if not self._started:
                    self._started = True
                    threading.Thread(target=self._work, name="failed-logins", daemon=True).start()
                return
        self._flush()

    def _counted_failures(self, guess: Guess, address: str, now: dt.datetime, *, few: bool) -> int:
        """How many failures to add to the login's count in the database.

        `few`: in a flood, and for logins in `(others)`. Then a login is stored only from its third
        failure within an hour on, whether it exists or not, so that delays do not tell which exist.
        """
        if not guess.realm or guess.reason == DELAYED:
            return 0
        hour = int(now.timestamp()) // 3600
        name = f"{guess.realm}\0{guess.login}"
        count = self._few.add(self._digest(8, hour, address, name)) if few else FREE_FAILURES + 1
        if count < FREE_FAILURES:
            return 0
        return FREE_FAILURES if count == FREE_FAILURES else 1

    def _is_own(self, minute: int, address: str, login: str) -> bool:
        """Whether the login has an audit row of its own, and is not counted in `(others)`."""
        key = self._digest(16, minute, address, login)
        found = self._names.get(key)
        if found is None:
            own = self._counts.add(self._digest(8, minute, address, "")) <= NAMES
            self._names.put(key, OWN if own else REST)
            return own
        return found[0] == OWN

    def _has_token(self) -> bool:
        now = monotonic()
        self._tokens = min(BURST, self._tokens + (now - self._counted) * RATE)
        self._counted = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def _work(self) -> None:
        while True:
            sleep(LATER)
            self._flush()

    def _flush(self) -> None:
        with self._lock:
            due, self._pending = self._pending, _Failures({}, {})
        if due.traces or due.delays:
            self._own_transaction(due.store)

    def _digest(self, size: int, minute: int, address: str, login: str) -> bytes:
        text = f"{minute}\0{address}\0{login}".encode(errors="surrogatepass")
        return hashlib.blake2b(
            text, digest_size=size, key=self._secret if size < 20 else b""
        ).digest()
