"""What servers on different nodes do at the same moment, and what they have to do together."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy.exc import DBAPIError

from sippulse_ws.db import Database
from sippulse_ws.db.connections.failures import is_conflict
from sippulse_ws.domain import reload_queue
from sippulse_ws.domain.access import Scope
from sippulse_ws.domain.addresses import insert_address
from sippulse_ws.domain.errors import AddressTaken
from sippulse_ws.jobs.job import Job, JobRuns, list_jobs
from sippulse_ws.jobs.lease import Lease
from tests.cluster.conftest import is_ready, wait_for_refusal
from tests.cluster.galera import Cluster, waiting
from tests.cluster.test_answers import KEY, Sql, balance, credit, fault, insert, new_subscriber
from tests.e2e.test_shared_reloads import SlowReload, asking
from tests.fixtures.proxies import KamailioStandIn
from tests.fixtures.server import Cli, Server
from tests.soap import ENVELOPE, principal_xml

pytestmark = pytest.mark.cluster
Servers = Callable[..., list[Server]]
PATIENCE = 60


def at_once(*calls: Callable[[], str]) -> list[str]:
    barrier = Barrier(len(calls))

    def run(call: Callable[[], str]) -> str:
        barrier.wait(PATIENCE)
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def post_as(server: Server, login: str, operation: tuple[str, str], body: str) -> str:
    body += principal_xml({"login": login, "password": f"password of {login}"})
    return fault(server.raw(operation[0], ENVELOPE.format(operation=operation[1], body=body)))


def address(domain: str, ip: str, mask: int) -> str:
    told = f"<ipAddress>{ip}</ipAddress><mask>{mask}</mask><method>iponly</method><port>0</port>"
    owner = f"<username>trunk</username><domain>{domain}</domain>"
    return f"<address>{owner}{told}<protocol>any</protocol></address>"


def test_overlapping_addresses_of_two_domains_never_both_win(
    node_servers: Servers, cli: Cli, sql: Sql
) -> None:
    """Locks of rows end at a node: both were stored."""
    servers = node_servers(0, 1)
    domains = ("example.com", "other.example.com")
    for domain in domains:
        login = f"admin-{domain}"
        cli("admin", "create", login, "--password-stdin", input=f"password of {login}")
        cli("admin", "grant", login, domain)
        told = new_subscriber("trunk").replace(">example.com<", f">{domain}<")
        assert fault(servers[0].post("SubscriberWS", "insertSubscriber", told)) == ""
    for number in range(8):
        networks = ((f"198.51.100.{16 * number}", 28), (f"198.51.100.{16 * number + 5}", 32))

        def store(place: int, networks: tuple[tuple[str, int], ...] = networks) -> str:
            domain, (ip, mask) = domains[place], networks[place]
            told = address(domain, ip, mask)
            login = f"admin-{domain}"
            return post_as(servers[place], login, ("AddressWS", "insertAddress"), told)

        faults = at_once(lambda: store(0), lambda: store(1))
        assert sum(not text for text in faults) == 1, faults
        assert [text for text in faults if "internal" in text.lower()] == []
    [[stored]] = sql("SELECT COUNT(*) FROM address WHERE ip_address LIKE '198.51.100.%%'")
    assert stored == 8


def test_of_two_transactions_on_two_nodes_that_overlap_the_second_is_refused(
    cli: Cli, galera: Cluster, servers: list[Server]
) -> None:
    """Neither sees the other's row, whatever it locks; the guard both changed tells them apart."""
    insert(servers[0], "first")
    insert(servers[0], "second")
    told = {"domain": "example.com", "method": "iponly", "port": 0, "protocol": "any"}
    one = told | {"username": "first", "ip_address": "203.0.113.128", "mask": 25}
    two = told | {"username": "second", "ip_address": "203.0.113.130", "mask": 32}
    nobody = Scope(0, "of no domain", False, None)  # so that the other's address is another one's
    databases = [
        Database(f"mysql+pymysql://root@127.0.0.1:{node.port}/sippulse", 1, is_cluster=True)
        for node in galera.nodes[:2]
    ]

    def both() -> None:
        # the inner one is committed first
        with databases[1].writing() as second, databases[0].writing() as first:
            insert_address(first, nobody, one)
            insert_address(second, nobody, two)

    with pytest.raises(DBAPIError) as raised:
        both()
    assert is_conflict(raised.value)
    with pytest.raises(AddressTaken), databases[1].writing() as second:
        insert_address(second, nobody, two)
    for database in databases:
        database.close()


def test_a_key_through_two_servers_is_done_once(node_servers: Servers, sql: Sql) -> None:
    one, two = node_servers(0, 1)
    insert(one, "keyed")
    for number in range(8):
        key = f'"key-{number}"'

        def book(server: Server, key: str = key) -> str:
            return credit(server, "keyed", 3, idempotency_key=key)

        assert at_once(lambda: book(one), lambda: book(two)) == ["", ""]
    assert balance(sql, "keyed") == (24, 24)
    [[repeated]] = sql("SELECT COUNT(*) FROM audit WHERE outcome = 'repeated'")
    assert repeated >= 8


def test_one_name_has_one_owner_on_all_nodes(node_servers: Servers) -> None:
    one, two = node_servers(0, 1)
    insert(one, "owner")
    for number in range(6):
        alias = f"<dbAliases><aliasUsername>n{number}</aliasUsername>{KEY.format(name='owner')}"

        def make_alias(alias: str = alias) -> str:
            return fault(two.post("SubscriberWS", "insertDBAliases", f"{alias}</dbAliases>"))

        def make_subscriber(number: int = number) -> str:
            body = new_subscriber(f"n{number}")
            return fault(one.post("SubscriberWS", "insertSubscriber", body))

        faults = at_once(make_subscriber, make_alias)
        assert sum(not text for text in faults) == 1, faults


