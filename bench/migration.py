"""A whole installation taken over: `python -m bench.migration [--subscribers N] [--kills N]`.

Source and target are databases of one MariaDB, each with a server. The source has ids in another
order, with gaps. The migration is killed so many times on the way and goes on with `--resume`. Then
every read operation is asked of both servers, for each account, and the answers have to be the
same, byte for byte; the ledger has one row per account, with its balance. Ends with status 1 when
anything differs.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pymysql
import requests

from tests.fixtures.server import LOGIN, PROGRAM, Server
from tests.mariadb import PrivateMariaDB
from tests.soap import ENVELOPE, principal_xml

DOMAIN = "example.com"
OF_DOMAIN = (
    "DomainWS.listDomains ProfileWS.listProfilesByDomain RatePlanWS.listRatePlansByDomain "
    "RateWS.listRatesByParams ResellerWS.listByDomain DialplanWS.listDialplansByDomain "
    "HuntGroupWS.listHuntGroups DidWS.listAvailablesNumbers"
).split()
OF_ACCOUNT = (
    "SubscriberWS.retrieveSubscriber SubscriberWS.retrieveSubscriberClassV "
    "SubscriberWS.retrieveCredit SubscriberWS.retrieveDailyQuota "
    "SubscriberWS.retrieveMonthlyQuotaDTO SubscriberWS.retrievePassword "
    "SubscriberWS.retrievePasswordWEB SubscriberWS.listDBAliases WhiteListWS.listWhiteList "
    "UserLocationWS.listUserLocations AddressWS.lisAddresses DidWS.listByAcc "
    "AccountGroupWS.retrieveAccountGroup CustomerWS.authenticate CustomerWS.retrieveCustomerCredit"
).split()
# What no operation of the old server tells: made by whoever stores a contact, or a fault's id.
MOVING = re.compile(rb"<(lastModified|expires)>[^<]*</|request [0-9a-f-]+")
SETTINGS = (
    "call_limit = id % 7, voicemail = id % 2, call_fwd = IF(id % 3, NULL, '5548999990000'), "
    "daily_quota = id % 2, daily_quota_type = 'V', daily_quota_limit = 9.5, "
    "credit = id * 1.000001, rate_plan_id = 2, mobile = 5511900000000 + id"
)


def run(url: str, *arguments: str | Path) -> None:
    subprocess.run(
        [PROGRAM, *arguments],
        env=environment(url),
        check=True,
        stdout=subprocess.DEVNULL,
        input=LOGIN["password"] + "\n",
        text=True,
    )


def environment(url: str) -> dict[str, str]:
    return os.environ | {"SIPPULSE_DATABASE_URL": url, "SIPPULSE_LANGUAGE": "en"}


def fill(url: str, mariadb: PrivateMariaDB, folder: Path, users: list[str]) -> None:
    """Through the program's own imports; accounts in no order, every tenth removed again."""
    run(url, "db", "upgrade")
    run(url, "domain", "create", DOMAIN)
    run(url, "profile", "create", DOMAIN, "DEFAULT")
    run(url, "admin", "create", LOGIN["login"], "--superuser", "--password-stdin")
    shuffled = random.Random(1).sample(users, len(users))
    tables: dict[str, tuple[str, Iterator[str]]] = {
        "subscribers": (
            "username,domain,profile,password,password_portal,first_name",
            (f"{u},{DOMAIN},DEFAULT,S3gredo-{u},portal-{u},João {u}" for u in shuffled),
        ),
        "dids": (
            "number,domain,account_code",
            (f"5548{u},{DOMAIN},{u}@{DOMAIN}" for u in shuffled),
        ),
        "white-lists": ("account_code,prefix", (f"{u}@{DOMAIN},0800{u}" for u in shuffled)),
        "aliases": (
            "account_code,alias_username,alias_domain",
            (f"{u}@{DOMAIN},a{u},{DOMAIN}" for u in shuffled),
        ),
        "addresses": (
            "account_code,ip_address",
            (f"{u}@{DOMAIN},10.{int(u[-6:]) // 250 % 250}.{int(u) % 250}.1" for u in shuffled),
        ),
        "rates": (
            "domain,rate_id,prefix,name,rate_value",
            (f"{DOMAIN},8,55{n:04d},CIDADE {n},0.08" for n in range(2000)),
        ),
    }
    statements = [
        f"INSERT INTO rate_plan (id, domain, name, rate_id) VALUES (2, '{DOMAIN}', 'P', 8)"
    ]
    for kind, (heading, lines) in tables.items():
        path = folder / f"{kind}.csv"
        path.write_text("\n".join([heading, *lines]) + "\n")
        run(url, "import", kind, path)
    statements.append(f"UPDATE subscriber SET {SETTINGS}")
    with connected(mariadb, url) as database, database.cursor() as cursor:
        for one in statements:
            cursor.execute(one)


def connected(mariadb: PrivateMariaDB, url: str = "") -> Any:
    name = url.rpartition("/")[2] or None
    return pymysql.connect(
        host="127.0.0.1", port=mariadb.port, user="root", database=name, autocommit=True
    )


