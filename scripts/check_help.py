"""Refuses help texts of commands that are missing in Portuguese, and Portuguese ones of no command.

Usage: python scripts/check_help.py
"""

import os
import sys
from collections.abc import Iterator
from typing import Any

import click
from typer.main import get_command

from sippulse_ws.cli import app
from sippulse_ws.cli.help_language import help_texts


def texts_of(command: Any, context: Any) -> Iterator[str]:
    """Every help text of a command, of its parameters and of what is in it."""
    yield command.help
    for parameter in command.get_params(context):
        if told := getattr(parameter, "help", None):
            yield told
    for name, inner in getattr(command, "commands", {}).items():
        yield from texts_of(inner, click.Context(inner, info_name=name, parent=context))


def every_text() -> set[str]:
    root: Any = get_command(app)
    context = click.Context(root)
    found = set(texts_of(root, context))
    for name in root.list_commands(context):
        found.add(root.get_command(context, name).help)
        found |= set(texts_of(root.load(name), context))
    return found


def main() -> int:
    os.environ["SIPPULSE_LANGUAGE"] = "en"
    there, known = every_text(), set(help_texts())
    for text in sorted(there - known):
        print(f"not in src/sippulse_ws/cli/help.pt.json: {text!r}")
    for text in sorted(known - there):
        print(f"in help.pt.json, but of no command: {text!r}")
    return there != known


if __name__ == "__main__":
    sys.exit(main())
