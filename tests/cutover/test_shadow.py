"""The shadow as clients and operators meet it: real processes, real sockets."""

import gzip
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sippulse_ws.testing.server import SippulseServer
from tests.cutover.standin import PATIENCE, Caller, Shadow, account, fields, new_account, verdicts

pytestmark = pytest.mark.engines("sqlite")

Start = Callable[..., Shadow]
Client = Callable[[Shadow], Caller]


def test_the_client_has_the_old_servers_answer_and_reads_are_compared(
    old: SippulseServer, new: SippulseServer, shadowed: Start, calling: Client
) -> None:
    for server in (old, new):
        server.subscriber("1000", first_name="João")
    shadow = shadowed()
    call = calling(shadow)
    answer = call("SubscriberWS", "retrieveSubscriber", account("1000"))
    assert answer.status_code == 200
    direct = Caller(old.url, old.principal)("SubscriberWS", "retrieveSubscriber", account("1000"))
    assert answer.content == direct.content
    report = shadow.stop()
    assert verdicts(report, "SubscriberWS.retrieveSubscriber") == {"equal": 1}


def test_what_differs_is_named_by_its_first_field_with_a_masked_sample(
    old: SippulseServer, new: SippulseServer, shadowed: Start, calling: Client
) -> None:
    old.subscriber("1000", first_name="João", call_limit=3)
    new.subscriber("1000", first_name="Maria", call_limit=4)
    shadow = shadowed()
    calling(shadow)("SubscriberWS", "retrieveSubscriber", account("1000"))
    report = shadow.stop()
    found = report["operations"]["SubscriberWS.retrieveSubscriber"]["fields"]
    assert found == {
        "return/callLimit": {
            "count": 1, "record": 1, "given": "3", "other": "4", "verdict": "different",
        }
    }  # fmt: skip
    page = (shadow.folder / "report.html").read_text()
    assert "return/callLimit" in page
    assert "João" not in page


def test_writes_stay_with_the_old_server_unless_asked(
    old: SippulseServer, new: SippulseServer, shadowed: Start, calling: Client
) -> None:
    shadow = shadowed()
    call = calling(shadow)
    assert call("SubscriberWS", "insertSubscriber", new_account("1000")).status_code == 200
    assert call("SubscriberWS", "retrieveCredit", account("1000")).status_code == 200
    report = shadow.stop()
    assert (len(old.rows("subscriber")), len(new.rows("subscriber"))) == (1, 0)
    assert verdicts(report, "SubscriberWS.insertSubscriber") == {"not-compared": 1}
    assert verdicts(report, "SubscriberWS.retrieveCredit") == {"explained": 1}
    assert report["operations"]["SubscriberWS.retrieveCredit"]["reasons"] == {"one-sided": 1}


def test_mirrored_writes_are_done_once_in_order_and_with_the_other_servers_ids(
    old: SippulseServer, new: SippulseServer, shadowed: Start, calling: Client
) -> None:
    for number in range(7):  # so that ids differ
        new.subscriber(f"9{number}")
    shadow = shadowed("--mirror-writes")
    call = calling(shadow)
    call("SubscriberWS", "insertSubscriber", new_account("1000"))
    for value in ("1", "2", "4"):
        call("SubscriberWS", "addCredit", account("1000") + f"<value>{value}</value>")
    did = "<accountCode>1000@example.com</accountCode><aliasUsername>55483025{}</aliasUsername>"
    numbers = []
    for last in ("8080", "8081"):
        body = f"<did>{did.format(last)}<domain>example.com</domain></did>"
        numbers.append(call("DidWS", "insertDid", body).text.split("didId>")[1].strip("</"))
    call("DidWS", "deleteDid", f"<didId>{numbers[0]}</didId>")
    call("DidWS", "listByAcc", "<accountCode>1000@example.com</accountCode>")
    call("SubscriberWS", "retrieveSubscriber", account("1000"))
    call("SubscriberWS", "retrieveCredit", account("1000"))
    report = shadow.stop()
    assert list(fields(report)) == []
    assert report["totals"]["equal"] == report["totals"]["requests"] == 10
    (kept,) = new.rows("did")
    assert kept["alias_username"] == "554830258081"
    (mine,) = new.rows("subscriber", username="1000")
    assert int(mine["credit"]) == 7
    assert report["operations"]["SubscriberWS.retrieveSubscriber"]["tolerated"] == {"ids": 1}


def test_what_the_new_server_refuses_is_told_apart(
    old: SippulseServer, new: SippulseServer, shadowed: Start, calling: Client
) -> None:
    old.subscriber("1000")
    shadow = shadowed()
    calling(shadow)("SubscriberWS", "retrieveSubscriber", account("1000"))
    report = shadow.stop()
    assert verdicts(report, "SubscriberWS.retrieveSubscriber") == {"refused": 1}


