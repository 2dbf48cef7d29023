"""Every import leaves its row in the audit trail, with counts; so does `db demo`."""

import re
from pathlib import Path
from typing import Any

import pytest

from sippulse_ws.cli.import_course import Course
from sippulse_ws.files.kinds import KINDS
from sippulse_ws.files.tables import AT_ONCE
from tests.factories.calls import call, csv_text, failed_call
from tests.fixtures.server import Cli

DOMAIN = "example.com"
OWNER = f"9100@{DOMAIN}"
# One good line of each kind; those below need those above.
LINES = {
    "subscribers": f"username,domain,password,profile\n9100,{DOMAIN},Segr3do!9,DEFAULT\n",
    "dids": f"number,domain\n554830259100,{DOMAIN}\n",
    "rates": f"domain,rate_id,prefix,name,rate_value\n{DOMAIN},7,5548,FLORIPA,0.08\n",
    "dialplans": f"domain,dpid,pr,match_op,match_exp,subst_exp,repl_exp\n{DOMAIN},1,1,1,^0,^0,55\n",
    "numbering": "prefix,city_code,local_area\n554830,48,FLORIPA\n",
    "white-lists": f"account_code,prefix\n{OWNER},0800771234\n",
    "addresses": f"account_code,ip_address\n{OWNER},192.0.2.91\n",
    "aliases": f"account_code,alias_username,alias_domain\n{OWNER},ana,{DOMAIN}\n",
    "routes": "gateway,prefix,domain\nSP,5511,example.com\n",
    "cdrs": csv_text([call(91)]),
    "acc": csv_text([failed_call(91)]),
    "raw-calls": "",
}


def trail(cli: Cli, operation: str) -> str:
    (row, *_) = cli.rows("audit", "--operation", operation, "--limit", "1")
    return row["object"]


def test_each_kind_is_audited(cli: Cli) -> None:
    assert LINES.keys() == KINDS.keys()
    cli("provider", "create", "Operadora")
    cli("gateway", "create", "SP", "--provider", "Operadora", "--address", "192.0.2.11")
    for kind, lines in LINES.items():
        if not lines:
            lines = cli("export", kind).stdout  # noqa: PLW2901 - its own header
            cli("import", kind, "-", input=lines)
            assert "stored=0" in trail(cli, f"import {kind}")
            continue
        cli("import", kind, "-", input=lines)
        told = trail(cli, f"import {kind}")
        assert "stored=1 changed=0 known=0 refused=0" in told, kind
        assert "sha256=" in told


def test_one_that_breaks_off_leaves_its_counts(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here after its first batch: nothing can be shown any more."""

    def broken(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Course, "goes_on", broken)
    lines = "\n".join(f"55{number:05},48,CUT" for number in range(3 * AT_ONCE))
    file = f"prefix,city_code,local_area\n{lines}\n"
    assert "no space left" in cli("import", "numbering", "-", input=file, status=1).stderr
    told = trail(cli, "import numbering")
    assert re.search(r"stored=[12]000 ", told)
    assert "interrupted" in told


def test_one_that_stored_nothing_leaves_no_row(cli: Cli, tmp_path: Path) -> None:
    before = cli("audit", "--limit", "500").stdout
    cli("import", "numbering", "-", input="neither\nthis\n", status=1)
    cli("import", "numbering", "-", "--dry-run", input="prefix\n5511\n", status=0)
    assert cli("audit", "--limit", "500").stdout == before


def test_demo_data_are_audited(empty_database_url: str, bare_cli: Cli, tmp_path: Path) -> None:
    env: dict[str, Any] = {"database_url": empty_database_url}
    bare_cli("db", "upgrade", **env)
    bare_cli("db", "demo", "--logins", str(tmp_path / "logins"), **env)
    bare_cli("db", "demo", "--logins", str(tmp_path / "logins"), **env)
    rows = bare_cli.rows("audit", "--operation", "db demo", **env)
    assert [row["object"] for row in rows] == [f"logins={tmp_path / 'logins'}"]
