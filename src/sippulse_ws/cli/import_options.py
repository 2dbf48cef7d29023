"""The options common to all imports, and what they mean for the engine."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from sippulse_ws.cli.session import fail
from sippulse_ws.cli.texts import Said
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.values import domain_text
from sippulse_ws.files.columns import ColumnWishes, parse_mapping
from sippulse_ws.files.engine import ImportOptions
from sippulse_ws.files.forms import DELIMITERS, Wanted
from sippulse_ws.files.kind import Kind
from sippulse_ws.files.numbers import NumberOptions
from sippulse_ws.files.profiles import FileProfile

Texts = list[str] | None
MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"]
COMMON: dict[str, tuple[Any, Any]] = {
    "files": (
        Annotated[
            list[Path],
            typer.Argument(metavar="FILE...", help="CSV, .xlsx, .gz; - is stdin."),
        ],
        inspect.Parameter.empty,
    ),
    "dry_run": (
        Annotated[bool, typer.Option("--dry-run", help="Check everything, store nothing.")],
        False,
    ),
    "rejects": (
        Annotated[Path | None, typer.Option(help="File for the refused lines, to be corrected.")],
        None,
    ),
    "update": (
        Annotated[bool, typer.Option("--update", help="Change what differs.")],
        False,
    ),
    "domain": (
        Annotated[str | None, typer.Option(help="The domain of all lines.")],
        None,
    ),
    "profile": (
        Annotated[str | None, typer.Option(help="Use the columns and form saved under this name.")],
        None,
    ),
    "save_profile": (
        Annotated[
            str | None, typer.Option(help="Save these columns and this form under this name.")
        ],
        None,
    ),
    "mapping": (
        Annotated[Texts, typer.Option("--map", help="NAME-IN-THE-FILE=column; repeatable.")],
        None,
    ),
    "ignored": (
        Annotated[
            Texts,
            typer.Option("--ignore-column", help="A column to ignore; repeatable."),
        ],
        None,
    ),
    "columns": (
        Annotated[
            str | None,
            typer.Option(help="Columns a,b,c of a file without a line of names; - leaves one out."),
        ],
        None,
    ),
    "delimiter": (Annotated[str | None, typer.Option(help=", ; tab or |")], None),
    "decimal": (Annotated[str | None, typer.Option(help="The decimal sign, . or ,")], None),
    "encoding": (Annotated[str | None, typer.Option(help="Such as windows-1252.")], None),
    "sheet": (Annotated[str | None, typer.Option(help="Sheet of an .xlsx.")], None),
    "clean_numbers": (
        Annotated[bool, typer.Option("--clean-numbers", help="Remove punctuation from numbers.")],
        False,
    ),
    "ranges": (
        Annotated[bool, typer.Option("--ranges", help="Expand a range into its numbers.")],
        False,
    ),
    "delete_missing": (
        Annotated[
            bool,
            typer.Option("--delete-missing", help="Delete what the file lacks, within --domain."),
        ],
        False,
    ),
    "yes": (Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")], False),
    "json": (Annotated[bool, typer.Option("--json", help="Print the result as JSON.")], False),
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The options of one command, as attributes named as in COMMON."""

    values: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        return self.values[name]


def takes(run: Callable[..., None], **more: tuple[Any, Any]) -> Callable[..., None]:
    """Make a command of `run(Chosen)`, with the common options and `more`."""

    def command(**values: Any) -> None:
        run(Chosen(values))

    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
        for name, (kind, default) in (COMMON | more).items()
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # read by Typer
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command


def engine_options(
    chosen: Chosen,
    kind: Kind,
    profile: FileProfile | None,
    language: str,
    *,
    dry_run: bool | None = None,
) -> ImportOptions:
    """The engine's options; the command line's take precedence over the profile's."""
    profile = profile or FileProfile("", kind.name)
    delimiter = chosen.delimiter or profile.delimiter
    if delimiter is not None and delimiter not in DELIMITERS:
        raise fail(Said.BAD_DELIMITER.text(language))
    decimal: Any = chosen.decimal or profile.decimal
    if decimal not in (None, ".", ","):
        raise fail(Said.BAD_DECIMAL.text(language))
    adapt = profile.adapt
    return ImportOptions(
        wanted=Wanted(
            chosen.encoding or profile.encoding,
            delimiter and DELIMITERS[delimiter],
            chosen.sheet or profile.sheet,
        ),
        columns=column_wishes(chosen, profile),
        decimal=decimal,
        numbers=NumberOptions(chosen.clean_numbers, chosen.ranges),
        given=_given(chosen, kind, language),
        extra_fields=profile.fields,
        nulls=profile.nulls,
        transform=None if adapt is None else lambda record: adapt(kind, record),
        dry_run=chosen.dry_run if dry_run is None else dry_run,
        update=chosen.update,
    )


def told_profile(chosen: Chosen, kind: Kind, profile: FileProfile | None) -> FileProfile:
    """The profile to save: this command's options for form and columns."""
    saved = profile or FileProfile("", kind.name)
    form = {
        name: chosen.values[name] or getattr(saved, name)
        for name in ("delimiter", "decimal", "encoding", "sheet")
    }
    return FileProfile(chosen.save_profile, kind.name, column_wishes(chosen, saved), **form)


def column_wishes(chosen: Chosen, profile: FileProfile) -> ColumnWishes:
    saved = profile.wishes
    names = chosen.columns.split(",") if chosen.columns else saved.names
    return ColumnWishes(
        parse_mapping(chosen.mapping or ()) or saved.mapping,
        (*(chosen.ignored or ()), *saved.ignored),
        None if names is None else tuple(name.strip() for name in names),
        lenient=saved.lenient,
    )


def _given(chosen: Chosen, kind: Kind, language: str) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if chosen.domain is not None:
        if kind.domain is None:
            raise fail(Said.NO_DOMAIN_COLUMN.text(language, kind=kind.name))
        try:
            given[kind.domain] = domain_text(chosen.domain)
        except DomainError as error:
            raise fail(error.message(language)) from None
    if chosen.values.get("rate_id") is not None:
        given["rate_id"] = chosen.rate_id
    return given
