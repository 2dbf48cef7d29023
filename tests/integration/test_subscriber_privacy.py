"""`subscriber dossier` and `subscriber forget`: what the law (LGPD) gives a person a right to."""

import datetime as dt
import json
import stat
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from sippulse_ws.config_delivery import WebhookSettings
from sippulse_ws.db import Database, Session
from sippulse_ws.domain import events, new_subscribers
from sippulse_ws.domain.forgetting import KEPT_FIELDS, years_before
from sippulse_ws.domain.personal_data import IMPERSONAL, SECTIONS
from sippulse_ws.domain.vault import Vault
from sippulse_ws.domain.webhooks import PATIENCE
from sippulse_ws.jobs.webhooks import webhook_jobs
from sippulse_ws.models import (
    Audit,
    Base,
    CallHold,
    Cdr,
    CreditLedger,
    Event,
    EventDelivery,
    Subscriber,
)
from tests.factories.people import ACCOUNT, NEIGHBOURS, PERSONAL, SECRET, YOUNG, furnish_person
from tests.factories.platform import DOMAIN
from tests.factories.raw_calls import raw_call
from tests.fixtures.server import Cli
from tests.fixtures.webhooks import SECRET as SECRET_OF_HOOKS
from tests.fixtures.webhooks import Receiver

KEPT_CALLS = ("cdr", "acc", "call_raw")


@pytest.fixture
def database(installed_url: str, cli: Cli) -> Iterator[Database]:
    opened = Database(installed_url)
    with opened.writing() as db:
        for account in (ACCOUNT, *NEIGHBOURS):
            furnish_person(db, account)
    yield opened
    with opened.writing() as db:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name not in IMPERSONAL or table.name == "hunt_group":
                db.execute(sa.delete(table))
    opened.close()


def _texts(db: Session) -> dict[str, list[str]]:
    """Each row of each table as one text."""
    found = {}
    for table in Base.metadata.sorted_tables:
        rows = db.execute(sa.select(*table.columns)).all()
        found[table.name] = sorted(json.dumps([str(one) for one in row]) for row in rows)
    return found


def _of_person(texts: dict[str, list[str]]) -> dict[str, int]:
    """How many rows still tell of the person, by table; those of the neighbours do not."""
    counts: dict[str, int] = {}
    for table, rows in texts.items():
        for row in rows:
            text = row
            for one in NEIGHBOURS:
                text = text.replace(one, "").replace(f"a-{one.partition('@')[0]}", "")
            words = [str(value) for value in PERSONAL.values()] + [f'"{ACCOUNT}', f"={ACCOUNT}"]
            if any(word in text for word in words) or ACCOUNT in text:
                counts[table] = counts.get(table, 0) + 1
    return counts


def test_every_table_is_in_the_dossier_or_tells_of_nobody() -> None:
    told = {one.model.__tablename__ for one in SECTIONS}
    assert set(Base.metadata.tables) <= told | IMPERSONAL
    assert not told & IMPERSONAL


def test_every_text_of_a_subscriber_is_forgotten_unless_said_otherwise() -> None:
    texts = {
        one.name for one in Subscriber.__table__.columns if isinstance(one.type, sa.String)
    } | {one.name for one in Subscriber.__table__.columns if one.type.__class__.__name__ == "Key"}
    kept = {"domain", "profile", "daily_quota_type", "monthly_quota_type"}
    assert texts & KEPT_FIELDS == kept


