"""Writes man pages out of the help of the commands: the program, and each of its subjects.

Usage: python scripts/man.py FOLDER. In English, whatever the language of the terminal is.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from typer.main import get_command

from sippulse_ws import __version__
from sippulse_ws.cli import app

NAME = "sippulse-ws"


def escape(text: str) -> str:
    """For roff: a backslash, a hyphen, a dot at the start of a line."""
    lines = text.replace("\\", "\\e").replace("-", "\\-").splitlines()
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in lines)


def page(title: str, command: Any, context: Any, see: list[str]) -> str:
    """A command with all that it takes, and its commands if it is a group."""
    summary = (command.help or "").strip().splitlines()[0] if command.help else ""
    parts = [
        f'.TH {title.upper()} 1 "" "{NAME} {__version__}"',
        f".SH NAME\n{escape(title)} \\- {escape(summary)}",
        f".SH SYNOPSIS\n.B {escape(context.command_path)}\n{escape(usage(command, context))}",
        f".SH DESCRIPTION\n{escape(command.help or '')}",
        *sections(command, context),
        ".SH SEE ALSO\n" + ", ".join(f"{escape(one)}(1)" for one in see),
    ]
    return "\n".join(parts) + "\n"


def usage(command: Any, context: Any) -> str:
    return " ".join(command.collect_usage_pieces(context))


def sections(command: Any, context: Any) -> Iterator[str]:
    if options := list(described(command, context)):
        yield ".SH OPTIONS\n" + "\n".join(options)
    if not hasattr(command, "commands"):
        return
    yield ".SH COMMANDS"
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        below = click.Context(inner, info_name=name, parent=context)
        yield f".SS {escape(name)} {escape(usage(inner, below))}\n{escape(inner.help or '')}"
        yield from described(inner, below)


def described(command: Any, context: Any) -> Iterator[str]:
    for parameter in command.get_params(context):
        if told := parameter.get_help_record(context):
            yield f".TP\n.B {escape(told[0])}\n{escape(told[1])}"


def main(folder: Path) -> None:
    os.environ["SIPPULSE_LANGUAGE"] = "en"
    root: Any = get_command(app)
    context = click.Context(root, info_name=NAME)
    subjects = {name: root.load(name) for name in root.list_commands(context)}
    titles = {name: f"{NAME}-{name}" for name in subjects}
    listed = "\n".join(
        f".TP\n.B {escape(name)}\n{escape((one.help or '').splitlines()[0] if one.help else '')}"
        for name, one in subjects.items()
    )
    text = page(NAME, root, context, list(titles.values()))
    text = text.replace(".SH SEE ALSO", f".SH COMMANDS\n{listed}\n.SH SEE ALSO")
    (folder / f"{NAME}.1").write_text(text, encoding="utf-8")
    for name, command in subjects.items():
        below = click.Context(command, info_name=name, parent=context)
        page_text = page(titles[name], command, below, [NAME])
        (folder / f"{titles[name]}.1").write_text(page_text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
