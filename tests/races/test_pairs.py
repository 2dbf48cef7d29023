"""Each pair of operations that touch one object, at once: what one order of them gives, no more.

What the two orders answer and leave behind is found out by sending them one after the other.
"""

import os
import re
from itertools import combinations_with_replacement, count
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.models import (
    AccountGroupMember,
    Address,
    CreditLedger,
    DbAlias,
    Did,
    HuntGroupMember,
    Location,
    Rate,
    RatePlan,
    Reseller,
    SipName,
    Subscriber,
    UserWhiteList,
)
from tests.fixtures.races import Racer
from tests.races.requests import REQUESTS
from tests.races.world import make_world

# of each pair; more by hand: they take minutes
RACES = int(os.environ.get("SIPPULSE_TEST_RACES", "1"))
SHORT = 8
_worlds = count(1)
Request = tuple[str, str, str]
COUNTED = (
    AccountGroupMember,
    Address,
    CreditLedger,
    DbAlias,
    Did,
    HuntGroupMember,
    Location,
    Rate,
    RatePlan,
    Reseller,
    SipName,
    Subscriber,
    UserWhiteList,
)
BROKEN = sa.or_(  # an active quota without a type
    sa.and_(Subscriber.daily_quota == sa.true(), Subscriber.daily_quota_type.is_(None)),
)


def filled(pair: tuple[Request, Request], world: dict[str, Any]) -> list[Request]:
    return [(service, operation, body.format(**world)) for service, operation, body in pair]


def plain(said: str) -> str:
    """A fault without the numbers of this world."""
    return re.sub(r"[0-9]+", "#", said)


class Pair:
    """Sends a pair of requests about new objects, in order or at once."""

    def __init__(self, racer: Racer, pair: tuple[Request, Request]) -> None:
        self.racer, self.pair = racer, pair

    def in_order(self, order: tuple[int, int]) -> tuple[Any, ...]:
        before, requests = self._begin()
        said = ["", ""]
        for number in order:
            said[number] = plain(self.racer.say(*requests[number]))
        return (*said, self._changed(before))

    def at_once(self) -> tuple[Any, ...]:
        before, requests = self._begin()
        said = [plain(one) for one in self.racer.race(*requests)]
        return (*said, self._changed(before))

    def _begin(self) -> tuple[list[int], list[Request]]:
        with self.racer.database.writing() as db:
            world = make_world(db, next(_worlds))
        return self._counts(), filled(self.pair, world)

    def _changed(self, before: list[int]) -> tuple[int, ...]:
        return tuple(now - then for now, then in zip(self._counts(), before, strict=True))

    def _counts(self) -> list[int]:
        one = [sa.select(sa.func.count()).select_from(model).scalar_subquery() for model in COUNTED]
        one.append(sa.select(sa.func.count()).where(BROKEN).scalar_subquery())
        one.append(sa.select(sa.func.sum(Did.subscriber_id.is_(None))).scalar_subquery())
        with self.racer.database.reading() as db:
            return [int(value or 0) for value in db.execute(sa.select(*one)).one()]


def pairs(requests: list[Request]) -> list[tuple[Request, Request]]:
    """All; of a subscriber's many, a short run takes those of which one can spoil the other."""
    every = list(combinations_with_replacement(requests, 2))
    if RACES > 1 or len(requests) <= SHORT:
        return every
    return [pair for pair in every if pair[0] in (requests[0], pair[1])]


@pytest.mark.parametrize("kind", REQUESTS)
@pytest.mark.timeout(900)
def test_the_outcome_is_that_of_one_order(kind: str, racer: Racer) -> None:
    wrong = []
    for pair in pairs(REQUESTS[kind]):
        sent = Pair(racer, pair)
        allowed = {sent.in_order((0, 1)), sent.in_order((1, 0))}
        assert not any("nternal" in said for outcome in allowed for said in outcome[:2])
        raced = [sent.at_once() for _ in range(RACES)]
        names = [one[1] for one in pair]
        wrong += [(names, one, allowed) for one in raced if one not in allowed]
    assert wrong == []
