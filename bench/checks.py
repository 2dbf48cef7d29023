"""What must be true of an answer, and of the database after it, before anything is timed.

A check makes the call itself, so that it can look at the database before and after. Numbers are
compared as numbers: peers write 10, ours 10.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.database import DIDS_EACH, DOMAIN, LOGIN, RATE_ID, RATES, BenchDatabase, username
from bench.soap import Answer

Call = Callable[[], Answer]
# (call, database, number of the subscriber in the request, new number in the request)
Check = Callable[[Call, BenchDatabase, int, int], None]

CONTRACT = json.loads(
    (Path(__file__).parents[1] / "tests" / "contract" / "contract.json").read_text("utf-8")
)
TELLING_NOTHING = {"password", "passwordPortal"}  # SIPPULSE_RETRIEVE_PASSWORDS is off


class WrongAnswer(AssertionError):
    """An answer is not what it should be, so nothing is timed."""


def retrieve_subscriber(call: Call, db: BenchDatabase, number: int, new: int) -> None:
    (found,) = _succeeded(call()).results
    row = db.row("SELECT * FROM subscriber WHERE username = %s", username(number))
    _agree(found, row, "subscriberDTO", without=TELLING_NOTHING)


def list_by_acc(call: Call, db: BenchDatabase, number: int, new: int) -> None:
    found = _succeeded(call()).results
    rows = db.rows(
        "SELECT d.*, s.account_code FROM did d JOIN subscriber s ON s.id = d.subscriber_id"
        " WHERE s.username = %s ORDER BY d.alias_username",
        username(number),
    )
    _equal(len(found), DIDS_EACH, "DIDs")
    for one, row in zip(found, rows, strict=True):
        _agree(one, row, "did")


def list_rates(call: Call, db: BenchDatabase, number: int, new: int) -> None:
    found = _succeeded(call()).results
    rows = db.rows("SELECT * FROM rate WHERE rate_id = %s", RATE_ID)
    _equal(len(found), RATES, "rates")
    by_prefix = {row["prefix"]: row for row in rows}
    for one in found:
        _agree(one, by_prefix.pop(one["prefix"]), "rate")


def insert_rates(call: Call, db: BenchDatabase, number: int, new: int) -> None:
    with _audited(db, "insertRates"):
        _empty(call())
    rows = db.rows("SELECT * FROM rate WHERE rate_id = %s", new)
    _equal(len(rows), RATES, "rates stored")
    _equal(sum(row["rate_value"] for row in rows), Decimal("1501.5"), "sum of the rates stored")


def add_credit(call: Call, db: BenchDatabase, number: int, new: int) -> None:
    query = "SELECT id, credit, account_code FROM subscriber WHERE username = %s"
    before = db.row(query, username(number))
    with _audited(db, "addCredit"):
        _empty(call())
    after = db.row(query, username(number))
    _equal(after["credit"] - before["credit"], Decimal("10.5"), "credit added")
    ledger = db.rows(
        "SELECT * FROM credit_ledger WHERE account_id = %s ORDER BY id DESC LIMIT 1", after["id"]
    )[0]
    wanted = {
        "kind": "subscriber",
        "account": after["account_code"],
        "value": Decimal("10.5"),
        "balance": after["credit"],
        "administrator": LOGIN,
        "obs": "recarga",
    }
    _equal({name: ledger[name] for name in wanted}, wanted, "ledger")
    _equal((ledger["expires_at"] - ledger["at"]).days, 30, "days until the credit expires")


def insert_subscriber(call: Call, db: BenchDatabase, number: int, new: int) -> None:
    with _audited(db, "insertSubscriber"):
        answer = _succeeded(call())
    row = db.row("SELECT * FROM subscriber WHERE username = %s", f"554810{new}")
    _equal(answer.element.findtext("{*}subscriberId"), str(row["id"]), "subscriberId")
    wanted = {
        "account_code": f"554810{new}@{DOMAIN}",
        "password": "plain:s3nha-nova",
        "password_portal": "plain:p0rtal",
        "first_name": "João",
        "city_code": "CNL10",
        "low_credit_limit": Decimal("5.5"),
        "mobile": 5548999990000,
    }
    _equal({name: row[name] for name in wanted}, wanted, "subscriber stored")
    digests = db.row(
        "SELECT MD5(%s) AS ha1, MD5(%s) AS ha1b",
        f"554810{new}:{DOMAIN}:s3nha-nova",
        f"554810{new}@{DOMAIN}:{DOMAIN}:s3nha-nova",
    )
    _equal({name: row[name] for name in digests}, digests, "digests")


def remove_subscriber(call: Call, db: BenchDatabase, number: int, new: int) -> None:
    query = "SELECT id FROM subscriber WHERE username = %s"
    _equal(len(db.rows(query, f"gone{new}")), 1, "subscribers before")
    with _audited(db, "removeSubscriber"):
        _empty(call())
    _equal(db.rows(query, f"gone{new}"), [], "subscribers after")


def update_subscriber(call: Call, db: BenchDatabase, number: int, new: int) -> None:
    query = "SELECT * FROM subscriber WHERE username = %s"
    before = db.row(query, username(number))
    with _audited(db, "updateSubscriber"):
        _empty(call())
    changed = before | {"city": f"Cidade {new}"}
    _equal(db.row(query, username(number)), changed, "the subscriber")


def activate_subscriber(call: Call, db: BenchDatabase, number: int, new: int) -> None:
    db.execute("UPDATE subscriber SET active = 0 WHERE username = %s", username(number))
    with _audited(db, "activateSubscriber"):
        _empty(call())
    row = db.row("SELECT active FROM subscriber WHERE username = %s", username(number))
    _equal(row["active"], 1, "active")


def login_refused(call: Call, db: BenchDatabase, number: int, new: int) -> None:
    answer = call()
    _equal(answer.status, 500, "status")
    if not answer.element.findtext("faultstring"):
        raise WrongAnswer(f"no fault: {answer.body[:500]!r}")


def wsdl(call: Call, db: BenchDatabase, number: int, new: int) -> None:
    answer = call()
    _equal(answer.status, 200, "status")
    names = answer.root.xpath("//*[local-name()='portType']/*[local-name()='operation']/@name")
    _equal(set(CONTRACT["services"]["SubscriberWS"]["operations"]) <= set(names), True, "WSDL")


@contextmanager
def _audited(db: BenchDatabase, operation: str) -> Iterator[None]:
    """One call leaves one audit row, that of the operation done."""
    last = db.row("SELECT COALESCE(MAX(id), 0) AS id FROM audit")["id"]
    yield
    found = db.rows("SELECT login, operation, outcome FROM audit WHERE id > %s", last)
    _equal(found, [{"login": LOGIN, "operation": operation, "outcome": "done"}], "audit")


def _succeeded(answer: Answer) -> Answer:
    if answer.status != 200:
        raise WrongAnswer(f"status {answer.status}: {answer.body[:500]!r}")
    return answer


def _empty(answer: Answer) -> None:
    _equal(len(_succeeded(answer).element), 0, "children of the response")


def _agree(
    found: dict[str, str],
    row: dict[str, Any],
    type_name: str,
    without: AbstractSet[str] = frozenset(),
) -> None:
    """The answer says what the row says, field by field of the contract's type."""
    for notation in CONTRACT["types"][type_name]["fields"]:
        name, _, kind = notation.partition(":")
        value = None if name in without else row[_column(name)]
        _equal(_plain(found.get(name), kind.rstrip("?*")), _stored(value, kind), name)


def _column(name: str) -> str:
    return re.sub("(?=[A-Z])", "_", name).lower()


def _plain(text: str | None, kind: str) -> Any:
    if text is None or kind == "string":
        return text
    if kind == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}[text]
    return float(text)


def _stored(value: Any, kind: str) -> Any:
    if value is None or kind.startswith("string"):
        return value
    return bool(value) if kind.startswith("boolean") else float(value)


def _equal(found: Any, wanted: Any, what: str) -> None:
    if found != wanted:
        raise WrongAnswer(f"{what}: {found!r} instead of {wanted!r}")
