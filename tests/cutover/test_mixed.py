"""Mixed calls of several clients at once, with planted differences: those are found, and no other.

`SIPPULSE_TEST_SHADOW_CALLS=10000` makes it the long run.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import update

from sippulse_ws.models import Did, Subscriber
from sippulse_ws.testing.server import DOMAIN, SippulseServer
from tests.cutover.standin import Caller, Shadow, account, fields, new_account

CALLS = int(os.environ.get("SIPPULSE_TEST_SHADOW_CALLS", "240"))
CLIENTS = 4
ACCOUNTS = [str(1000 + number) for number in range(24)]
# The accounts of a client are its own: what two clients do to one account has no order.
PLANTED = ACCOUNTS[:3]


def fill(server: SippulseServer, spare: int) -> None:
    """The same accounts; `spare` others before the numbers, so that later ids differ."""
    for name in ACCOUNTS:
        server.subscriber(name, city="São Paulo")
    others = [f"spare{number}" for number in range(spare)]
    for name in others:
        server.subscriber(name)
    for number, name in enumerate([*ACCOUNTS, *others]):
        number_of = {"accountCode": f"{name}@{DOMAIN}", "aliasUsername": str(550000 + number)}
        server.call("DidWS", "insertDid", did={**number_of, "username": name, "domain": DOMAIN})


def plant(new: SippulseServer) -> None:
    with new._database.writing() as db:
        one, two, three = PLANTED
        db.execute(update(Subscriber).where(Subscriber.username == one).values(city="Santos"))
        db.execute(update(Did).where(Did.username == two).values(gwid="9"))
        db.execute(
            update(Subscriber).where(Subscriber.username == three).values(credit=Decimal(99))
        )


class Client:
    """Calls about accounts of its own, one after the other; `done` counts them by account."""

    def __init__(self, caller: Caller, index: int) -> None:
        self._call = caller
        self._random = random.Random(index)
        self._accounts = ACCOUNTS[index::CLIENTS]
        self._index = index
        self.done: Counter[str] = Counter()
        self.calls = 0
        self._kinds: dict[str, Callable[[str], object]] = {
            "read": lambda name: self.call("SubscriberWS", "retrieveSubscriber", account(name)),
            "numbers": lambda name: self.call("DidWS", "listByAcc", _code(name)),
            "credit": lambda name: self.call("SubscriberWS", "retrieveCredit", account(name)),
            "add": lambda name: self.call(
                "SubscriberWS", "addCredit", account(name) + "<value>0.1</value>"
            ),
            "fault": lambda _: self.call("SubscriberWS", "retrieveCredit", account("nobody"), 500),
            "new account": self._new_account,
            "new number": self._new_number,
        }

    def call(self, service: str, operation: str, body: str, status: int = 200) -> str:
        answer = self._call(service, operation, body)
        assert answer.status_code == status, answer.text
        self.calls += 1
        return str(answer.text)

    def run(self, calls: int) -> None:
        kinds = [*self._kinds, "read", "read", "numbers", "credit"]
        while self.calls < calls:
            kind, name = self._random.choice(kinds), self._random.choice(self._accounts)
            self._kinds[kind](name)
            self.done[f"{kind} {name}"] += 1

    def _new_account(self, _: str) -> None:
        made = f"new{self._index}x{self.calls}"
        self.call("SubscriberWS", "insertSubscriber", new_account(made))
        self.call("SubscriberWS", "retrieveSubscriber", account(made))

    def _new_number(self, name: str) -> None:
        """And away with it, by the id that the client was told."""
        number = f"<aliasUsername>77{self._index}{self.calls:06}</aliasUsername>"
        did = f"{_code(name)}{number}<domain>{DOMAIN}</domain>"
        told = self.call("DidWS", "insertDid", f"<did>{did}</did>")
        number = told.split("<didId>")[1].split("<")[0]
        self.call("DidWS", "deleteDid", f"<didId>{number}</didId>")


def _code(name: str) -> str:
    return f"<accountCode>{name}@{DOMAIN}</accountCode>"


@pytest.mark.timeout(1800)
@pytest.mark.engines("sqlite")
def test_every_planted_difference_is_shown_and_no_other(
    old: SippulseServer, new: SippulseServer, shadowed: Callable[..., Shadow]
) -> None:
    fill(old, 0)
    fill(new, 5)
    plant(new)
    shadow = shadowed("--mirror-writes")
    clients = [Client(Caller(shadow.url, old.principal), index) for index in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        for running in [pool.submit(one.run, CALLS // CLIENTS) for one in clients]:
            running.result()
    report = shadow.stop()
    done: Counter[str] = Counter()
    for client in clients:
        done.update(client.done)
    one, two, three = PLANTED
    expected = {
        ("SubscriberWS.retrieveSubscriber", "return/city", done[f"read {one}"]),
        ("DidWS.listByAcc", "did/gwid", done[f"numbers {two}"]),
        ("SubscriberWS.retrieveCredit", "return", done[f"credit {three}"]),
    }
    assert set(fields(report)) == {found for found in expected if found[2]}
    totals = report["totals"]
    assert totals["requests"] == sum(client.calls for client in clients)
    assert totals["equal"] + totals["different"] == totals["requests"]
