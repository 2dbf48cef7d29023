"""What charging has written comes back from a backup, and goes on where it was."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.charging.calendar import charge_fees, make_statistics, quota_day, zone_today
from sippulse_ws.charging.low_credit import find_low_credit
from sippulse_ws.charging.rating import NEW, RatingWorker
from sippulse_ws.charging.rerating import Selection, rerate
from sippulse_ws.charging.validity import expire_credit
from sippulse_ws.db import Database, Session
from sippulse_ws.domain import credit, price_lists, subscribers
from sippulse_ws.domain.events import list_events
from sippulse_ws.domain.local_time import find_timezone
from sippulse_ws.domain.webhooks import Listener, dispatch, note_delivered
from sippulse_ws.models import (
    Acc,
    AccountGroupMember,
    AdmissionError,
    Base,
    CallHold,
    Cdr,
    CreditExpiry,
    CreditLedger,
    DailyStatistics,
    DailyTask,
    Did,
    DidFee,
    Event,
    EventDelivery,
    FormerName,
    LowCreditNotice,
    PriceListRow,
    Rate,
    RawCall,
    Reseller,
    Route,
    StoredSetting,
    Subscriber,
)
from tests.factories.platform import DOMAIN
from tests.factories.raw_calls import hold, raw_call
from tests.factories.simulated_calls import Simulation, balances
from tests.fixtures.server import Cli
from tests.integration.test_backup import elsewhere

__all__ = ["elsewhere"]

CALLS = 150
NOW = dt.datetime.now(dt.UTC)
# of each of these the test makes rows
FILLED: tuple[type[Base], ...] = (
    *(Acc, AccountGroupMember, AdmissionError, CallHold, Cdr, CreditExpiry, CreditLedger),
    *(DailyStatistics, DailyTask, DidFee, Event, EventDelivery, FormerName, LowCreditNotice),
    *(PriceListRow, RawCall, Reseller, Route, StoredSetting),
)


def make_rows(database: Database) -> None:
    """Calls of every kind: rated, rated again, unrated, new, under way; and what comes of them."""
    simulation = Simulation(database, 16)
    with database.writing() as db:
        quota_day(db, NOW, find_timezone(db, None))
    simulation.add_calls(CALLS)
    rate(database)
    with database.writing() as db:
        db.execute(sa.update(Rate).values(rate_value=Decimal("0.333333")))
    whole = Selection(NOW - dt.timedelta(days=4000), NOW)
    assert list(rerate(database, whole))
    with database.writing() as db:
        _days(db, simulation.accounts)
        _notices(db, simulation.accounts)
        _lists(db)
    charge_fees(database, NOW.date(), charging=True)
    charge_fees(database, NOW.date() + dt.timedelta(days=40), charging=True)
    with database.writing() as db:
        _calls_under_way(db, simulation.accounts)
        _outbox(db)


def rate(database: Database) -> None:
    while RatingWorker("America/Sao_Paulo", tells_calls=True).run(database, 20):
        pass


def _days(db: Session, accounts: list[dict[str, Any]]) -> None:
    yesterday = dt.datetime.now(find_timezone(db, None)) - dt.timedelta(days=1)
    db.execute(sa.update(Subscriber).values(daily_statistics=True))
    account = accounts[0]["account_code"]
    raw_call(db, account, started=yesterday.astimezone(dt.UTC))
    RatingWorker().rate_batch(db)  # in the same zone as the statistics
    make_statistics(db, zone_today(find_timezone(db, None)))
    number = {"alias_username": "554830250001", "inventory_domain": DOMAIN}
    owner = {"subscriber_id": accounts[0]["id"], "username": "sim0", "domain": DOMAIN}
    fee = {"monthly_subscription": Decimal("12.5")}
    db.execute(sa.insert(Did).values(number | owner | fee))
    db.execute(sa.insert(Acc).values(time=NOW.replace(tzinfo=None), callid="busy", sip_code="486"))
    error = {"at": NOW, "account": account, "number": "1", "call_id": "x", "error": "'ç\\"}
    db.execute(sa.insert(AdmissionError).values(error))


def _notices(db: Session, accounts: list[dict[str, Any]]) -> None:
    prepaid = sa.text("SELECT MIN(id) FROM rate_plan WHERE prepaid = 1")
    plan = db.execute(prepaid).scalar()
    for number, values in (
        (1, {"low_credit_notification": True, "low_credit_limit": Decimal(5000)}),
        (2, {"credit": Decimal(9), "credit_expires_at": NOW - dt.timedelta(days=1)}),
    ):
        one = Subscriber.id == accounts[number]["id"]
        values |= {"rate_plan_id": plan, "email_address": "a@example.com"}
        db.execute(sa.update(Subscriber).where(one).values(values))
    topped_up = credit.get_account(db, accounts[1]["username"], DOMAIN)
    credit.add_credit(db, "root", topped_up, 0.5, "pix")
    assert find_low_credit(db)
    assert expire_credit(db, "taken")
    gone = accounts[-1]
    columns = Subscriber.id, Subscriber.username, Subscriber.domain
    row = db.execute(sa.select(*columns).where(Subscriber.id == gone["id"])).one()
    raw_call(db, gone["account_code"], started=NOW - dt.timedelta(hours=1))
    subscribers.remove_subscriber(db, row)


def _lists(db: Session) -> None:
    made = price_lists.begin_list(db, DOMAIN, 100, by="root")
    row = {"price_list_id": made, "prefix": "55", "name": "x", "rate_value": Decimal("0.000001")}
    db.execute(sa.insert(PriceListRow).values(row))
    price_lists.stage_list(db, made, NOW + dt.timedelta(days=1))
    gateway = sa.text("SELECT MIN(id) FROM gateway")
    where = {"domain": DOMAIN, "prefix": "55", "gateway_id": db.execute(gateway).scalar()}
    db.execute(sa.insert(Route).values(where))


def _calls_under_way(db: Session, accounts: list[dict[str, Any]]) -> None:
    account = accounts[4]
    reseller = db.execute(sa.select(Reseller.id).limit(1)).scalar()
    sides = {"reseller_id": reseller, "reseller_amount": Decimal("0.25")}
    exact = {"tariff": "18.000000000000000000000001", "reseller_tariff": "12.5"}
    blocks = {"first_block": 30, "next_block": 6, "reseller_first_block": 1}
    code = {"account": account["account_code"]}
    held = hold(db, account["id"], "0.5", **sides, **exact, **blocks, **code)
    hold(db, account["id"], "0.123456", **code)
    for seconds in (61.25, 0.999, 3600):
        raw_call(db, account["account_code"], seconds, hold_id=held)
        held = 0


def _outbox(db: Session) -> None:
    dispatch(db, [Listener("crm"), Listener("bi", ("credit.*",))])
    for event in db.execute(sa.select(EventDelivery.event_id).limit(3)).scalars().all():
        note_delivered(db, event, "crm", 1)
    assert list_events(db, limit=1)


def whole(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but for what backup and restore themselves write down."""
    found = {}
    with database.reading() as db:
        for table in Base.metadata.sorted_tables:
            if table.name not in ("audit", "background_lease", "background_job"):
                rows = db.execute(sa.select(*table.columns).order_by(*table.primary_key.columns))
                found[table.name] = [tuple(row) for row in rows]
    return found


