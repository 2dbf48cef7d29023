"""Events reach their endpoints: signed, in order per account, at least once, for three days."""

import datetime as dt
import json
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.config import ConfigurationError, load_settings
from sippulse_ws.config_delivery import WebhookSettings
from sippulse_ws.db import Session
from sippulse_ws.domain import events
from sippulse_ws.domain.event_purge import KEPT, PurgePlace, purge_events
from sippulse_ws.domain.webhooks import PATIENCE, dispatch
from sippulse_ws.jobs.webhooks import webhook_jobs
from sippulse_ws.models import Event, EventDelivery
from tests.fixtures.app import TestDatabase
from tests.fixtures.server import Cli
from tests.fixtures.webhooks import SECRET, Receiver

ANA, BIA = "ana@example.com", "bia@example.com"
HOUR = dt.timedelta(hours=1)


class Delivering:
    """The jobs of one or more endpoints, run when a test says so."""

    def __init__(self, database: TestDatabase, db: Session) -> None:
        self.database = database
        self.db = db

    def run(self, *endpoints: dict[str, Any]) -> None:
        settings = [WebhookSettings.model_validate({"secret": SECRET} | one) for one in endpoints]
        for job in webhook_jobs(settings):
            while job.run(self.database):
                pass

    def emit(self, account: str, number: int, kind: str = events.CREDIT_ADDED) -> None:
        events.emit(self.db, kind, account, {"n": number})

    def make_due(self) -> None:
        long_ago = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
        self.db.execute(sa.update(EventDelivery).values(due_at=long_ago))

    def make_late(self) -> None:
        later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
        self.db.execute(sa.update(EventDelivery).values(due_at=later))

    def states(self) -> list[tuple[str, int, str | None]]:
        columns = (EventDelivery.state, EventDelivery.attempts, EventDelivery.error)
        rows = self.db.execute(sa.select(*columns).order_by(EventDelivery.event_id))
        return [tuple(row) for row in rows]


@pytest.fixture
def delivering(database: TestDatabase, db: Session) -> Delivering:
    return Delivering(database, db)


def numbers(receiver: Receiver) -> list[tuple[str, int]]:
    return [(one["account"], one["data"]["n"]) for one in receiver.messages]


def test_an_event_arrives_signed(delivering: Delivering, receiver: Receiver) -> None:
    delivering.emit(ANA, 1)
    delivering.run({"url": receiver.url})
    (message,) = receiver.messages
    assert message["type"] == "credit.added"
    assert (message["account"], message["data"]) == (ANA, {"n": 1})
    assert dt.datetime.fromisoformat(message["timestamp"]).tzinfo is not None
    assert delivering.states() == [("delivered", 1, None)]
    delivering.run({"url": receiver.url})
    assert len(receiver.tries) == 1


def test_events_of_an_account_keep_their_order(delivering: Delivering, receiver: Receiver) -> None:
    for number in (1, 2):
        delivering.emit(ANA, number)
        delivering.emit(BIA, number)
    receiver.answers = [500]
    delivering.run({"url": receiver.url})
    assert numbers(receiver) == [(BIA, 1), (BIA, 2)]
    assert delivering.states()[0] == ("waiting", 1, "HTTP 500")
    delivering.make_due()
    delivering.run({"url": receiver.url})
    assert numbers(receiver) == [(BIA, 1), (BIA, 2), (ANA, 1), (ANA, 2)]


def test_a_try_again_has_the_same_id(delivering: Delivering, receiver: Receiver) -> None:
    delivering.emit(ANA, 1)
    receiver.answers = [503, 302]
    for _ in range(3):
        delivering.run({"url": receiver.url})
        delivering.make_due()
    assert len(receiver.tries) == 3
    assert len(set(receiver.tries)) == 1
    assert receiver.tries[0] == receiver.messages[0]["id"]


def test_pauses_grow_and_end_after_three_days(
    delivering: Delivering, receiver: Receiver, db: Session
) -> None:
    delivering.emit(ANA, 1)
    receiver.answers = [500] * 20
    pauses = []
    for _ in range(6):
        delivering.run({"url": receiver.url})
        after = dt.datetime.now(dt.UTC)  # a moment later than what the pause began with
        pauses.append((db.scalar(sa.select(EventDelivery.due_at)) - after).total_seconds())
        delivering.make_due()
    assert pauses == sorted(pauses)
    assert pauses[0] <= 5
    assert 1700 <= pauses[5] <= 1800
    db.execute(sa.update(Event).values(at=dt.datetime.now(dt.UTC) - PATIENCE))
    delivering.run({"url": receiver.url})
    assert delivering.states() == [("given up", 7, "HTTP 500")]


