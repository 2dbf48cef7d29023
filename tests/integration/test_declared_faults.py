"""The faults of an operation's page: each can happen, and no other does.

Every field of every example is spoilt in turn, as a dry run on the demo data. That a fault which
happens stands on the page is checked in `tests/fixtures/faults.py`, here and in all other tests.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import Client

from sippulse_ws.domain.errors_guard import KeyMissing
from sippulse_ws.domain.password_keys import KeyWatch
from sippulse_ws.models import Subscriber
from sippulse_ws.services.catalogue import PublishedOperation, every_operation
from sippulse_ws.services.descriptions import describe_operation, example_arguments
from sippulse_ws.services.faults import possible_faults
from sippulse_ws.web.json_api import API
from sippulse_ws.wire.fields import Field, fields_of
from tests.fixtures.demo import Demo

OPERATIONS = [one for one in every_operation() if one.name == one.canonical]
ACCOUNT = "1000@demo.example.com"
# What no field likes, and what stands in the demo data already.
BAD: dict[str, tuple[Any, ...]] = {
    "string": (None, "", "1001", "ana", "x" * 300, "a\nb", "other.example.com", "x@nowhere.org"),
    "int": (None, -1, 0, 1, 99, 2**31 - 1),
    "long": (None, -1, 0, 99, 2**63 - 1),
    "double": (None, -1.5, 0.0, 1e-9, 1e300),
    "boolean": (None, True, False),
    "dateTime": (None, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"),
}
LONG = "x" * 300
TAKEN = "192.0.2.77"
# What only a superuser may say.
OF_ONE_DOMAIN = re.compile("other.example.com|'190'")
# What has to be spoilt in more than one field, or just so; paths as the descriptions write them.
SCENES: dict[str, list[dict[str, Any]]] = {
    "insertDid": [
        {"did.aliasUsername": "554830258090", "did.accountCode": "1001@demo.example.com"},
        {"did.aliasUsername": "190"},
    ],
    "insertReseller": [
        {"reseller.name": "Revenda ACME"},
        {"reseller.username": "revenda-norte"},
    ],
    "insertWhiteList": [{"whiteList.prefix": "0800771234"}],
    "insertRates": [{"rate.prefix": "5548"}],
    "updateRate": [{"rate.prefix": "55489"}],
    "addAccountGroup": [
        {"accountManager": "1001@demo.example.com", "account": ["1002@demo.example.com"]}
    ],
    "removeAccountGroup": [
        {"account": ["1001@demo.example.com"]},
        {"account": ["nobody@demo.example.com"]},
    ],
    "insertAddress": [{"address.ipAddress": "192.0.2.20", "address.mask": 32}],
    "updateAddress": [{"address.ipAddress": TAKEN, "address.mask": 32}],
    "addUserLocation": [{"contact": "sip:1000@192.0.2.30:5060"}],
    "changePassword": [{"newPassword": LONG, "confirmNewPassword": LONG}],
    "changePasswordWEB": [{"newPassword": LONG, "confirmNewPassword": LONG}],
    "changeCustomerPassword": [{"newPassword": LONG, "confirmNewPassword": LONG}],
}
# Only some installations have them, or only data of before; each has a test of its own.
ELSEWHERE = {"key-missing", "no-password", "not-in-inventory", "proxy-failed", "repeated-credit"}
ELSEWHERE |= {"weak-password"}


def variants(operation: PublishedOperation) -> Iterator[dict[str, Any]]:
    example = example_arguments(operation)
    yield example
    for path, one in leaves(operation.own_parameters):
        for value in BAD[one.kind]:
            yield changed(example, path, [value] if one.many else value)
        if one.many:
            yield changed(example, path, None)
    for one in operation.own_parameters:
        if one.model is not None:
            yield {**example, one.wire: None}
            if one.many:
                yield {**example, one.wire: example[one.wire] * 2}
    for scene in SCENES.get(operation.name, ()):
        yield played(example, scene)


def played(example: dict[str, Any], scene: dict[str, Any]) -> dict[str, Any]:
    for name, value in scene.items():
        example = changed(example, tuple(name.split(".")), value)
    return example


def known(service: str, name: str) -> PublishedOperation:
    return next(one for one in OPERATIONS if (one.service, one.name) == (service, name))


def telling(code: str) -> pytest.MarkDecorator:
    """Every operation whose page tells this fault."""
    told = [one for one in OPERATIONS if code in describe_operation(one).faults]
    assert told
    return pytest.mark.parametrize("operation", told, ids=lambda one: one.name)


def leaves(fields: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Field]]:
    for one in fields:
        if one.model is None:
            yield (*path, one.wire), one
        else:
            yield from leaves(fields_of(one.model), (*path, one.wire))


def changed(example: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    made = copy.deepcopy(example)
    inside: Any = made
    for step in path[:-1]:
        inside = inside.setdefault(step, {})
        inside = inside[0] if isinstance(inside, list) else inside
    inside[path[-1]] = value
    return made


class Caller:
    """Calls an operation, each time from another address: no guess delays the next one."""

    def __init__(self, demo: Demo, app: Any = None) -> None:
        self._demo = demo
        self._http = Client(app or demo.app)
        self._count = 0

    def really(self, operation: PublishedOperation, scene: dict[str, Any]) -> None:
        """Do it, which must succeed."""
        arguments = played(example_arguments(operation), scene)
        assert self.code(operation, arguments, dry=False) is None

    def code(
        self,
        operation: PublishedOperation,
        arguments: dict[str, Any],
        login: str = "admin",
        *,
        dry: bool = True,
    ) -> str | None:
        """Of the fault in which it ends."""
        self._count += 1
        declared = operation.declaration
        is_dry = declared.writes and not declared.tells_proxies
        address = f"198.18.{self._count >> 8}.{self._count & 255}"
        told = {
            name: self._demo.passwords[ACCOUNT] if value == "CURRENT-PASSWORD" else value
            for name, value in arguments.items()
        }
        answer = self._http.post(
            f"{API}{operation.service}/{operation.name}",
            json=told,
            headers={"X-Dry-Run": "true"} if dry and is_dry else {},
            auth=(login, self._demo.passwords[login]),
            environ_overrides={"REMOTE_ADDR": address},
        )
        assert answer.status_code != 500, (arguments, answer.json)
        if answer.status_code == 200:
            return None
        problem = json.loads(answer.data)
        return "/".join(filter(None, (problem["code"], problem.get("reason"))))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.service}.{one.name}")
def test_each_fault_of_the_page_happens_and_no_other(
    operation: PublishedOperation, demo: Demo
) -> None:
    caller = Caller(demo)
    if operation.name == "updateAddress":
        other = {"address.ipAddress": TAKEN, "address.mask": 32}
        caller.really(known("AddressWS", "insertAddress"), other)
    seen = {caller.code(operation, one) for one in variants(operation)}
    if operation.has_principal:
        some = (one for one in variants(operation) if OF_ONE_DOMAIN.search(str(one)))
        seen |= {caller.code(operation, one, "demo") for one in some}
    seen.discard(None)  # done
    told = describe_operation(operation)
    assert {f"row-refused/{one}" for one in told.row_faults} <= seen
    seen = {str(one).partition("/")[0] for one in seen}
    assert set(told.faults) - ELSEWHERE <= seen
    assert seen <= possible_faults(operation)
    if operation.declaration.right.domains is not None:
        assert "access-denied" in seen


@telling("key-missing")
def test_a_missing_key_is_told(
    operation: PublishedOperation, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: Any) -> Any:
        raise KeyMissing(key="0123")

    monkeypatch.setattr(KeyWatch, "checked", missing)
    caller = Caller(demo, demo.app_with(retrieve_passwords=True))
    assert caller.code(operation, example_arguments(operation)) == "key-missing"


@telling("weak-password")
def test_a_weak_password_is_told(operation: PublishedOperation, demo: Demo) -> None:
    caller = Caller(demo, demo.app_with(password_length=64))
    scene = {"subscriber.password": "short"} if "Subscriber" in operation.name else {}
    assert caller.code(operation, played(example_arguments(operation), scene)) == "weak-password"


@telling("no-password")
def test_a_password_that_is_not_there_is_told(operation: PublishedOperation, demo: Demo) -> None:
    demo.session.execute(sa.update(Subscriber).values(password=None, password_portal=None))
    assert Caller(demo).code(operation, example_arguments(operation)) == "no-password"


@telling("not-in-inventory")
def test_a_number_of_no_inventory_is_told(operation: PublishedOperation, demo: Demo) -> None:
    caller = Caller(demo, demo.app_with(did_source="inventory"))
    scene = {"did.aliasUsername": "554899990000"}
    arguments = played(example_arguments(operation), scene)
    assert caller.code(operation, arguments, "demo") == "not-in-inventory"


@telling("repeated-credit")
def test_a_repeated_credit_is_told(operation: PublishedOperation, demo: Demo) -> None:
    caller = Caller(demo, demo.app_with(repeated_credit_minutes=10))
    caller.really(operation, {"obs": "once"})
    again = played(example_arguments(operation), {"obs": "once"})
    assert caller.code(operation, again) == "repeated-credit"


@telling("proxy-failed")
def test_a_proxy_that_is_not_there_is_told(operation: PublishedOperation, demo: Demo) -> None:
    nobody = {"name": "sip", "kind": "kamailio", "url": "http://127.0.0.1:9/"}
    caller = Caller(demo, demo.app_with(proxies=(nobody,), proxy_patience=0.5))
    assert caller.code(operation, example_arguments(operation)) == "proxy-failed"
