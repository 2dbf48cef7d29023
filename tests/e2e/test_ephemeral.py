"""`serve --demo --ephemeral`: one line when it is ready, and nothing left when it is gone."""

import http.client
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests


def test_one_command_serves_demo_data_and_leaves_nothing(tmp_path: Path) -> None:
    environment = {name: one for name, one in os.environ.items() if not name.startswith("SIPPULSE")}
    with subprocess.Popen(
        [sys.executable, "-m", "sippulse_ws", "serve", "--demo", "--ephemeral"],
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env=environment | {"TMPDIR": str(tmp_path), "SIPPULSE_LOG_LEVEL": "error"},
    ) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        login = ("demo", told["logins"]["demo"])
        address = f"{told['url']}/SipPulse/api/DomainWS/listDomains"
        answer = requests.post(address, json={}, auth=login, timeout=60)
        assert answer.json()["domain"][0]["domain"] == "demo.example.com"
        failed = requests.post(address, json={}, headers={"X-Fault": "500"}, timeout=60)
        assert failed.status_code == 500
        connection = http.client.HTTPConnection(urlsplit(told["url"]).netloc, timeout=60)
        connection.request("POST", "/SipPulse/DomainWS", b"x", {"X-Fault": "drop"})
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            connection.getresponse().read()
        connection.close()
        assert requests.get(f"{told['url']}/healthz", timeout=60).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == b""
        assert process.wait(60) == 0
    assert list(tmp_path.iterdir()) == []


def test_demo_data_of_a_server_that_stays_are_another_command() -> None:
    command = [sys.executable, "-m", "sippulse_ws", "serve", "--demo"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "db demo" in done.stderr
