"""HTTP as the Java server speaks it: the recorded cases, against a real server of each engine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.server import Cli, Server

from .http_runner import HttpRunner, load_http

DOCUMENT = load_http()


@pytest.fixture(scope="module")
def http_runner(fresh_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpRunner]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIPPULSE_DATABASE_URL", fresh_url)
        cli = Cli(patch)
        cli("db", "upgrade")
        cli("domain", "create", "example.com")
        cli("profile", "create", "example.com", "DEFAULT")
        cli("admin", "create", "root", "--superuser", "--password-stdin", input="root-secret")
    log = tmp_path_factory.mktemp("http") / "serve.log"
    server = Server(fresh_url, Path(log), LANGUAGE="pt")
    try:
        runner = HttpRunner(server.port)
        for request in DOCUMENT["setup"]["requests"]:
            runner.fire(request)
        assert runner.run(DOCUMENT["setup"]["probe"]) == []
        yield runner
    finally:
        server.stop()


@pytest.mark.parametrize("case", DOCUMENT["cases"], ids=lambda case: case["name"])
def test_http_case(case: dict[str, Any], http_runner: HttpRunner) -> None:
    assert http_runner.run(case) == []
