"""`--help` in Portuguese: help.pt.json has a translation of each English text of the commands.

Settings are not read, so that help works when they are wrong: SIPPULSE_LANGUAGE decides, else the
locale. Typer's messages about a wrong command line are translated by the patterns of
mistakes.pt.json; others stay English.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

import typer

from sippulse_ws.wording import Wording

_LIBRARY = "typer.rich_utils"  # large
# The headings that Typer puts around the texts, by their names in its module.
_FRAME = {
    "ARGUMENTS_PANEL_TITLE": Wording("Argumentos", "Arguments"),
    "OPTIONS_PANEL_TITLE": Wording("Opções", "Options"),
    "COMMANDS_PANEL_TITLE": Wording("Comandos", "Commands"),
    "ERRORS_PANEL_TITLE": Wording("Erro", "Error"),
    "DEFAULT_STRING": Wording("[padrão: {}]", "[default: {}]"),
    "REQUIRED_LONG_STRING": Wording("[obrigatório]", "[required]"),
    "ABORTED_TEXT": Wording("Interrompido.", "Aborted."),
    "RICH_HELP": Wording(
        "[blue]'{command_path} {help_option}'[/] mostra a ajuda.",
        "Try [blue]'{command_path} {help_option}'[/] for help.",
    ),
}


def in_portuguese() -> bool:
    if chosen := os.environ.get("SIPPULSE_LANGUAGE"):
        return chosen.startswith("pt")
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next((name for name in names if name), "").lower().startswith("pt")


@cache
def help_texts() -> dict[str, str]:
    """The Portuguese text for each English one."""
    return _read("help.pt.json")


@cache
def _mistakes() -> dict[str, str]:
    """The translation for each pattern of Typer's messages, in the order to try them."""
    return _read("mistakes.pt.json")


def _read(name: str) -> dict[str, str]:
    known: dict[str, str] = json.loads(files(__package__).joinpath(name).read_text("utf-8"))
    return known


def translate_help(command: Any) -> None:
    """Translate the texts of a command, its parameters and its subcommands."""
    if not in_portuguese():
        return
    texts = help_texts()
    command.help = texts.get(command.help, command.help)
    for parameter in command.get_params(typer.Context(command)):
        if told := getattr(parameter, "help", None):
            parameter.help = texts.get(told, told)
    for inner in getattr(command, "commands", {}).values():
        translate_help(inner)


def translate_frame() -> None:
    """Translate the headings."""
    if in_portuguese() or _LIBRARY in sys.modules:
        library, language = import_module(_LIBRARY), "pt" if in_portuguese() else "en"
        for name, words in _FRAME.items():
            setattr(library, name, words.text(language))


@contextmanager
def translated_mistakes() -> Iterator[None]:
    """Translate Typer's errors about a wrong command line."""
    try:
        yield
    except Exception as mistake:
        if hasattr(mistake, "format_message"):
            translate_frame()
            if in_portuguese():
                text = in_our_words(mistake.format_message())
                mistake.format_message = lambda: text
        raise


def in_our_words(text: str) -> str:
    """A message of Typer in Portuguese, if a pattern matches, else unchanged."""
    for pattern, words in _mistakes().items():
        if found := re.search(pattern, text):
            text = text[: found.start()] + words.format(*found.groups()) + text[found.end() :]
    return text
