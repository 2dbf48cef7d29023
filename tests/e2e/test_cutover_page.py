"""docs/cutover.md: its commands in their order, as an operator copies them."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.migrating import assert_alike, scalar
from tests.e2e.old_world import ACCOUNTS, DOMAIN, fill
from tests.fixtures.server import LOGIN, PROGRAM, Server

PAGE = Path(__file__).parents[2] / "docs/cutover.md"
# Tests of their own: tests/cutover, tests/e2e/test_server.py.
ELSEWHERE = ("sippulse-ws shadow", "sippulse-ws replay", "sippulse-ws admin", "sippulse-ws serve")
MAY_WARN = "sippulse-ws doctor"  # of what a test's machine has not


def commands() -> list[str]:
    blocks = re.findall(
        r"^ *```(?:bash|sh)?\n(.*?)^ *```", PAGE.read_text(), re.DOTALL | re.MULTILINE
    )
    text = re.sub(r" *\\\n *", " ", "".join(blocks))
    return [line.strip() for line in text.splitlines() if line.strip()]


@pytest.mark.slow("mariadb")
def test_the_commands_of_the_page_take_everything(
    server: Server, installed_url: str, empty_database_url: str, tmp_path: Path
) -> None:
    fill(server)
    names = "\n".join(["account_code", *(f"{one}@{DOMAIN}" for one in ACCOUNTS)])
    (tmp_path / "accounts.csv").write_text(names)
    (tmp_path / "admins.csv").write_text(
        f"login,password,superuser,domains\ncrm,s3nha do CRM,0,{DOMAIN}\n"
    )
    (tmp_path / "password.txt").write_text(LOGIN["password"] + "\n")
    environment = os.environ | {
        "SIPPULSE_DATABASE_URL": empty_database_url,
        "SIPPULSE_LANGUAGE": "en",
        "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
    }
    lines = [one for one in commands() if not one.startswith(ELSEWHERE)]
    assert len(lines) >= 9
    script = ["set -e"]
    for line in lines:
        told = line.replace("http://old:8080", server.base)
        told = told.replace("--login admin", f"--login {LOGIN['login']}")
        told = re.sub(r"(OLD_DATABASE_URL=)'.*'", rf"\1'{installed_url}'", told)
        script.append(told + " || test $? = 1" if line == MAY_WARN else told)
    ran = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert_alike(installed_url, empty_database_url)
    assert scalar(empty_database_url, "SELECT COUNT(*) FROM administrator") == 2
    assert scalar(empty_database_url, "SELECT COUNT(*) FROM credit_ledger") == len(ACCOUNTS) + 1
