"""Money held of a call: as long as its proxy knows it, and no longer."""

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.charging.dead_holds import free_dead
from sippulse_ws.charging.log_records import read_records, store_missing
from sippulse_ws.db import Database
from sippulse_ws.models import Rate, RatePlan, Subscriber
from tests.factories.platform import PASSWORD
from tests.fixtures.proxy_functions import Functions, functions_of
from tests.fixtures.server import Cli

pytestmark = pytest.mark.engines("mariadb")

DOMAIN, NUMBER, OTHER = "example.com", "5548999990000", "5548988880000"
SLICE, LEAD = 60, 10
CHARGING = "UPDATE stored_setting SET value = :value WHERE name = 'charging'"
_numbers = count(1)


class Line:
    """A prepaid account of 1000, a money a second, and its calls at proxies."""

    def __init__(self, functions: Functions, url: str) -> None:
        self.ask = functions
        self.database = Database(url)
        self.number = next(_numbers)
        self.account = f"line{self.number}@{DOMAIN}"
        self.proxy = f"proxy{self.number}"
        with self.database.writing() as db:
            self._provision(db)

    def _provision(self, db: Any) -> None:
        rates = 5000 + self.number
        plan = {"domain": DOMAIN, "name": f"L{rates}", "rate_id": rates, "prepaid": True}
        plan |= {"tx_connection": 1, "cadency": 1}
        plan_id = db.execute(sa.insert(RatePlan).values(plan)).inserted_primary_key[0]
        rate = {"domain": DOMAIN, "rate_id": rates, "prefix": "55", "name": "55"}
        db.execute(sa.insert(Rate).values(**rate, rate_value=Decimal(60)))
        owner = {"username": f"line{self.number}", "domain": DOMAIN, "account_code": self.account}
        owner |= {"profile": "DEFAULT", "password": PASSWORD, "ha1": "", "ha1b": ""}
        paid = {"rate_plan_id": plan_id, "credit": Decimal(1000)}
        db.execute(sa.insert(Subscriber).values(**owner, **paid))

    def admit(self, dialog: int = 1, proxy: str = "", **told: str) -> int:
        """A call that rings; its hold."""
        asked = {"number": NUMBER, "service": "pstn"} | told
        values = {"a": self.account, "d": dialog, "p": proxy or self.proxy, "c": self.call(dialog)}
        admit = "sippulse_admit(:a, :number, :number, :service, :c, 't', :p, 7, :d, 60)"
        answer = self.ask(admit, **values, **asked).split("|")
        assert answer[0] == "1", (answer, self.one("SELECT MAX(error) FROM admission_error"))
        return int(answer[5])

    def call(self, dialog: int) -> str:
        return f"{self.account}-{dialog}"

    def answer(self, *holds: int, ago: float = 0) -> None:
        told = ",".join(map(str, holds))
        at = dt.datetime.now(dt.UTC).timestamp() - ago
        assert self.ask("sippulse_answered(:h, :at)", h=told, at=at) == len(holds)

    def up(self, dialog: int = 1, ago: float = 55, **told: str) -> int:
        """A call whose money ends in so many seconds less than a slice."""
        hold = self.admit(dialog, **told)
        self.answer(hold, ago=ago)
        return hold

    def lengthened(self, proxy: str = "") -> str:
        now = dt.datetime.now(dt.UTC).timestamp()
        asked = {"p": proxy or self.proxy, "now": now, "lead": LEAD, "slice": SLICE}
        return str(self.ask("sippulse_extend(:p, :now, :lead, :slice, 500)", **asked))

    def record(self, *holds: int, seconds: int = 55) -> None:
        """What the proxy's queue brings at the end of a call."""
        fields = [self.account, DOMAIN, "1000", "", "", NUMBER, "pstn", "", "", "", "", ""]
        fields += ["prepaid", str(holds[0]), self.call(1), "t"]
        if len(holds) == 2:
            fields += [self.account, NUMBER, "prepaid", str(holds[1])]
        call = ".".join(one.encode().hex() for one in fields)
        end = dt.datetime.now(dt.UTC).timestamp()
        told = {"call": call, "start_time": end - seconds, "end_time": end}
        assert self.ask("sippulse_record(:p, :r)", p=self.proxy, r=json.dumps(told)) == 1

    def held(self) -> Any:
        query = "SELECT held FROM subscriber WHERE account_code = :a"
        return self.one(query, a=self.account)

    def holds(self) -> int:
        return int(self.one("SELECT COUNT(*) FROM call_hold WHERE account = :a", a=self.account))

    def one(self, statement: str, **values: object) -> Any:
        with self.ask.engine.connect() as db:
            return db.execute(sa.text(statement), values).scalar()

    def run(self, statement: str, **values: object) -> None:
        with self.ask.engine.connect() as db:
            db.execute(sa.text(statement), values)

    def free(self) -> None:
        while free_dead(self.database):
            pass


