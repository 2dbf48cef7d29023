"""Recorded requests again, to a test installation."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sippulse_ws.testing.server import Server, SippulseServer
from tests.cutover.standin import Caller, Shadow, account, new_account, verdicts

pytestmark = pytest.mark.engines("sqlite")

LATIN = "text/xml; charset=ISO-8859-1"


def record(call: Caller) -> None:
    """What clients do, in their own ways."""
    call("SubscriberWS", "insertSubscriber", new_account("1000", "a-Secret-0", callLimit=2))
    latin = call.envelope("insertSubscriber", new_account("1001", firstName="João"))
    assert call.send("SubscriberWS", latin.encode("latin-1"), LATIN).status_code == 200
    call("SubscriberWS", "retrieveSubscriber", account("1000"))
    call("SubscriberWS", "retrieveSubscriber", account("1001"))
    call("SubscriberWS", "retrievePassword", account("1000"))
    call("CustomerWS", "authenticate", account("1000") + "<password>a-Secret-0</password>")
    call("SubscriberWS", "retrieveCredit", account("nobody"))


def test_a_recording_is_sent_again_with_another_login_and_compared(
    old: SippulseServer,
    new: SippulseServer,
    sippulse_server: Server,
    shadowed: Callable[..., Shadow],
    tmp_path: Path,
    cli: Any,
) -> None:
    key = str(tmp_path / "key")
    shadow = shadowed("--mirror-writes", "--key-file", key)
    record(Caller(shadow.url, old.principal))
    shadow.stop()
    test = sippulse_server.start(tmp_path)
    test.subscriber("spare")  # other ids from the start
    try:
        command = ["replay", str(shadow.folder), "--to", test.url, "--password-stdin"]
        command += ["--login", test.principal["login"], "--key-file", key]
        password = test.principal["password"]
        cli(*command, input=password + "\n")
        report = json.loads((shadow.folder / "replay.json").read_text())
        # what retrievePassword told: the pseudonym is the password there
        assert report["totals"]["equal"] == 6
        assert verdicts(report, "CustomerWS.authenticate") == {"not-compared": 1}
        (row,) = test.rows("subscriber", username="1001")
        assert row["first_name"] == "João"
        # once more: accounts are there already, so that it is refused what was done
        cli(*command, input=password + "\n", status=1)
        again = json.loads((shadow.folder / "replay.json").read_text())
        assert verdicts(again, "SubscriberWS.insertSubscriber") == {"refused": 2}
        cli(*command, "--reads-only", "--map-ids", input=password + "\n")
    finally:
        test.stop()
    assert password not in shadow.written()


def test_the_key_never_lies_with_the_recording(tmp_path: Path, cli: Any) -> None:
    folder = tmp_path / "record"
    folder.mkdir()
    said = cli(
        *("replay", str(folder), "--to", "http://127.0.0.1:1", "--login", "x"),
        *("--password-stdin", "--key-file", str(folder / "key")),
        input="x\n",
        status=1,
    )
    assert "key" in said.output
    assert list(folder.iterdir()) == []