def test_faults_of_both_are_equal_whatever_their_language(
    old: SippulseServer, shadowed: Start, calling: Client
) -> None:
    shadow = shadowed()
    answer = calling(shadow)("SubscriberWS", "retrieveSubscriber", account("1000"))
    assert answer.status_code == 500
    report = shadow.stop()
    assert verdicts(report, "SubscriberWS.retrieveSubscriber") == {"equal": 1}


SECRETS = ["Segredo-do-João-77", "portal-Secret-88", "novo-Segredo-99", "4455667788"]


def test_no_password_reaches_the_disk(
    old: SippulseServer, new: SippulseServer, shadowed: Start, calling: Client
) -> None:
    shadow = shadowed("--mirror-writes", "--learn-logins")
    call = calling(shadow)
    first, portal, later, voicemail = SECRETS
    extra = f"<passwordPortal>{portal}</passwordPortal>"
    extra += f"<voiceMailPassword>{voicemail}</voiceMailPassword>"
    body = new_account("1000", first).replace("</subscriber>", extra + "</subscriber>")
    call("SubscriberWS", "insertSubscriber", body)
    change = f"<actualPassword>{first}</actualPassword><newPassword>{later}</newPassword>"
    change += f"<confirmNewPassword>{later}</confirmNewPassword>"
    call("SubscriberWS", "changePassword", account("1000") + change)
    call("SubscriberWS", "retrievePassword", account("1000"), Authorization="Basic eDpTZWNyZXQ=")
    call("SubscriberWS", "retrieveSubscriber", account("1000"))
    call("CustomerWS", "authenticate", account("1000") + f"<password>{later}</password>")
    # in a place where nobody expects it, in a header, in an attribute
    call("SubscriberWS", "addCredit", account("1000") + f"<value>1</value><obs>pw {later}</obs>")
    call("SubscriberWS", "retrieveCredit", account("1000") + f"<x senha='{later}'>{later}</x>")
    call.send("SubscriberWS", b"<broken>" + later.encode())
    shadow.stop()
    told = shadow.written()
    for secret in [*SECRETS, old.principal["password"], "eDpTZWNyZXQ="]:
        assert secret not in told, secret
    records = {one["operation"]: one for one in shadow.records()}
    assert "pw-" in records["SubscriberWS.insertSubscriber"]["request"]["xml"]
    assert len(records) == 7
    for file in shadow.folder.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file


def test_pseudonyms_are_equal_where_passwords_are(shadowed: Start, calling: Client) -> None:
    shadow = shadowed()
    call = calling(shadow)
    for username, password in (("1", "same-Secret"), ("2", "same-Secret"), ("3", "other-Secret")):
        call("SubscriberWS", "insertSubscriber", new_account(username, password))
    shadow.stop()
    texts = [one["request"]["xml"] for one in shadow.records()]
    own = [text.split("<password>")[1].split("<")[0] for text in texts]
    assert own[0] == own[1] != own[2]


def test_learnt_logins_open_the_new_server(
    old: SippulseServer, shadowed: Start, calling: Client, cli: Any
) -> None:
    old.domain("two.example.com")
    integrator = old.administrator("integrador", "example.com", "two.example.com")
    shadow = shadowed("--learn-logins")
    call = Caller(shadow.url, integrator)
    assert call("DomainWS", "listDomains", "").status_code == 200
    wrong = Caller(shadow.url, {"login": "integrador", "password": "wrong"})
    assert wrong("DomainWS", "listDomains", "").status_code == 500
    shadow.stop()
    file = shadow.folder / "logins.csv"
    assert integrator["password"] not in file.read_text()
    said = cli("admin", "adopt", str(file), status=1)
    assert "two.example.com" in said.output  # a domain that is not there
    cli("domain", "create", "two.example.com")
    cli("admin", "adopt", str(file))
    (row,) = [one for one in cli.rows("admin", "list") if one["login"] == "integrador"]
    assert row["domains"] == "example.com two.example.com"
    assert row["superuser"] == "False"


def test_switched_the_new_server_answers_and_the_old_one_is_compared(
    old: SippulseServer, new: SippulseServer, shadowed: Start, calling: Client
) -> None:
    new.subscriber("1000", call_limit=4)
    old.subscriber("1000", call_limit=3)
    shadow = shadowed("--switch")
    answer = calling(shadow)("SubscriberWS", "retrieveSubscriber", account("1000"))
    assert "<callLimit>4</callLimit>" in answer.text
    report = shadow.stop()
    assert report["given_by"] == new.url
    (finding,) = report["operations"]["SubscriberWS.retrieveSubscriber"]["fields"].values()
    assert (finding["given"], finding["other"]) == ("4", "3")