@pytest.fixture(scope="module")
def functions(installed_url: str) -> Iterator[Functions]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIPPULSE_DATABASE_URL", installed_url)
        yield from functions_of(Cli(patch), installed_url)


@pytest.fixture
def line(functions: Functions, installed_url: str) -> Iterator[Line]:
    made = Line(functions, installed_url)
    yield made
    made.run(CHARGING, value="on")
    made.database.close()


def test_a_call_that_lives_is_lengthened_slice_by_slice(line: Line) -> None:
    line.up()
    assert line.held() == 60
    assert line.lengthened().startswith("7:1:6")
    assert line.held() == 120
    assert line.lengthened() == ""
    line.free()
    assert line.held() == 120


def test_a_call_that_ended_is_not_lengthened_and_holds_until_it_is_rated(line: Line) -> None:
    line.record(line.up())
    assert line.lengthened() == ""
    for name in ("due_at", "ended_at"):
        line.run(f"UPDATE call_hold SET {name} = {name} - INTERVAL 1 DAY")
    line.free()
    assert line.held() == 60
    line.run("DELETE FROM call_raw")  # somebody tidied up
    line.free()
    assert (line.held(), line.holds()) == (0, 0)


def test_a_call_that_ends_while_charging_is_off_holds_nothing(line: Line) -> None:
    holds = line.up(), line.up(service="0800", number=OTHER)
    line.run(CHARGING, value="off")
    line.record(*holds)
    assert (line.held(), line.holds()) == (0, 0)


def test_a_call_that_its_proxy_does_not_know_is_freed(line: Line) -> None:
    line.up()
    line.up(dialog=2)
    assert line.lengthened().count(";") == 2
    assert line.ask("sippulse_lost(:p, 7, 1)", p=line.proxy) == 1
    line.run("UPDATE call_hold SET cut_at = answered_at WHERE proxy = :p", p=line.proxy)
    assert line.lengthened().startswith("7:2:")
    line.free()
    assert line.holds() == 2  # its record may be on its way
    line.run("UPDATE call_hold SET lost_at = lost_at - INTERVAL 20 SECOND")
    line.free()
    assert (line.held(), line.holds()) == (180, 1)


def test_a_record_that_comes_after_all_is_rated_from_its_hold(line: Line) -> None:
    hold = line.up()
    line.ask("sippulse_lost(:p, 7, 1)", p=line.proxy)
    line.record(hold)
    line.run("UPDATE call_hold SET lost_at = lost_at - INTERVAL 20 SECOND")
    line.free()
    assert line.held() == 60


def test_the_same_dialog_of_another_proxy_and_one_that_rings_are_not_lost(line: Line) -> None:
    line.answer(line.admit(proxy="another"), ago=55)
    line.admit()
    assert line.ask("sippulse_lost(:p, 7, 1)", p=line.proxy) == 0
    assert line.lengthened("another").startswith("7:1:")


def test_a_call_of_which_nothing_was_heard_for_a_minute_is_not_lengthened(line: Line) -> None:
    line.up(ago=115)  # told late: the database was away
    line.run("UPDATE call_hold SET due_at = UTC_TIMESTAMP(6) - INTERVAL 55 SECOND")
    assert line.lengthened() != ""
    line.run("UPDATE call_hold SET cut_at = answered_at")
    line.run("UPDATE call_hold SET due_at = UTC_TIMESTAMP(6) - INTERVAL 61 SECOND")
    assert line.lengthened() == ""


def test_a_proxy_whose_clock_is_wrong_keeps_its_calls(line: Line) -> None:
    line.up(ago=3600)
    line.free()
    assert line.held() == 60


def test_a_call_of_before_the_upgrade_is_looked_at_by_its_proxys_clock(line: Line) -> None:
    line.up(ago=115)
    line.run("UPDATE call_hold SET due_at = NULL, cut_at = cut_at - INTERVAL 1 HOUR")
    now = dt.datetime.now(dt.UTC).timestamp() - 3600
    asked = {"p": line.proxy, "now": now, "lead": LEAD, "slice": SLICE}
    assert line.ask("sippulse_extend(:p, :now, :lead, :slice, 500)", **asked) != ""