@pytest.fixture
def source(cli: Cli, installed_url: str) -> Iterator[Database]:
    database = Database(installed_url)
    make_rows(database)
    yield database
    database.close()


def test_every_row_comes_back_and_charging_goes_on_with_it(
    cli: Cli, source: Database, elsewhere: str, tmp_path: Path
) -> None:
    with source.reading() as db:
        empty = [one for one in FILLED if not db.execute(sa.select(one).limit(1)).first()]
        new = db.scalar(sa.select(sa.func.count()).where(RawCall.state == NEW))
    assert (empty, new) == ([], 4)
    before = whole(source)
    file = tmp_path / "backup"
    cli("backup", "create", str(file))
    said = cli("backup", "restore", str(file), database_url=elsewhere).stdout
    assert "DIFFERENT" not in said
    restored = Database(elsewhere)
    try:
        assert whole(restored) == before
        for database in (source, restored):
            rate(database)
        money_of = (Subscriber, Reseller)
        for table in money_of:
            with source.reading() as here, restored.reading() as there:
                assert balances(here, table) == balances(there, table)
                held = sa.select(table.id, table.held).order_by(table.id)
                assert here.execute(held).all() == there.execute(held).all()
        assert len(whole(restored)["call_hold"]) == 1
        # new rows get ids of their own
        assert len(whole(restored)["cdr"]) == len(before["cdr"]) + 4
    finally:
        restored.close()
