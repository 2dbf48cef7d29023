"""deploy/prometheus: Prometheus itself takes the rules and answers every query of the dashboard."""

import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.fixtures.server import Server

FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"
RULES = FOLDER / "sippulse-ws.rules.yml"
DASHBOARD = json.loads((FOLDER / "grafana-dashboard.json").read_text("utf-8"))
DOCS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
PATIENCE = 90  # seconds

pytestmark = [pytest.mark.deploy, pytest.mark.engines("sqlite")]


def dashboard_queries() -> list[str]:
    found = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    return [one.replace("$__rate_interval", "1m").replace("$instance", ".*") for one in found]


def rule_queries(base: str) -> list[str]:
    groups = requests.get(f"{base}/api/v1/rules", timeout=30).json()["data"]["groups"]
    return [rule["query"] for group in groups for rule in group["rules"]]


def alerts() -> list[str]:
    return re.findall(r"^ +- alert: (\w+)$", RULES.read_text("utf-8"), re.MULTILINE)


def test_promtool_accepts_the_rules_and_the_configuration() -> None:
    for command in (("rules", RULES), ("config", FOLDER / "prometheus.yml")):
        run = subprocess.run(
            ["promtool", "check", *command], capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stdout + run.stderr


def test_the_documentation_says_of_every_alert_what_to_do() -> None:
    assert len(alerts()) > 10
    missing = [name for name in alerts() if f"#### {name}\n" not in DOCS]
    assert missing == []


def test_alerts_fire_when_they_should(tmp_path: Path) -> None:
    shutil.copy(RULES, tmp_path)
    shutil.copy(Path(__file__).with_name("alerts_test.yml"), tmp_path)
    run = subprocess.run(
        ["promtool", "test", "rules", "alerts_test.yml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture
def prometheus(server: Server, tmp_path: Path) -> Iterator[str]:
    """A real one that scrapes the server; its address."""
    text = (FOLDER / "prometheus.yml").read_text("utf-8")
    text = text.replace("127.0.0.1:8080", server.base.removeprefix("http://"))
    (tmp_path / "prometheus.yml").write_text(re.sub(r"_interval: \d+s", "_interval: 1s", text))
    shutil.copy(RULES, tmp_path)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [
        *("prometheus", f"--config.file={tmp_path}/prometheus.yml"),
        *(f"--storage.tsdb.path={tmp_path}/data", f"--web.listen-address=127.0.0.1:{port}"),
    ]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def ask(base: str, query: str) -> Any:
    answer = requests.get(f"{base}/api/v1/query", params={"query": query}, timeout=30).json()
    assert answer["status"] == "success", (query, answer)
    return answer["data"]["result"]


def wait_until_scraped(base: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if ask(base, "count_over_time(sippulse_ws_database_up[1m]) >= 3"):
                return
        except requests.RequestException:
            pass
        time.sleep(0.3)
    pytest.fail("Prometheus did not read the server's metrics")


def test_every_query_names_what_the_server_shows(server: Server, prometheus: str) -> None:
    server.post("DomainWS", "listDomains", "")
    wait_until_scraped(prometheus)
    url = f"{prometheus}/api/v1/label/__name__/values"
    known = set(requests.get(url, timeout=30).json()["data"])
    shown = set(re.findall(r"^# TYPE (\w+)", server.get("/metrics").text, re.MULTILINE))
    for query in (*dashboard_queries(), *rule_queries(prometheus)):
        ask(prometheus, query)  # a query that Prometheus cannot read is an error
        for name in re.findall(r"sippulse_ws_\w+", query):
            assert name in known | shown, query
    assert ask(prometheus, 'sum(sippulse_ws_operations_total{operation="listDomains"}) > 0')
    firing = requests.get(f"{prometheus}/api/v1/alerts", timeout=30).json()["data"]["alerts"]
    assert [one for one in firing if one["state"] == "firing"] == []
