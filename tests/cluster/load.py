"""Credits that clients send without end, and what becomes of each while the cluster is broken."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import requests
from lxml import etree

from tests.fixtures.server import LOGIN
from tests.soap import ENVELOPE, principal_xml

WRITERS = 16
ACCOUNTS = 8
PAUSE = 0.05  # seconds between a client's credits: machines of tests are small
# Nobody would wait longer for one credit.
PATIENCE = 90.0


@dataclass(slots=True)
class _Told:
    """What clients were told."""

    booked: list[int] = field(default_factory=list)  # by account
    faults: list[tuple[float, str]] = field(default_factory=list)  # when, and what
    answers: int = 0


class Load:
    """Each credit has a key of its own and is sent until it is told to be booked."""

    def __init__(self, name: str, port: int) -> None:
        self._name = name
        self._url = f"http://127.0.0.1:{port}/SipPulse/SubscriberWS"
        self.told = _Told([0] * ACCOUNTS)
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)
        ]

    def account(self, number: int) -> str:
        return f"{self._name}{number % ACCOUNTS}"

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE)
            assert not thread.is_alive(), "a credit had no answer"

    def breaking(self, fault: Callable[[], None], seconds: float = 3) -> None:
        """Let some credits through, do it, and let some more through."""
        time.sleep(seconds)
        fault()
        before = self.told.answers
        end = time.monotonic() + PATIENCE
        while self.told.answers < before + 2 * WRITERS:
            assert time.monotonic() < end, "no credit is booked any more"
            time.sleep(0.1)
        time.sleep(seconds)

    def seconds_of_faults(self) -> float:
        """From the first fault to the last one."""
        times = [at for at, _ in self.told.faults]
        return max(times) - min(times) if times else 0.0

    def _write(self, writer: int) -> None:
        session, count = requests.Session(), 0
        while not self._ending.is_set():
            count += 1
            self._book(session, writer, f"{self._name}-{writer}-{count}")
            time.sleep(PAUSE)

    def _book(self, session: requests.Session, writer: int, key: str) -> None:
        name = self.account(writer)
        body = f"<username>{name}</username><domain>example.com</domain><value>1</value>"
        envelope = ENVELOPE.format(operation="addCredit", body=body + principal_xml(LOGIN))
        headers = {"Content-Type": "text/xml; charset=utf-8", "Idempotency-Key": f'"{key}"'}
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            told = "no answer"
            with suppress(requests.RequestException):
                answer = session.post(self._url, envelope.encode(), headers=headers, timeout=60)
                told = _fault(answer)
            with self._lock:
                self.told.answers += 1
                if not told:
                    self.told.booked[writer % ACCOUNTS] += 1
                    return
                self.told.faults.append((time.monotonic(), told))
            time.sleep(0.2)
        raise AssertionError(f"{key}: {told}")


def _fault(answer: requests.Response) -> str:
    try:
        tree = etree.fromstring(answer.content)
    except etree.XMLSyntaxError:
        return f"HTTP {answer.status_code}"
    done = "" if answer.ok else f"HTTP {answer.status_code}"
    return tree.findtext(".//faultstring") or done