def migrate(url: str, old: str, folder: Path, kills: int, seconds: float) -> None:
    """Killed at moments of chance, then to the end."""
    command: list[str | Path] = [
        PROGRAM,
        "migrate",
        "--from",
        old,
        "--login",
        LOGIN["login"],
        "--password-stdin",
    ]
    command += ["--subscribers", folder / "accounts.csv", "--state", folder / "state"]
    command += ["--rate", "0", "--resume", "--report", folder / "report.json"]
    moments = random.Random(2)
    for number in range(kills + 1):
        process = subprocess.Popen(command, env=environment(url), stdin=subprocess.PIPE, text=True)
        assert process.stdin is not None
        process.stdin.write(LOGIN["password"] + "\n")
        process.stdin.close()
        if number == kills:
            assert process.wait() == 0, "the last run was not clean"
            return
        time.sleep(seconds * moments.uniform(0.5, 1))
        if process.poll() is None:
            process.kill()
            process.wait()
            print(f"killed, {len((folder / 'state').read_text().split())} accounts done")


def questions(users: list[str]) -> Iterator[tuple[str, str, str]]:
    for one in OF_DOMAIN:
        service, operation = one.split(".")
        yield service, operation, f"<domain>{DOMAIN}</domain>" + principal_xml(LOGIN)
    for user in users:
        key = f"<username>{user}</username><domain>{DOMAIN}</domain>"
        code = f"{user}@{DOMAIN}"
        key += f"<accountCode>{code}</accountCode><accountManager>{code}</accountManager>"
        for one in OF_ACCOUNT:
            service, operation = one.split(".")
            end = principal_xml(LOGIN)
            if service == "CustomerWS":
                end = f"<password>portal-{user}</password>"
            yield service, operation, key + end


def differences(old: str, new: str, users: list[str]) -> tuple[int, list[str]]:
    """How many questions, and those that the servers answer otherwise."""
    session = requests.Session()

    def compare(question: tuple[str, str, str]) -> str | None:
        service, operation, body = question
        envelope = ENVELOPE.format(operation=operation, body=body).encode()
        headers = {"Content-Type": "text/xml; charset=utf-8"}
        answers = [
            session.post(f"{base}/SipPulse/{service}", envelope, headers=headers, timeout=120)
            for base in (old, new)
        ]
        first, second = (MOVING.sub(b"", one.content) for one in answers)
        return None if first == second else f"{service}.{operation} {body[:60]}"

    asked = list(questions(users))
    with ThreadPoolExecutor(4) as pool:
        return len(asked), [one for one in pool.map(compare, asked) if one]


def money(mariadb: PrivateMariaDB, url: str, accounts: int) -> list[str]:
    """What is wrong with the ledger."""
    wrong = (
        "SELECT COUNT(*) FROM subscriber s LEFT JOIN "
        "(SELECT account, SUM(value) v, COUNT(*) n FROM credit_ledger GROUP BY account) l "
        "ON l.account = s.account_code WHERE NOT (l.n <=> 1) OR l.v <> s.credit"
    )
    with connected(mariadb, url) as database, database.cursor() as cursor:
        cursor.execute(wrong)
        (bad,) = cursor.fetchone()
        cursor.execute("SELECT COUNT(*) FROM subscriber")
        (count,) = cursor.fetchone()
    found = [f"{bad} accounts whose ledger is not one row of their balance"] if bad else []
    return found + ([f"{count} accounts instead of {accounts}"] if count != accounts else [])


def measure(mariadb: PrivateMariaDB, folder: Path, options: argparse.Namespace) -> bool:
    users = [f"4830{n:06d}" for n in range(options.subscribers)]
    urls = []
    for name in ("old_side", "new_side"):
        with connected(mariadb) as database, database.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        urls.append(f"mysql+pymysql://root@127.0.0.1:{mariadb.port}/{name}")
    old_url, new_url = urls
    fill(old_url, mariadb, folder, users)
    run(new_url, "db", "upgrade")
    (folder / "accounts.csv").write_text(
        "\n".join(["account_code", *(f"{user}@{DOMAIN}" for user in users)])
    )
    old = Server(old_url, folder / "old.log")
    started = time.monotonic()
    migrate(new_url, old.base, folder, options.kills, options.seconds)
    print(f"{len(users)} accounts taken in {time.monotonic() - started:.0f} s", flush=True)
    run(new_url, "admin", "create", LOGIN["login"], "--superuser", "--password-stdin")
    new = Server(new_url, folder / "new.log")
    asked, differ = differences(old.base, new.base, users)
    differ += money(mariadb, new_url, len(users))
    print(f"{asked} questions asked of both, {len(differ)} differences", flush=True)
    for one in differ[:20]:
        print(f"  {one}")
    old.stop()
    new.stop()
    return not differ


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscribers", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=30, help="at most, until each kill")
    options = parser.parse_args()
    mariadb = PrivateMariaDB()
    try:
        with tempfile.TemporaryDirectory(prefix="sippulse-migration-") as folder:
            return 0 if measure(mariadb, Path(folder), options) else 1
    finally:
        mariadb.stop()


if __name__ == "__main__":
    sys.exit(main())
