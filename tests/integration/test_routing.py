"""`sippulse-ws provider …` and `gateway …`."""

import pytest

from tests.fixtures.server import Cli


@pytest.fixture(autouse=True)
def provider(cli: Cli) -> str:
    """A provider with one gateway, and nothing else."""
    for row in cli.rows("gateway", "list"):
        cli("gateway", "delete", row["name"])
    for row in cli.rows("provider", "list"):
        cli("provider", "delete", row["name"])
    cli(
        "provider", "create", "OperadoraSul", "--id", "2", "--tx-connection", "30", "--cadency", "6"
    )
    gateway = ("Gateway SP", "--provider", "OperadoraSul", "--address", "201.64.23.11")
    cli("gateway", "create", *gateway, "--id", "12001", "--rate-id", "30000")
    return "OperadoraSul"


def test_providers_and_gateways_are_kept_as_given(cli: Cli) -> None:
    assert cli.rows("provider", "list") == [
        {"id": "2", "name": "OperadoraSul", "tx_connection": "30", "cadency": "6"}
    ]
    assert cli.rows("gateway", "list") == [
        {
            "id": "12001",
            "name": "Gateway SP",
            "address": "201.64.23.11",
            "provider": "OperadoraSul",
            "rate_id": "30000",
        }
    ]


def test_an_update_leaves_what_is_not_said(cli: Cli, provider: str) -> None:
    cli("provider", "update", provider, "--name", "Sul", "--cadency", "1")
    cli("gateway", "update", "Gateway SP", "--address", "2001:db8::1")
    (changed,) = cli.rows("provider", "list")
    assert changed == {"id": "2", "name": "Sul", "tx_connection": "30", "cadency": "1"}
    (gateway,) = cli.rows("gateway", "list")
    assert (gateway["address"], gateway["provider"]) == ("2001:db8::1", "Sul")
    assert gateway["rate_id"] == "30000"


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("provider create OperadoraSul", "OperadoraSul"),
        ("provider create Norte --id 2", "Norte"),
        ("provider create Norte --cadency -1", "cadency"),
        (f"provider create {'x' * 65}", "name"),
        ("provider update Norte --cadency 1", "Norte"),
        ("provider delete OperadoraSul", "OperadoraSul"),
        ("provider delete Norte", "Norte"),
        ("gateway create Novo --provider Norte --address 192.0.2.1", "Norte"),
        ("gateway create Novo --provider OperadoraSul --address " + "x" * 65, "address"),
        ("gateway update Novo --address 192.0.2.1", "Novo"),
        ("gateway delete Novo", "Novo"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(cli: Cli, command: str, named: str) -> None:
    before = cli.rows("provider", "list"), cli.rows("gateway", "list")
    assert named in cli(*command.split(), status=1).stderr
    assert (cli.rows("provider", "list"), cli.rows("gateway", "list")) == before
