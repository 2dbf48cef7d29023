"""The least that rates calls: the pace that rating is measured against.

It writes record, ledger and balance in one transaction of 200 calls, with one plan per account; no
holds, quotas, resellers, groups, gateways, snapshots or events.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

STEP = Decimal("0.000001")
TAKE = """SELECT r.id, r.call_id, r.from_tag, r.to_tag, r.account, r.number, r.duration, r.started
FROM raw_prototype r WHERE r.state = 0 ORDER BY r.id LIMIT %s FOR UPDATE SKIP LOCKED"""
ACCOUNTS = """SELECT s.id, s.account_code, s.domain, p.rate_id, p.tx_connection, p.cadency,
p.markup, p.tx_delay, p.tx_discard FROM subscriber s LEFT JOIN rate_plan p ON p.id = s.rate_plan_id
WHERE s.account_code IN %s"""
RATES = """SELECT domain, rate_id, prefix, name, rate_value, tx_connection, cadency, tx_delay,
tx_discard FROM rate WHERE (domain, rate_id, prefix) IN %s"""
RECORD = """INSERT INTO cdr (call_start_time, caller_domain, sip_call_id, sip_from_tag, sip_to_tag,
duration, rate, price, accountcode, service, matched_prefix, matched_prefix_name)
VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,'pstn',%s,%s)"""
LEDGER = """INSERT INTO credit_ledger (at, kind, account_id, account, value, balance, obs,
administrator) VALUES (UTC_TIMESTAMP(6),'subscriber',%s,%s,%s,%s,%s,'rating')"""
OWN = ("tx_connection", "cadency", "tx_delay", "tx_discard")


def rate_batch(db: Any, size: int = 200) -> int:
    """Rate up to `size` calls; how many there were."""
    with db.cursor() as cursor:
        cursor.execute(TAKE, (size,))
        raw = cursor.fetchall()
        if not raw:
            db.rollback()
            return 0
        accounts, rates = _load(cursor, raw)
        records, ledger = [], []
        spent: dict[int, Decimal] = defaultdict(Decimal)
        for call in raw:
            account, number = accounts[call["account"]], call["number"]
            key = (account["domain"], account["rate_id"])
            rate = next(
                rates[(*key, number[:n])] for n in range(20, 0, -1) if (*key, number[:n]) in rates
            )
            sale, price = _price(call["duration"], account, rate)
            spent[account["id"]] += price
            ledger.append((account["id"], call["account"], -price, call["call_id"]))
            records.append(
                (call["started"], account["domain"], call["call_id"], call["from_tag"],
                 call["to_tag"], call["duration"], sale, price, call["account"], rate["prefix"],
                 rate["name"])
            )  # fmt: skip
        cursor.executemany(RECORD, records)
        _post(cursor, spent, ledger)
        ids = [call["id"] for call in raw]
        cursor.execute("UPDATE raw_prototype SET state = 1 WHERE id IN %s", (ids,))
    db.commit()
    return len(raw)


def _load(cursor: Any, raw: Any) -> tuple[dict[str, Any], dict[Any, Any]]:
    cursor.execute(ACCOUNTS, (sorted({call["account"] for call in raw}),))
    accounts = {one["account_code"]: one for one in cursor.fetchall()}
    wanted = {
        (accounts[call["account"]]["domain"], accounts[call["account"]]["rate_id"],
         call["number"][:length])
        for call in raw
        for length in range(1, min(20, len(call["number"])) + 1)
    }  # fmt: skip
    cursor.execute(RATES, (sorted(wanted),))
    rates = {(one["domain"], one["rate_id"], one["prefix"]): one for one in cursor.fetchall()}
    return accounts, rates


def _price(duration: int, account: Any, rate: Any) -> tuple[Decimal, Decimal]:
    first, block, delay, discard = (
        rate[name] if rate[name] is not None else account[name] for name in OWN
    )
    sale = rate["rate_value"] * (1 + Decimal(repr(account["markup"])) / 100)
    seconds = 0
    if duration > discard and duration > delay:
        seconds = first + max(0, -(-(duration - delay - first) // block)) * block
    return sale, (sale * seconds / 60).quantize(STEP, ROUND_HALF_EVEN)


def _post(cursor: Any, spent: dict[int, Decimal], ledger: list[Any]) -> None:
    for account in sorted(spent):
        cursor.execute(
            "UPDATE subscriber SET credit = credit - %s WHERE id = %s", (spent[account], account)
        )
    cursor.execute("SELECT id, credit FROM subscriber WHERE id IN %s", (sorted(spent),))
    balances = {one["id"]: one["credit"] + spent[one["id"]] for one in cursor.fetchall()}
    rows = []
    for account, code, value, call_id in ledger:
        balances[account] += value
        rows.append((account, code, value, balances[account], call_id))
    cursor.executemany(LEDGER, rows)