def test_what_was_given_up_holds_nothing_up(
    delivering: Delivering, receiver: Receiver, db: Session
) -> None:
    delivering.emit(ANA, 1)
    receiver.answers = [500]
    db.execute(sa.update(Event).values(at=dt.datetime.now(dt.UTC) - PATIENCE))
    delivering.run({"url": receiver.url})
    delivering.emit(ANA, 2)
    delivering.run({"url": receiver.url})
    assert numbers(receiver) == [(ANA, 2)]


def test_one_endpoint_that_is_away_holds_up_no_other(
    delivering: Delivering, receiver: Receiver
) -> None:
    delivering.emit(ANA, 1)
    delivering.run({"url": "http://127.0.0.1:9/away"}, {"url": receiver.url})
    assert numbers(receiver) == [(ANA, 1)]
    assert sorted(state[0] for state in delivering.states()) == ["delivered", "waiting"]


def test_each_gets_the_kinds_and_domains_that_it_wants(
    delivering: Delivering, receiver: Receiver
) -> None:
    delivering.emit(ANA, 1)
    delivering.emit("ana@other.example", 2)
    delivering.emit(ANA, 3, events.DID_FREED)
    delivering.run(
        {"url": receiver.url, "events": ["credit.*"], "domains": ["example.com"]},
    )
    assert numbers(receiver) == [(ANA, 1)]


def test_old_events_are_deleted_when_nobody_waits(
    delivering: Delivering, receiver: Receiver, db: Session
) -> None:
    delivering.emit(ANA, 1)
    delivering.emit(BIA, 2)
    receiver.answers = [204, 500]
    delivering.run({"url": receiver.url})
    db.execute(sa.update(Event).values(at=dt.datetime.now(dt.UTC) - KEPT - dt.timedelta(1)))
    delivering.make_late()
    delivering.run({"url": receiver.url})
    assert db.execute(sa.select(Event.account)).scalars().all() == [BIA]


@pytest.mark.parametrize("endpoints", [[], [{"url": "http://127.0.0.1:9/"}]])
def test_what_is_new_is_handed_out_in_one_run(
    delivering: Delivering, db: Session, endpoints: list[dict[str, Any]]
) -> None:
    """Or else the background process would not rest while there are writes."""
    for number in range(3):
        delivering.emit(ANA, number)
    settings = [WebhookSettings.model_validate({"secret": SECRET} | one) for one in endpoints]
    hand_out = webhook_jobs(settings)[0]
    assert not hand_out.run(delivering.database)
    assert db.execute(sa.select(Event.dispatched)).scalars().all() == [True] * 3
    assert len(delivering.states()) == 3 * len(endpoints)


def test_where_nobody_listens_events_of_the_forgotten_go(
    delivering: Delivering, receiver: Receiver, db: Session
) -> None:
    events.emit(db, events.SUBSCRIBER_REMOVED, ANA, {"forgotten": True})
    delivering.emit(BIA, 1)
    delivering.run()
    delivering.run({"url": receiver.url})  # what happened before is nothing to one who comes later
    assert not receiver.tries
    assert db.execute(sa.select(Event.account)).scalars().all() == [BIA]


def test_what_waits_for_a_removed_endpoint_is_given_up_after_three_days(
    delivering: Delivering, receiver: Receiver, db: Session
) -> None:
    away, here = {"url": "http://127.0.0.1:9/away"}, {"url": receiver.url}
    delivering.emit(ANA, 1)
    delivering.emit(BIA, 2)
    delivering.run(away, here)
    bia = sa.update(Event).where(Event.account == BIA)
    db.execute(bia.values(at=dt.datetime.now(dt.UTC) - PATIENCE - dt.timedelta(minutes=1)))
    delivering.run(here)
    states = sa.select(EventDelivery.account, EventDelivery.state, EventDelivery.error)
    removed = db.execute(states.where(EventDelivery.endpoint.like("%away"))).all()
    # the other may still be delivered if the endpoint comes back
    assert {row.account: row.state for row in removed} == {ANA: "waiting", BIA: "given up"}
    assert "SIPPULSE_WEBHOOKS" in next(row.error for row in removed if row.account == BIA)
    assert len(receiver.messages) == 2
    # and once nobody waits for them, they go like all others
    db.execute(sa.update(Event).values(at=dt.datetime.now(dt.UTC) - KEPT - dt.timedelta(1)))
    delivering.run(here)
    assert db.execute(sa.select(Event.id)).all() == []


