"""`sippulse-ws import` of rates and dial plans, and `sippulse-ws dialplan`.

The tests of this module share a database: each has a rate table or dial plan of its own.
"""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.models import Rate
from tests.fixtures.server import Cli

HEAD = "domain,rate_id,prefix,name,rate_value,service_type,cadency\n"


@pytest.fixture
def csv(tmp_path: Path) -> Callable[[str], str]:
    """Write a table; the file's name."""

    def write(text: str) -> str:
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def rates(installed_url: str) -> Callable[[int], list[tuple[Any, ...]]]:
    """The rates of a table."""

    def read(rate_id: int) -> list[tuple[Any, ...]]:
        engine = sa.create_engine(installed_url, poolclass=sa.NullPool)
        with engine.connect() as db:
            columns = Rate.prefix, Rate.name, Rate.rate_value, Rate.service_type, Rate.cadency
            query = sa.select(*columns).where(Rate.rate_id == rate_id).order_by(Rate.prefix)
            return [tuple(row) for row in db.execute(query)]

    return read


def test_rates_are_imported(cli: Cli, csv: Any, rates: Any) -> None:
    file = csv(HEAD + "EXAMPLE.com,1,55,Brasil,0.35,LDN,6\nexample.com,1,1,EUA,0,,\n")
    assert "2 stored, 0 refused" in cli("import", "rates", file).stdout
    assert rates(1) == [
        ("1", "EUA", Decimal(0), None, None),
        ("55", "Brasil", Decimal("0.35"), "LDN", 6),
    ]


def test_bad_lines_are_named_and_good_ones_stored(cli: Cli, csv: Any, rates: Any) -> None:
    cli("import", "rates", csv(HEAD + "example.com,2,10,there,1,,\n"))
    lines = [
        "example.com,2,11,good,1,,",
        "example.com,2,5x,bad prefix,1,,",
        'example.com,2,12,comma,"0,35",,',
        "example.com,2,13,negative,-1,,",
        "nowhere.com,2,14,domain,1,,",
        "example.com,2,11,repeated,1,,",
        "example.com,2,10,there,1,,",
        "example.com,x,15,table,1,,",
        "example.com,2,16,,1,,",
        "example.com,2,17,good too,1,,",
    ]
    result = cli("import", "rates", csv(HEAD + "\n".join(lines)), status=1)
    assert "2 stored, 1 known already, 7 refused" in result.stdout
    errors = [line.rpartition("table.csv:")[2] for line in result.stderr.splitlines()]
    assert [line.partition(":")[0] for line in errors] == ["3", "4", "5", "6", "7", "9", "10"]
    for text, line in zip(
        ("prefix", "rate_value", "rateValue", "nowhere.com", "row 2", "rate_id", "name"),
        errors,
        strict=True,
    ):
        assert text in line
    assert [row[0] for row in rates(2)] == ["10", "11", "17"]


def test_a_dry_run_stores_nothing_and_says_the_same(cli: Cli, csv: Any, rates: Any) -> None:
    file = csv(HEAD + "example.com,3,55,Brasil,0.35,,\nexample.com,3,x,bad,1,,\n")
    result = cli("import", "rates", file, "--dry-run", status=1)
    assert "1 would be stored, 1 refused" in result.stdout
    assert "table.csv:3: " in result.stderr
    assert rates(3) == []
    assert "1 stored, 1 refused" in cli("import", "rates", file, status=1).stdout


def test_thousands_of_rates_are_imported(cli: Cli, csv: Any, rates: Any) -> None:
    lines = [f"example.com,4,{n},Destino {n},0.{n},,\n" for n in range(1, 2502)]
    assert "2501 stored, 0 refused" in cli("import", "rates", csv(HEAD + "".join(lines))).stdout
    assert len(rates(4)) == 2501


def test_optional_columns_may_be_absent(cli: Cli, csv: Any, rates: Any) -> None:
    head = "prefix,domain,rate_value,rate_id,name\n"
    cli("import", "rates", csv(head + "55,example.com,0.35,5,Brasil\n"))
    assert rates(5) == [("55", "Brasil", Decimal("0.35"), None, None)]
    refused = cli("import", "rates", csv("prefix,domain\n55,example.com\n"), status=1)
    assert "rate_value" in refused.stderr


def rules(cli: Cli, dpid: int) -> list[dict[str, str]]:
    return [row for row in cli.rows("dialplan", "list", "example.com") if row["dpid"] == str(dpid)]


def test_a_rule_is_created_listed_and_removed(cli: Cli) -> None:
    new = ("dialplan", "create", "Example.com", "1", "^0([1-9]+)$")
    cli(*new, "--subst-exp", "^0(.+)$", "--repl-exp", r"55\1", "--pr", "2")
    cli("dialplan", "create", "example.com", "1", "190", "--match-op", "0", "--pr", "1")
    first, second = rules(cli, 1)
    assert (first["match_exp"], first["match_op"], first["pr"]) == ("190", "0", "1")
    assert (second["match_exp"], second["repl_exp"]) == ("^0([1-9]+)$", r"55\1")
    assert second["domain"] == "example.com"
    cli("dialplan", "remove", second["id"])
    assert rules(cli, 1) == [first]
    assert second["id"] in cli("dialplan", "remove", second["id"], status=1).stderr


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["2", ""], "matchExp"),
        (["2", "^(55"], "matchExp"),
        (["-1", "55"], "dpid"),
        (["2", "55", "--match-op", "3"], "matchOp"),
        (["2", "55", "--subst-exp", "("], "substExp"),
        (["2", "55", "--subst-exp", "^0(.+)$", "--repl-exp", r"\2"], "replExp"),
        (["2", "55", "--repl-exp", "$rU"], "replExp"),
        (["2", "5" * 65], "matchExp"),
    ],
)
def test_a_rule_that_a_proxy_could_not_load_is_refused(
    cli: Cli, arguments: list[str], field: str
) -> None:
    options = arguments[2:]
    words = ["dialplan", "create", *options, "--", "example.com", *arguments[:2]]
    refused = cli(*words, status=1)
    assert field in refused.stderr
    assert rules(cli, 2) == []


def test_dial_plans_are_imported(cli: Cli, csv: Any) -> None:
    head = "domain,dpid,pr,match_op,match_exp,subst_exp,repl_exp\n"
    good = r"example.com,3,1,1,^0[1-9]+$,^0(.+)$,55\1" + "\n"
    bad = "example.com,3,1,1,^(,,\nexample.com,3,x,1,190,,\n"
    result = cli("import", "dialplans", csv(head + good + bad), "--dry-run", status=1)
    assert "1 would be stored, 2 refused" in result.stdout
    assert rules(cli, 3) == []
    result = cli("import", "dialplans", csv(head + good + bad), status=1)
    assert "1 stored, 2 refused" in result.stdout
    assert [row["repl_exp"] for row in rules(cli, 3)] == [r"55\1"]
