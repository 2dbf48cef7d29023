"""The ready calls that the pages show: each works on the demo data as it stands."""

import json

import pytest
from lxml import etree
from werkzeug.test import Client

from sippulse_ws.services.catalogue import PublishedOperation, every_operation
from sippulse_ws.services.descriptions import describe_operation
from sippulse_ws.web import samples
from tests.fixtures.demo import Demo
from tests.json_client import problem_of

OPERATIONS = list(every_operation())
every = pytest.mark.parametrize(
    "operation", OPERATIONS, ids=lambda one: f"{one.service}.{one.name}"
)


def with_passwords(text: str, demo: Demo) -> str:
    text = text.replace("CURRENT-PASSWORD", demo.passwords["1000@demo.example.com"])
    return text.replace(samples.PASSWORD, demo.passwords[samples.LOGIN])


# a customer without a password is one with a wrong password
REFUSALS = (
    (422, "missing-field"),
    (422, "row-refused"),
    (422, "passwords-differ"),
    (401, "login-failed"),
)


@every
def test_the_envelope_of_each_operation_works(operation: PublishedOperation, demo: Demo) -> None:
    body = with_passwords(samples.envelope(operation), demo)
    answer = Client(demo.app).post(
        f"/SipPulse/{operation.service}", data=body.encode(), content_type="text/xml; charset=utf-8"
    )
    assert answer.status_code == 200, answer.text
    response = etree.fromstring(answer.data)[0][0]
    assert etree.QName(response).localname == f"{operation.name}Response"


@every
def test_the_json_of_each_operation_works(operation: PublishedOperation, demo: Demo) -> None:
    body = with_passwords(samples.json_body(operation), demo)
    login = samples.LOGIN if operation.has_principal else "x"
    answer = Client(demo.app).post(
        f"/SipPulse/api/{operation.service}/{operation.name}",
        json=json.loads(body),
        auth=(login, demo.passwords.get(login, "x")),
    )
    assert answer.status_code == 200, answer.text
    returned = [operation.returns.wire] if operation.returns else []
    assert list(json.loads(answer.data)) in (returned, [])


@every
def test_what_is_said_to_be_needed_is_needed(operation: PublishedOperation, demo: Demo) -> None:
    """Each needed field left out by itself is a fault that names it."""
    body = json.loads(with_passwords(samples.json_body(operation), demo))
    for path in describe_operation(operation).needed:
        less = json.loads(json.dumps(body))
        *outer, name = path.split(".")
        inside = less[outer[0]] if outer else less
        del (inside[0] if isinstance(inside, list) else inside)[name]
        answer = Client(demo.app).post(
            f"/SipPulse/api/{operation.service}/{operation.name}",
            json=less,
            auth=(samples.LOGIN, demo.passwords[samples.LOGIN]),
        )
        status, code, field = problem_of(answer)
        assert (status, code) in REFUSALS, path
        if code in ("missing-field", "row-refused"):
            assert field == name