def test_what_is_lost_is_told_by_the_databases_clock(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.up()
    line.ask("sippulse_lost(:p, 7, 1)", p=line.proxy)

    class Ahead(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> "Ahead":
            return super().now(tz) + dt.timedelta(minutes=2)

    monkeypatch.setattr("sippulse_ws.charging.dead_holds.dt.datetime", Ahead)
    line.free()
    assert line.holds() == 1


@pytest.mark.parametrize("charging", ["on", "off"])
def test_a_record_out_of_the_log_ends_its_hold(line: Line, charging: str) -> None:
    hold = line.up()
    line.run(CHARGING, value=charging)
    fields = [line.account, DOMAIN, "1000", "", "", NUMBER, "pstn", "", "", "", "", ""]
    call = ".".join(
        one.encode().hex() for one in [*fields, "prepaid", str(hold), line.call(1), "t"]
    )
    end = dt.datetime.now(dt.UTC).timestamp()
    text = f"log_write_cdr(): start_time={end - 55:.3f}; end_time={end:.3f}; duration=55.000; "
    text += f"answer=; cut=; call={call}"
    with line.database.writing() as db:
        assert store_missing(db, read_records([text]), line.proxy) == (1, 0)
    line.run("UPDATE call_hold SET due_at = due_at - INTERVAL 1 DAY")
    line.free()
    assert line.held() == (60 if charging == "on" else 0)


@pytest.mark.parametrize(
    ("state", "call", "found"), [(4, "", True), (3, "", True), (2, "", False), (4, "x", False)]
)
def test_that_a_call_was_answered_is_told_by_its_dialog(
    line: Line, state: int, call: str, found: bool
) -> None:
    """The proxy was killed before it told."""
    line.admit()
    columns = "hash_entry hash_id callid from_uri from_tag to_uri to_tag caller_cseq callee_cseq"
    columns += " caller_contact callee_contact caller_sock callee_sock state start_time req_uri"
    start = int(dt.datetime.now(dt.UTC).timestamp()) - 55
    values = f"7, 1, :c, '', '', '', '', '', '', '', '', '', '', {state}, {start}, ''"
    into = f"{line.ask.schema}.dialog ({', '.join(columns.split())})"
    line.run(f"INSERT INTO {into} VALUES ({values})", c=call or line.call(1))
    assert line.lengthened() == ""  # it may be told in a moment
    line.run("UPDATE call_hold SET created_at = created_at - INTERVAL 30 SECOND")
    assert (line.lengthened() != "") is found
    line.run(f"DELETE FROM {line.ask.schema}.dialog")


def test_what_rang_when_its_proxy_was_killed_is_free_when_it_is_back(line: Line) -> None:
    line.admit(1)
    line.admit(3, proxy="another")
    line.run("UPDATE call_hold SET created_at = created_at - INTERVAL 30 SECOND")
    line.admit(2)
    line.up(4)
    assert line.ask("sippulse_begun(:p, 20)", p=line.proxy) == 1
    assert line.holds() == 3
    assert line.held() == 180


def test_an_account_that_pays_the_way_in_and_the_forward_holds_both(line: Line) -> None:
    """And the leg that is tried again holds once."""
    incoming = line.admit(number=OTHER, service="0800")
    line.admit()
    outgoing = line.admit()
    assert (line.held(), line.holds()) == (120, 2)
    line.answer(incoming, outgoing, ago=55)
    assert line.lengthened().count("7:1:") == 2
    assert line.held() == 240


def test_credit_past_its_validity_lengthens_no_call(line: Line) -> None:
    line.up()
    valid = "UPDATE subscriber SET credit_expires_at = UTC_TIMESTAMP(6) + INTERVAL {} MINUTE"
    line.run(valid.format(-1))
    assert line.lengthened() == ""
    line.run(valid.format(1))
    assert line.lengthened() != ""


@pytest.mark.parametrize("hold", ["", "x", "9" * 40, "-1", "1' OR '1'='1"])
def test_a_record_whose_hold_is_no_number_is_stored(line: Line, hold: str) -> None:
    line.up()
    line.record(hold)  # type: ignore[arg-type]
    assert line.one("SELECT hold_id FROM call_raw WHERE account = :a", a=line.account) is None
    assert line.holds() == 1
