"""What a generator of requests finds between the JSON door and its description: nothing."""

import os
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = int(os.environ.get("SIPPULSE_TEST_EXAMPLES", "2"))  # for each operation


def test_no_answer_is_one_that_the_description_forbids(demo_server: dict[str, Any]) -> None:
    address = f"{demo_server['url']}/SipPulse/api/openapi.json"
    document = requests.get(address, timeout=60).json()
    schema = schemathesis.openapi.from_dict(document)
    login = ("admin", demo_server["logins"]["admin"])
    count = 0
    for found in schema.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]
        count += 1
        cases = operation.as_strategy()
        bounded = settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )

        def check(case: Any) -> None:
            url = f"{demo_server['url']}/SipPulse/api"
            case.call_and_validate(base_url=url, auth=login, checks=CHECKS, timeout=60)

        bounded(given(cases)(check))()
    assert count == 104