def test_the_dossier_has_all_of_one_and_nothing_of_another(
    cli: Cli, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "dossier.json"
    cli(
        "subscriber",
        "dossier",
        ACCOUNT.upper().replace("ANABELA", "anabela"),
        "--json",
        "-o",
        str(file),
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = json.loads(file.read_text())
    for section in SECTIONS:
        if section.model is not CallHold:
            assert found[section.name], section.name
    told = file.read_text()
    for value in PERSONAL.values():
        assert str(value) in told or value == "47110815471108"
    assert len(found["calls"]) == len(found["raw_calls"]) == len(found["failed_calls"]) == 2
    assert len(found["audit"]) == 4
    assert len(found["idempotency_keys"]) == 2
    assert not any(one in told for one in NEIGHBOURS)
    assert SECRET not in told
    assert "47110815471108" not in told
    with database.reading() as db:
        secret = db.execute(sa.select(Subscriber.ha1)).scalars().all()
        trail = db.execute(sa.select(Audit.object).where(Audit.operation == "subscriber dossier"))
        assert trail.scalars().all() == [f"account={ACCOUNT}"]
    assert not any(one in told for one in secret)
    assert cli("subscriber", "dossier", ACCOUNT, "-o", str(file), status=1).stderr
    assert "# ledger" in cli("subscriber", "dossier", ACCOUNT).stdout


def test_a_forgotten_one_is_in_no_table_but_in_calls_that_the_law_wants_kept(
    cli: Cli, database: Database
) -> None:
    with database.reading() as db:
        before = _texts(db)
    assert _of_person(before).keys() >= {"subscriber", "audit", "credit_ledger", *KEPT_CALLS}
    said = json.loads(cli("subscriber", "forget", ACCOUNT, "--yes", "--json").stdout)
    assert said["kept_calls"] == 3
    assert said["kept_until"] == str(years_before(YOUNG, -5).date() + dt.timedelta(days=1))
    with database.reading() as db:
        after = _texts(db)
    assert _of_person(after) == dict.fromkeys(KEPT_CALLS, 1)
    # whoever only looks alike is as before
    for one in NEIGHBOURS:
        for table in before:
            mine = [text for text in before[table] if one in text]
            assert [text for text in after[table] if one in text] == mine, (one, table)


def test_the_books_of_a_forgotten_one_are_true(cli: Cli, database: Database) -> None:
    money = sa.select(sa.func.count(), sa.func.sum(CreditLedger.value))
    prices = sa.select(sa.func.sum(Cdr.price), sa.func.sum(Cdr.duration))
    with database.reading() as db:
        totals = db.execute(money).one(), db.execute(prices).one()
        named = sa.select(Subscriber.id).where(Subscriber.account_code == ACCOUNT)
        owner = db.execute(named).scalar()
    said = json.loads(cli("subscriber", "forget", ACCOUNT, "--yes", "--json").stdout)
    pseudonym = f"forgotten-{owner}@{DOMAIN}"
    assert said["pseudonym"] == pseudonym
    columns = CreditLedger.account, CreditLedger.value, CreditLedger.balance
    entries = sa.select(*columns).where(CreditLedger.account_id == owner)
    with database.reading() as db:
        assert totals == (db.execute(money).one(), db.execute(prices).one())
        row = db.execute(sa.select(Subscriber).where(Subscriber.id == owner)).one()
        ledger = db.execute(entries.order_by(CreditLedger.id)).all()
    assert (row.account_code, row.active, row.credit) == (pseudonym, False, Decimal("7.25"))
    assert (row.first_name, row.password, row.pin_code) == (None, None, None)
    assert [tuple(one) for one in ledger] == [
        (pseudonym, Decimal(10), Decimal(10)),
        (pseudonym, Decimal("-2.75"), Decimal("7.25")),
    ]


def test_forgetting_again_changes_nothing_until_the_kept_calls_are_old(
    cli: Cli, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("subscriber", "forget", ACCOUNT, "--yes")
    with database.reading() as db:
        before = _texts(db)
    again = cli("subscriber", "forget", ACCOUNT, "--yes")
    assert "nothing to forget" in again.stdout
    assert "3 call records" in again.stdout
    with database.reading() as db:
        after = _texts(db)
    del before["audit"], after["audit"]
    assert after == before
    monkeypatch.setenv("SIPPULSE_RETENTION_YEARS", "0")
    # somebody new has got the name meanwhile
    with database.writing() as db:
        given = {"username": "anabela", "domain": DOMAIN, "password": "x", "profile": "DEFAULT"}
        new_subscribers.insert_subscriber(db, Vault(), given)
    cli("subscriber", "forget", ACCOUNT, "--aged-calls")
    with database.reading() as db:
        assert _of_person(_texts(db)).keys() <= {"subscriber", "event", "sip_name"}
        assert db.execute(
            sa.select(Subscriber.active).where(Subscriber.account_code == ACCOUNT)
        ).scalar()
    with database.writing() as db:
        db.execute(sa.delete(Subscriber).where(Subscriber.account_code == ACCOUNT))


def test_what_a_removed_subscriber_left_behind_is_forgotten_too(
    cli: Cli, database: Database
) -> None:
    cli("subscriber", "remove", ACCOUNT, "--yes")
    assert json.loads(cli("subscriber", "dossier", ACCOUNT, "--json").stdout)["ledger"]
    cli("subscriber", "forget", ACCOUNT, "--yes")
    with database.reading() as db:
        assert _of_person(_texts(db)) == dict.fromkeys(KEPT_CALLS, 1)


def test_nobody_is_forgotten_while_money_waits_for_a_call(cli: Cli, database: Database) -> None:
    with database.writing() as db:
        raw_call(db, ACCOUNT, state=0)
        before = db.execute(sa.select(sa.func.count()).select_from(Subscriber)).scalar()
    refused = cli("subscriber", "forget", ACCOUNT, "--yes", status=1)
    assert "not rated yet" in refused.stderr
    with database.reading() as db:
        assert before == db.execute(sa.select(sa.func.count()).select_from(Subscriber)).scalar()
        assert _of_person(_texts(db))["subscriber"] == 1
        trail = sa.select(Audit.outcome, Audit.error).where(Audit.operation == "subscriber forget")
        assert tuple(db.execute(trail).one()) == ("refused", "calls-under-way")


def _endpoint(url: str) -> dict[str, str]:
    return {"name": "crm", "url": url, "secret": SECRET_OF_HOOKS}


def _deliver(database: Database, *endpoints: dict[str, str]) -> None:
    for job in webhook_jobs([WebhookSettings.model_validate(one) for one in endpoints]):
        while job.run(database):
            pass


def test_other_systems_are_told_and_then_nothing_is_left(
    cli: Cli, database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIPPULSE_WEBHOOKS", json.dumps([_endpoint(receiver.url)]))
    with database.writing() as db:
        told = {"value": Decimal("1.5"), "obs": f"to {PERSONAL['first_name']}", "expires_at": None}
        events.emit(db, events.CREDIT_ADDED, ACCOUNT, told)
        events.emit(db, events.CREDIT_ADDED, NEIGHBOURS[0], told | {"obs": "neighbour's"})
    said = json.loads(cli("subscriber", "forget", ACCOUNT, "--yes", "--json").stdout)
    with database.reading() as db:
        waiting = sa.select(sa.func.count()).where(Event.account == ACCOUNT)
        assert db.scalar(waiting) == said["waiting_events"]
    receiver.answers = [500]  # the first is tried again: nothing is lost
    _deliver(database, _endpoint(receiver.url))
    with database.writing() as db:
        assert db.scalar(waiting)
        db.execute(sa.update(EventDelivery).values(due_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)))
    _deliver(database, _endpoint(receiver.url))
    heard = [one for one in receiver.messages if one["account"] == ACCOUNT]
    assert "subscriber.removed" in {one["type"] for one in heard}
    assert all(one["data"]["forgotten"] is True for one in heard)
    (credit,) = [one["data"] for one in heard if one["type"] == "credit.added"]
    assert (credit["value"], credit["obs"]) == ("1.5", None)
    with database.reading() as db:
        assert _of_person(_texts(db)) == dict.fromkeys(KEPT_CALLS, 1)
        left = db.execute(sa.select(Event.data).where(Event.account == NEIGHBOURS[0])).scalars()
        assert any("neighbour's" in data for data in left)


@pytest.mark.parametrize("taken", [(), ("credit.*",)])
def test_events_that_nobody_will_hear_do_not_keep_the_name(
    cli: Cli, database: Database, monkeypatch: pytest.MonkeyPatch, taken: tuple[str, ...]
) -> None:
    """Nobody wants them; or whoever did is no endpoint any more."""
    hook = _endpoint("http://127.0.0.1:9/hook")
    monkeypatch.setenv("SIPPULSE_WEBHOOKS", json.dumps([hook | {"events": "call.*"}]))
    if taken:
        with database.writing() as db:
            events.emit(db, events.CREDIT_ADDED, ACCOUNT, {"value": "1", "obs": None})
        _deliver(database, hook)
    cli("subscriber", "forget", ACCOUNT, "--yes")
    with database.writing() as db:
        assert db.scalar(sa.select(sa.func.count()).where(Event.account == ACCOUNT))
        if taken:
            late = dt.datetime.now(dt.UTC) - PATIENCE - dt.timedelta(minutes=1)
            db.execute(sa.update(Event).where(Event.account == ACCOUNT).values(at=late))
    _deliver(database)
    with database.reading() as db:
        assert _of_person(_texts(db)) == dict.fromkeys(KEPT_CALLS, 1)


def test_a_domain_that_is_not_there_is_a_mistake(cli: Cli, database: Database) -> None:
    assert "not found" in cli("subscriber", "forget", "anabela@typo.example", status=1).stderr
    assert "not found" in cli("subscriber", "forget", "anabela", status=1).stderr
    assert "not found" in cli("subscriber", "dossier", f"nobody-here@{DOMAIN}", status=1).stderr


def test_a_question_is_asked_first(cli: Cli, database: Database) -> None:
    cli("subscriber", "forget", ACCOUNT, input="n\n", status=1)
    with database.reading() as db:
        assert db.execute(
            sa.select(Subscriber.id).where(Subscriber.account_code == ACCOUNT)
        ).first()
