"""Calls rated per second, beside the least that rates calls (rating_prototype.py).

Both rate calls of the same accounts on one MariaDB, in turns.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import pymysql
import sqlalchemy as sa

from bench.rating_prototype import rate_batch
from bench.table import Table
from sippulse_ws.charging.rating import RatingWorker
from sippulse_ws.db import Database

ACCOUNTS = 20_000
LEAST = 0.7  # of the prototype's pace
FILL = """
INSERT INTO domain (domain) VALUES ('example.com');
INSERT INTO profile (domain, profile) VALUES ('example.com', 'DEFAULT');
INSERT INTO rate_plan (id, domain, name, rate_id, prepaid, tx_connection, cadency, markup)
    SELECT seq, 'example.com', CONCAT('Plan ', seq), seq, 1, 30, 6, 10 FROM seq_1_to_4;
INSERT INTO rate (domain, rate_id, prefix, name, rate_value)
    SELECT 'example.com', p.seq, CONCAT('55', n.seq), CONCAT('Rate ', n.seq), 0.18
    FROM seq_1_to_4 p, seq_1000_to_9999 n;
INSERT INTO subscriber (username, domain, account_code, profile, ha1, ha1b, credit, rate_plan_id)
    SELECT seq, 'example.com', CONCAT(seq, '@example.com'), 'DEFAULT', '', '', 1000, 1 + seq % 4
    FROM seq_1_to_{accounts};
CREATE TABLE raw_prototype (id BIGINT AUTO_INCREMENT PRIMARY KEY, call_id VARCHAR(255),
    from_tag VARCHAR(128), to_tag VARCHAR(128), account VARCHAR(129), number VARCHAR(64),
    duration INT, started DATETIME, state INT NOT NULL DEFAULT 0, KEY (state, id),
    UNIQUE (call_id, from_tag, to_tag))
"""
_WHO = "CONCAT(1 + seq * 7919 % {accounts}, '@example.com')"
_NUMBER = "CONCAT('55', 1000 + seq * 31 % 9000, '30258080')"
PROTOTYPE_CALLS = f"""INSERT INTO raw_prototype (call_id, from_tag, to_tag, account, number,
    duration, started) SELECT CONCAT('{{mark}}-', seq), 'f', 't', {_WHO}, {_NUMBER}, seq % 600,
    '2026-03-24 12:00:00' FROM seq_1_to_{{count}}"""
OUR_CALLS = f"""INSERT INTO call_raw (received_at, call_id, from_tag, to_tag, started, ended,
    duration_ms, account, basis, caller_domain, caller_id, src_uri, dst_uri, number, service,
    user_agent, src_ip) SELECT NOW(), CONCAT('{{mark}}-', seq), 'f', 't', '2026-03-24 12:00:00',
    '2026-03-24 12:10:00', 1000 * (seq % 600), {_WHO}, 'prepaid', 'example.com', 'x',
    'sip:x@example.com', 'sip:y@192.0.2.1', {_NUMBER}, 'pstn', 'Phone 1', '198.51.100.7'
    FROM seq_1_to_{{count}}"""


def run(url: str, calls: int, rounds: int = 3) -> bool:
    """Measure on a migrated, empty database; whether the target was reached."""
    database = Database(url)
    parts = sa.make_url(url)
    prototype: Any = pymysql.connect(
        host=parts.host or "127.0.0.1",
        port=parts.port or 3306,
        user=parts.username or "",
        password=parts.password or "",
        database=parts.database,
        cursorclass=pymysql.cursors.DictCursor,
    )
    with prototype.cursor() as cursor:
        for statement in FILL.format(accounts=ACCOUNTS).split(";"):
            cursor.execute(statement)
        prototype.commit()
    worker = RatingWorker("America/Sao_Paulo")
    found: dict[str, list[float]] = {"prototype": [], "ours": []}
    for number in range(rounds):
        for name, sql, batch in (
            ("prototype", PROTOTYPE_CALLS, lambda: rate_batch(prototype) > 0),
            ("ours", OUR_CALLS, lambda: worker.run(database)),
        ):
            with prototype.cursor() as cursor:
                mark = f"{name}-{number}"
                cursor.execute(sql.format(mark=mark, count=calls, accounts=ACCOUNTS))
            prototype.commit()
            found[name].append(calls / _seconds(batch))
    paces = {name: median(values) for name, values in found.items()}
    ratio = paces["ours"] / paces["prototype"]
    table = Table("calls rated", "a second")
    for name, pace in paces.items():
        table.add(name, pace)
    print(f"\nOurs at {ratio:.2f} of the prototype's pace; at least {LEAST} is wanted.")
    database.close()
    prototype.close()
    return ratio >= LEAST


def _seconds(batch: Callable[[], bool]) -> float:
    begun = time.perf_counter()
    while batch():
        pass
    return time.perf_counter() - begun
