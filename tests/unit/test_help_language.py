"""`--help` speaks the language of the terminal or of SIPPULSE_LANGUAGE; man pages are English."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sippulse_ws.cli import app
from sippulse_ws.cli.help_language import help_texts

MAN = Path(__file__).parents[2] / "scripts/man.py"
SPEAKING = ("SIPPULSE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture(autouse=True)
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SPEAKING:
        monkeypatch.delenv(name, raising=False)


def test_portuguese_texts_keep_options_and_paragraphs() -> None:
    for english, portuguese in help_texts().items():
        assert portuguese.strip() == portuguese != ""
        assert english.count("\n\n") == portuguese.count("\n\n"), english
        for word in english.replace(",", " ").replace(";", " ").replace(".", " ").split():
            if word.startswith(("--", "SIPPULSE_")):
                assert word in portuguese, english


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"SIPPULSE_LANGUAGE": "pt"}, ("Estorna um lançamento", "Comandos", "Mostra esta ajuda")),
        ({"SIPPULSE_LANGUAGE": "en"}, ("Take back one change", "Commands", "Show this message")),
        ({"LANG": "pt_BR.UTF-8"}, ("Estorna um lançamento", "Comandos", "Mostra esta ajuda")),
        ({"SIPPULSE_LANGUAGE": "en", "LANG": "pt_BR.UTF-8"}, ("Take back one", "Options", "Show")),
        ({"LC_ALL": "C", "LANG": "pt_BR.UTF-8"}, ("Take back one", "Commands", "Show")),
        ({}, ("Take back one change", "Commands", "Show this message")),
    ],
)
def test_the_language_is_chosen(
    environment: dict[str, str], words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    shown = CliRunner().invoke(app, ["credit", "--help"]).output
    assert [word for word in words if word not in shown] == []
    root = CliRunner().invoke(app, ["--help"]).output
    assert ("O livro-razão" in root) == ("Comandos" in words)


def test_help_is_there_when_the_settings_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIPPULSE_LANGUAGE", "pt")
    monkeypatch.setenv("SIPPULSE_NONSENSE", "1")
    result = CliRunner().invoke(app, ["admin", "create", "--help"])
    assert result.exit_code == 0
    assert "Cria um administrador." in result.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("serve --port x", "Valor inválido em '--port': precisa ser um número inteiro"),
        ("serve --port 0", "Valor inválido em '--port': no mínimo 1"),
        ("serve --port 99999", "Valor inválido em '--port': no máximo 65535"),
        ("serve --nix", "Não existe a opção --nix (opções parecidas: --no-pin, --pin)"),
        ("serve more", "Argumentos a mais: more"),
        ("serve --demo", "Valor inválido: --demo "),
        ("export rates --rate-id", "A opção '--rate-id' precisa de um valor."),
        ("backup create", "Falta o argumento 'file'."),
        ("gateway create g", "Falta a opção '--provider'."),
        ("admin adopt /nowhere", "Valor inválido em 'file': '/nowhere' não existe."),
        ("db proxy-views x", "'x' não é um de 'kamailio', 'opensips'."),
        ("audit --from x", "'x' não tem a forma '%Y-%m-%d'"),
        ("upgrade", "Não existe o comando 'upgrade'."),
        ("db upgrad", "Não existe o comando 'upgrad'. Seria 'upgrade'?"),
        ("--nix", "Não existe a opção --nix"),
    ],
)
def test_mistakes_are_told_in_portuguese(
    arguments: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIPPULSE_LANGUAGE", "pt")
    monkeypatch.setenv("COLUMNS", "200")
    result = CliRunner().invoke(app, arguments.split())
    assert result.exit_code == 2
    assert told in result.output
    assert "─ Erro ─" in result.output
    monkeypatch.setenv("SIPPULSE_LANGUAGE", "en")
    english = CliRunner().invoke(app, arguments.split()).output
    assert told not in english
    assert "─ Error ─" in english


def test_man_pages_are_the_same_in_every_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = []
    for language in ("pt", "en"):
        folder = tmp_path / language
        folder.mkdir()
        monkeypatch.setenv("SIPPULSE_LANGUAGE", language)
        subprocess.run([sys.executable, str(MAN), str(folder)], check=True)
        pages.append({one.name: one.read_text("utf-8") for one in folder.iterdir()})
    assert pages[0] == pages[1]
    assert "Create an administrator." in pages[0]["sippulse-ws-admin.1"]
