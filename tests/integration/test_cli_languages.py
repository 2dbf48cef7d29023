"""One language per run, and `--json` is one document, whatever the group of commands."""

import json

import pytest

from tests.fixtures.server import Cli

SAID = [
    (("charging", "status"), "a tarifação está", "charging is"),
    (("jobs", "status"), "nenhum processo em segundo plano", "no background process"),
    (("jobs", "run", "nothing"), "não existe o trabalho", "no such job"),
    (("proxy", "status"), "nenhum proxy", "no proxy is configured"),
    (("provider", "create", "Sul"), "operadora Sul criada", "provider Sul created"),
    (
        ("gateway", "create", "GW", "--provider", "Sul", "--address", "192.0.2.1"),
        "gateway GW criado",
        "gateway GW created",
    ),
    (("route", "create", "GW"), "rota", "route"),
    (("admin", "delays", "--clear", "nobody"), "0 apagadas", "0 cleared"),
    (("audit", "--prune-days", "9999"), "0 linhas apagadas", "0 rows deleted"),
    (("calls", "show", "none"), "nenhuma chamada com o call-id none", "no call with the call-id"),
    (("charging", "preview"), "0 cobranças", "0 charged"),
    (("credit", "reverse", "9999", "--obs", "x"), "Lançamento não encontrado", "Ledger row not"),
    (("db", "downgrade", "9999"), "pode voltar a", "it can go back to"),
    (("db", "partition", "--drop-before", "2020-01"), "precisa de", "needs either"),
    (("db", "proxy-views", "kamailio"), "proxies SIP leem MariaDB", "SIP proxies read MariaDB"),
    (("db", "rekey"), "senhas cifradas de novo", "passwords sealed anew"),
    (("db", "repair-views"), "visões refeitas", "views made anew"),
    (("db", "upgrade"), "o esquema está em dia", "schema is up to date"),
    (("doctor",), "em ordem", "in order"),
    (("migrate", "--from", "http://127.0.0.1:1", "--login", "x"), "é necessário", "is needed"),
]
ARRAYS = [("route", "list", "--json"), ("calls", "unrated", "--json")]


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(("language", "place"), [("pt", 1), ("en", 2)])
def test_commands_speak_the_language_of_the_run(cli: Cli, language: str, place: int) -> None:
    for row in SAID:
        result = run(cli, row[0], language)
        assert str(row[place]) in result, (row[0], result)
    (route,) = json.loads(cli("route", "list", "--json").stdout)
    for command in (
        ("route", "delete", str(route["id"])),
        ("gateway", "delete", "GW"),
        ("provider", "delete", "Sul"),
    ):
        assert ("removido" if language == "pt" else "deleted") in run(cli, command, language)


def run(cli: Cli, arguments: tuple[str, ...], language: str) -> str:
    """What it says, whatever its exit status."""
    try:
        return str(cli(*arguments, language=language).output)
    except AssertionError as failed:
        return str(failed)


@pytest.mark.parametrize("command", ARRAYS)
def test_lists_are_one_array(cli: Cli, command: tuple[str, ...]) -> None:
    assert isinstance(json.loads(cli(*command).stdout), list)


@pytest.mark.engines("sqlite")
def test_the_state_of_the_jobs_is_one_object(cli: Cli) -> None:
    found = json.loads(cli("jobs", "status", "--json", status=1).stdout)
    assert (found["works"], isinstance(found["jobs"], list)) == (None, True)


@pytest.mark.engines("mariadb")
def test_partitions_are_one_array(cli: Cli) -> None:
    found = json.loads(cli("db", "partition", "--json").stdout)
    assert {"table", "partition", "before", "rows"} == found[0].keys()