def test_a_new_server_that_is_away_or_says_nothing_is_no_clients_trouble(
    old: SippulseServer, shadowed: Start, calling: Client
) -> None:
    old.subscriber("1000")
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and that is all
        urls = ["http://127.0.0.1:1", f"http://127.0.0.1:{silent.getsockname()[1]}"]
        shadow = shadowed("--mirror-writes", new_url=urls[1])
        for value in ("1", "2"):
            body = account("1000") + f"<value>{value}</value>"
            assert calling(shadow)("SubscriberWS", "addCredit", body).status_code == 200
        shadow.kill()
    shadow = shadowed(new_url=urls[0])
    answer = calling(shadow)("SubscriberWS", "retrieveCredit", account("1000"))
    assert "<return>3.0</return>" in answer.text
    report = shadow.stop()
    assert verdicts(report, "SubscriberWS.retrieveCredit") == {"no-answer": 1}


def test_requests_in_every_packing_are_understood_translated_and_mirrored(
    old: SippulseServer, new: SippulseServer, shadowed: Start, calling: Client
) -> None:
    new.subscriber("spare")
    new.call("DidWS", "insertDid", did={
        "accountCode": "spare@example.com", "aliasUsername": "1", "domain": "example.com",
    })  # fmt: skip
    shadow = shadowed("--mirror-writes")
    call = calling(shadow)
    latin = call.envelope("insertSubscriber", new_account("1000", firstName="João"))
    declared = f'<?xml version="1.0" encoding="ISO-8859-1"?>{latin}'
    assert call.send("SubscriberWS", declared.encode("latin-1"), "text/xml").status_code == 200
    did = "<did><accountCode>1000@example.com</accountCode><domain>example.com</domain>{}</did>"
    number = "<aliasUsername>554830258080</aliasUsername>"
    zipped = gzip.compress(call.envelope("insertDid", did.format(number)).encode())
    told = {"Content-Encoding": "gzip"}
    answer = call.send("DidWS", zipped, **told)
    identifier = answer.text.split("<didId>")[1].split("<")[0]
    deletion = call.envelope("deleteDid", f"<didId>{identifier}</didId>")
    parts = 'multipart/related; boundary=b; type="text/xml"; start="<r>"'
    head = "--b\r\nContent-Type: text/xml; charset=utf-8\r\nContent-ID: <r>\r\n\r\n"
    packed = f"{head}{deletion}\r\n--b\r\nContent-ID: <x>\r\n\r\nattached\r\n--b--\r\n"
    assert call.send("DidWS", packed.encode(), parts).status_code == 200
    utf16 = call.envelope("retrieveSubscriber", account("1000"))
    wide = call.send("SubscriberWS", utf16.encode("utf-16"), "text/xml; charset=utf-16")
    assert wide.status_code == 200
    chunks = iter([call.envelope("retrieveCredit", account("1000")).encode()])
    assert call.send("SubscriberWS", chunks).status_code == 200  # type: ignore[arg-type]
    report = shadow.stop()
    assert list(fields(report)) == []
    assert report["totals"]["equal"] == 5
    assert [row["alias_username"] for row in new.rows("did")] == ["1"]
    (row,) = new.rows("subscriber", username="1000")
    assert row["first_name"] == "João"


def test_what_is_no_operation_is_handed_on_and_counted(
    old: SippulseServer, shadowed: Start, calling: Client
) -> None:
    shadow = shadowed()
    call = calling(shadow)
    wsdl = call.session.get(f"{shadow.url}/SipPulse/SubscriberWS?wsdl", timeout=60)
    assert shadow.url in wsdl.text  # clients come back to the shadow
    assert call.session.get(f"{shadow.url}/SipPulse/", timeout=60).status_code == 200
    assert call.send("SubscriberWS", b"{}", "application/json").status_code == 415
    assert call.send("NoSuchWS", call.envelope("x", "").encode()).status_code == 404
    report = shadow.stop()
    assert report["rest"] == {"GET": 1, "unreadable: not SOAP 1.1: application/json": 1}
    assert verdicts(report, "SubscriberWS?wsdl") == {"equal": 1}
    assert verdicts(report, "NoSuchWS.x") == {"not-compared": 1}


def test_a_restarted_shadow_goes_on_counting(
    old: SippulseServer, new: SippulseServer, shadowed: Start, calling: Client
) -> None:
    for server in (old, new):
        server.subscriber("1000")
    for count in (1, 2):
        shadow = shadowed()
        calling(shadow)("SubscriberWS", "retrieveCredit", account("1000"))
        report = shadow.stop()
        assert verdicts(report, "SubscriberWS.retrieveCredit") == {"equal": count}
    assert [one["id"] for one in shadow.records()] == [1, 2]


def test_clients_are_answered_when_comparing_has_died(
    old: SippulseServer, shadowed: Start, calling: Client
) -> None:
    old.subscriber("1000")
    shadow = shadowed()
    call = calling(shadow)
    pid = shadow.process.pid
    (judge,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    os.kill(int(judge), signal.SIGKILL)
    padding = "<x>" + "y" * 100_000 + "</x>"  # more than a pipe holds
    for _ in range(3):
        answer = call("SubscriberWS", "retrieveCredit", account("1000") + padding)
        assert answer.status_code == 200
    shadow.process.terminate()
    assert shadow.process.wait(PATIENCE) == 1
    assert "comparing has ended" in shadow.output