def test_guesses_through_two_servers_are_delayed_together(
    node_servers: Servers, cli: Cli, sql: Sql
) -> None:
    servers = node_servers(0, 1)
    cli("admin", "create", "guessed", "--superuser", "--password-stdin", input="right")

    def guess(number: int, password: str) -> str:
        body = KEY.format(name="nobody")
        body += principal_xml({"login": "guessed", "password": password})
        envelope = ENVELOPE.format(operation="retrieveSubscriber", body=body)
        return fault(servers[number % 2].raw("SubscriberWS", envelope))

    for number in range(4):
        assert guess(number, f"wrong {number}")
    [[failures]] = sql("SELECT SUM(failures) FROM login_failure WHERE login = 'guessed'")
    assert failures >= 3
    wrong = guess(0, "wrong again")
    assert guess(0, "right") == guess(1, "right") == wrong  # refused by both


def test_a_holder_that_is_cut_off_stops_before_another_one_begins(
    galera: Cluster, installed: str
) -> None:
    """The lease by which one server of all works in the background."""
    databases = [
        Database(f"mysql+pymysql://root@127.0.0.1:{node.port}/sippulse", 1, is_cluster=True)
        for node in galera.nodes[:2]
    ]
    one, two = (Lease(db, f"holder {n}", name="cut off") for n, db in enumerate(databases))
    waiting(one.keep, "it is not free")
    assert not two.keep()
    galera.nodes[0].isolate()
    try:
        with ThreadPoolExecutor(1) as threads:

            def keep_on() -> None:
                while not two.held:
                    one.keep()
                    time.sleep(0.5)

            keeping = threads.submit(keep_on)
            while not two.keep():
                time.sleep(0.5)
            assert not one.held
            keeping.result()
    finally:
        galera.nodes[0].rejoin()
        galera.healed()
    assert not one.keep()
    for database in databases:
        database.close()


def test_a_reload_that_two_servers_could_do_is_done_once(galera: Cluster, installed: str) -> None:
    """The one that loses at the commit looks again, and has not failed."""
    databases = [
        Database(f"mysql+pymysql://root@127.0.0.1:{node.port}/sippulse", 1, is_cluster=True)
        for node in galera.nodes[:2]
    ]
    done: list[str] = []

    def take(database: Database) -> None:
        with database.writing() as db:
            task = reload_queue.claim(db, "proxy", "address")
        if task is not None:
            done.append(task.table)
            with database.writing() as db:
                reload_queue.finish(db, task)

    def work(database: Database) -> str:
        runs = JobRuns(Job("reloads of a test", 1, take))
        while runs.run(database):
            pass
        return ""

    for number in range(1, 16):
        with databases[number % 2].writing() as db:
            reload_queue.request(db, ["proxy"], ["address"])
        at_once(*(partial(work, database) for database in databases))
        assert len(done) == number
    with databases[0].reading() as db:
        [job] = [one for one in list_jobs(db) if one.name == "reloads of a test"]
    assert job.failed_at is None
    for database in databases:
        database.close()


def test_reloads_through_two_nodes_share_the_next_one(
    node_servers: Servers, kamailio_stand_in: KamailioStandIn
) -> None:
    slow = SlowReload()
    kamailio_stand_in.answers["domain.reload"] = slow
    kamailio_stand_in.load_domains("example.com", "other.example.com")
    seconds = dict.fromkeys(("PROXY_TIMEOUT", "PROXY_PATIENCE", "OPERATION_SECONDS"), str(PATIENCE))
    servers = node_servers(0, 1, PROXIES=json.dumps([kamailio_stand_in.settings]), **seconds)
    with ThreadPoolExecutor(6) as clients:

        def ask(number: int) -> str:
            told = "<profile>DEFAULT</profile><domain>example.com</domain>"
            return fault(servers[number % 2].post("ReloadModulesWS", "reloadProfile", told))

        calls = [clients.submit(ask, 0)]
        assert slow.begun.wait(PATIENCE)
        calls += [clients.submit(ask, number) for number in range(1, 6)]
        waiting(lambda: sum(map(asking, servers)) == 6, "they do not ask")
        time.sleep(2)  # they look which reload goes on
        slow.go.set()
        assert [call.result() for call in calls] == [""] * 6
    assert (slow.done, slow.refused) == (2, 0)


def test_servers_are_replaced_one_by_one_while_clients_write(
    servers: list[Server], sql: Sql
) -> None:
    """The newer program's `db upgrade` has run: a schema that only has more."""
    insert(servers[0], "rolling")
    [[revision]] = sql("SELECT version_num FROM alembic_version")
    node = "UPDATE alembic_version SET version_num = '{}'"
    note = "UPDATE stored_setting SET value = '{}' WHERE name = 'schema_serves'"
    [[told]] = sql("SELECT value FROM stored_setting WHERE name = 'schema_serves'")
    sql_all = (node.format("9999"), note.format(f"9999 {revision}"))
    back = (node.format(revision), note.format(told))
    sql_run(sql_all, sql)
    try:
        for server in servers:
            waiting(partial(is_ready, server), "not ready")
            assert credit(server, "rolling") == ""
        sql_run((note.format("9999 9999"),), sql)
        wait_for_refusal(servers[0], "newer than this program")
    finally:
        sql_run(back, sql)
    for server in servers:
        waiting(partial(is_ready, server), "not ready")
    assert balance(sql, "rolling") == (2, 2)


def sql_run(statements: tuple[str, ...], sql: Sql) -> None:
    for statement in statements:
        sql(statement)
