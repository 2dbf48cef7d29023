"""`sippulse-ws route …` and `import routes`."""

from pathlib import Path

from tests.fixtures.server import Cli

DOMAIN = "example.com"


def gateways(cli: Cli, *names: str) -> None:
    provider = f"of {names[0]}"
    cli("provider", "create", provider)
    for name in names:
        cli("gateway", "create", name, "--provider", provider, "--address", "192.0.2.1")


def routes(cli: Cli, gateway: str) -> list[dict[str, str]]:
    return [row for row in cli.rows("route", "list") if row["gateway"] == gateway]


def test_a_route_is_created_changed_and_deleted(cli: Cli) -> None:
    gateways(cli, "a1")
    cli("route", "create", "a1", "--prefix", "5548", "--domain", DOMAIN, "--priority", "2")
    (route,) = routes(cli, "a1")
    number = route.pop("id")
    expected = {"domain": DOMAIN, "rate_plan_id": "", "prefix": "5548", "gateway": "a1"}
    assert route == expected | {"priority": "2", "weight": "1"}
    cli("route", "update", number, "--weight", "5")
    assert routes(cli, "a1")[0]["weight"] == "5"
    assert routes(cli, "a1")[0]["priority"] == "2"
    refused = cli("gateway", "delete", "a1", status=1)
    assert "has routes" in refused.stderr
    cli("route", "delete", number)
    assert routes(cli, "a1") == []
    cli("gateway", "delete", "a1")


def test_what_cannot_be_a_route(cli: Cli) -> None:
    gateways(cli, "b1")
    assert "nobody" in cli("route", "create", "nobody", status=1).stderr
    assert "x.example" in cli("route", "create", "b1", "--domain", "x.example", status=1).stderr
    assert "77" in cli("route", "create", "b1", "--plan", "77", status=1).stderr
    assert "prefix" in cli("route", "create", "b1", "--prefix", "+55", status=1).stderr
    assert "prefix" in cli("route", "create", "b1", "--prefix", "5" * 21, status=1).stderr
    assert "weight" in cli("route", "create", "b1", "--weight", "0", status=1).stderr
    both = ("route", "create", "b1", "--domain", DOMAIN, "--plan", "1")
    assert "belongs to a domain" in cli(*both, status=1).stderr
    cli("route", "create", "b1")
    assert "already" in cli("route", "create", "b1", status=1).stderr
    assert "99999" in cli("route", "delete", "99999", status=1).stderr
    assert "99999" in cli("route", "update", "99999", status=1).stderr


def test_routes_from_a_file(cli: Cli, tmp_path: Path) -> None:
    gateways(cli, "c1", "c2")
    path = tmp_path / "routes.csv"
    path.write_text(
        "gateway,prefix,domain,priority,weight\n"
        f"c1,5548,{DOMAIN},0,1\n"
        "c2,,,1,3\n"
        "c3,55,,0,1\n"
        "c1,+55,,0,1\n"
    )
    told = cli("import", "routes", str(path), status=1)
    assert "c3" in told.output
    stored = [(row["prefix"], row["domain"], row["priority"]) for row in routes(cli, "c1")]
    assert stored == [("5548", DOMAIN, "0")]
    assert [(row["prefix"], row["weight"]) for row in routes(cli, "c2")] == [("", "3")]
    path.write_text("gateway,prefix,priority,weight\nc2,,0,7\n")
    cli("import", "routes", "--update", str(path))
    assert [row["weight"] for row in routes(cli, "c2")] == ["7"]
