"""The Postman collection, run by Postman's own newman against a server with demo data."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.demo import ephemeral_server
from tests.fixtures.server import PROGRAM
from tests.interop.clients import HERE, npm, require_node

pytestmark = [pytest.mark.interop, pytest.mark.timeout(900)]
SECRET = "1000@demo.example.com"


@pytest.fixture(scope="module")
def newman() -> list[str]:
    require_node()
    modules = npm(HERE / "newman") / "node_modules"
    return ["node", str(modules / "newman" / "bin" / "newman.js")]


def failures(newman: list[str], collection: Path, served: dict[str, Any], *more: str) -> Any:
    """Names of what was run, and what failed."""
    report = collection.with_name("report.json")
    logins = served["logins"]
    values = {
        "url": served["url"],
        "password": logins["demo"],
        "subscriberPassword": logins[SECRET],
    }
    variables = [text for name, one in values.items() for text in ("--env-var", f"{name}={one}")]
    reporters = ["--reporters", "json", "--reporter-json-export", str(report)]
    command = [*newman, "run", str(collection), *variables, *reporters, *more]
    subprocess.run(command, check=False, capture_output=True, timeout=600)
    told = json.loads(report.read_bytes())["run"]
    names = [one["item"]["name"] for one in told["executions"]]
    return names, [(one["source"]["name"], one["error"]["message"]) for one in told["failures"]]


def test_every_request_of_the_collection_succeeds(newman: list[str], tmp_path: Path) -> None:
    collection = tmp_path / "sippulse.json"
    subprocess.run([PROGRAM, "api", "postman", collection], check=True, env=os.environ.copy())
    with ephemeral_server() as served:
        folder = ("--folder", "Provision, check and clean up")
        for _ in range(2):
            names, failed = failures(newman, collection, served, *folder)
            assert (len(names), failed) == (5, [])
        names, failed = failures(newman, collection, served)
        assert (len(names), failed) == (5 + 96, [])
        assert len(set(names)) == 96