def test_what_waits_for_an_endpoint_that_is_there_is_never_given_up_untried(
    delivering: Delivering, db: Session
) -> None:
    away = {"url": "http://127.0.0.1:9/away"}
    delivering.emit(ANA, 1)
    delivering.run(away)
    db.execute(sa.update(Event).values(at=dt.datetime.now(dt.UTC) - KEPT))
    delivering.make_late()
    delivering.run(away)
    assert delivering.states()[0][0] == "waiting"


def test_events_of_the_forgotten_are_gone_after_three_days_whoever_waits_for_them(
    delivering: Delivering, db: Session
) -> None:
    away = {"url": "http://127.0.0.1:9/away"}
    events.emit(db, events.SUBSCRIBER_REMOVED, ANA, {"forgotten": True})
    delivering.emit(BIA, 1)
    delivering.run(away)
    delivering.make_late()  # the next try would be later than three days after
    jobs = webhook_jobs([WebhookSettings.model_validate({"secret": SECRET} | away)])
    purge = next(job for job in jobs if job.name == "events purge")
    for age, left in ((PATIENCE - HOUR, [ANA, BIA]), (PATIENCE + HOUR, [BIA])):
        db.execute(sa.update(Event).values(at=dt.datetime.now(dt.UTC) - age))
        assert not purge.run(delivering.database)
        assert db.execute(sa.select(Event.account)).scalars().all() == left


def test_old_events_go_though_hundreds_before_them_are_waited_for(
    delivering: Delivering, db: Session
) -> None:
    away = [WebhookSettings.model_validate({"secret": SECRET, "url": "http://127.0.0.1:9/"})]
    hand_out, purge = webhook_jobs(away)[:2]
    for number in range(600):
        delivering.emit(ANA, number)
    hand_out.run(delivering.database)
    hand_out.run(delivering.database)
    for number in range(20):
        delivering.emit(BIA, number)
    dispatch(db, [])
    db.execute(sa.update(Event).values(at=dt.datetime.now(dt.UTC) - KEPT - HOUR))
    assert purge.run(delivering.database)  # there may be more
    assert not purge.run(delivering.database)
    assert set(db.execute(sa.select(Event.account)).scalars()) == {ANA}
    # what is waited for no longer goes in the next round
    db.execute(sa.update(EventDelivery).values(state="delivered"))
    while purge.run(delivering.database):
        pass
    assert db.scalar(sa.select(sa.func.count()).select_from(Event)) == 0


@pytest.mark.engines("mariadb")
def test_deleting_old_events_reads_a_part_of_them_at_a_time(
    db: Session, delivering: Delivering
) -> None:
    for number in range(700):
        delivering.emit(ANA, number)
    dispatch(db, [])
    dispatch(db, [])
    before = handler_reads(db)
    place = purge_events(db, PurgePlace())
    assert place == PurgePlace()
    assert handler_reads(db) - before < 1300  # 500 by each of the two rules
    db.execute(sa.update(Event).values(at=dt.datetime.now(dt.UTC) - KEPT - HOUR))
    left = []
    while (place := purge_events(db, place)).more:
        left.append(db.scalar(sa.select(sa.func.count()).select_from(Event)))
    assert left[0] == 200
    assert db.execute(sa.select(Event.id)).all() == []


def handler_reads(db: Session) -> int:
    """Rows that this connection has read so far."""
    status = db.exec_driver_sql("SHOW SESSION STATUS LIKE 'Handler_read%%'")
    return sum(int(row[1]) for row in status)


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("nonsense", "not a JSON list"),
        ('[{"url": "http://x/"}]', "Field required"),
        ('[{"url": "ftp://x/", "secret": "whsec_x"}]', "not like https://host/path"),
        ('[{"url": "http://x/", "secret": "whsec_c2hvcnQ="}]', "24 to 64 bytes"),
        (json.dumps([{"url": "http://x/", "secret": SECRET}] * 2), "the same name"),
    ],
)
def test_settings_that_cannot_be_meant(
    value: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIPPULSE_WEBHOOKS", value)
    with pytest.raises(ConfigurationError, match=wrong):
        load_settings()


def test_an_operator_sees_events_and_sends_them_again(cli: Cli, receiver: Receiver) -> None:
    hook = json.dumps([{"url": receiver.url, "secret": [SECRET], "name": "crm"}])
    cli("domain", "create", "events.example")
    receiver.answers = [500]
    cli("jobs", "run", "--once", "events", "webhook crm", webhooks=hook)
    assert cli("events").stdout.startswith("event\twhen (UTC)\tkind\taccount")
    assert "nobody waits for event" in cli("events", "--retry", "4711", status=1).output
    assert json.loads(cli("events", "--json").stdout) == []
