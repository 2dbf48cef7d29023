"""Imports the modules of commands only when they are called."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from sippulse_ws.cli.help_language import translate_frame, translate_help, translated_mistakes


class Subject(NamedTuple):
    """Where a command or group is: a module of `cli`, and the function or `Typer` in it."""

    module: str
    attribute: str
    help: str


class LazyGroup(TyperGroup):
    """The root command. `subjects` are its commands, in the order of the help."""

    subjects: dict[str, Subject] = {}  # noqa: RUF012 - a subclass has its own

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.subjects)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A stand-in with name and help; the command is loaded when it is resolved."""
        if (subject := self.subjects.get(cmd_name)) is None:
            return None
        command = TyperCommand(cmd_name, help=subject.help)
        translate_help(command)
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] in self.subjects:
            command = self.load(args[0])
            is_bare_group = len(args) == 1 and hasattr(command, "commands")
            if "--help" in args or is_bare_group:
                translate_frame()
            return args[0], command, args[1:]
        return super().resolve_command(ctx, args)

    def load(self, name: str) -> Any:
        """Import and return the command itself."""
        subject = self.subjects[name]
        found = getattr(import_module(f"sippulse_ws.cli.{subject.module}"), subject.attribute)
        if isinstance(found, typer.Typer):
            command: Any = get_group(found)
            command.help = subject.help
        else:
            alone = typer.Typer(pretty_exceptions_enable=False)
            alone.command(name)(found)
            command = get_command(alone)
        command.name = name
        translate_help(command)
        return command

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        with translated_mistakes():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        with translated_mistakes():
            return super().invoke(ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        translate_frame()
        translate_help(self)
        super().format_help(ctx, formatter)
