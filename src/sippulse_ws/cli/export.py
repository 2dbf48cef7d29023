"""`sippulse-ws export …`: writes tables to files that `import` reads."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import Select

from sippulse_ws.cli.session import errors, fail, get_settings, open_database
from sippulse_ws.cli.texts import Said, chosen_language, noun
from sippulse_ws.db import Session
from sippulse_ws.domain.domains import require_domain
from sippulse_ws.files.call_queries import Period, batches, count_rows
from sippulse_ws.files.forms import DELIMITERS
from sippulse_ws.files.kind import Kind
from sippulse_ws.files.kinds import KINDS
from sippulse_ws.files.kinds.statistics import Statistics
from sippulse_ws.files.refusals import FileRefused
from sippulse_ws.files.writing import Format, Style, style_of, written

app = typer.Typer(no_args_is_help=True)

_DAY = ["%Y-%m-%d"]

_Domain = Annotated[str | None, typer.Option(help="Only of this domain.")]
_RateId = Annotated[int | None, typer.Option(help="Only of this rate table.")]
First = Annotated[dt.datetime | None, typer.Option("--from", formats=_DAY, help="First day.")]
Last = Annotated[dt.datetime | None, typer.Option("--to", formats=_DAY, help="Last day, included.")]
FormatOption = Annotated[
    Format | None, typer.Option(help="Format of the file; by default that of its name.")
]
ToFile = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE]", help=".csv, .csv.gz, .xlsx, .parquet; - or none for stdout."),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="The same as FILE.", show_default=False)
]
Delimiter = Annotated[str, typer.Option(help=", ; tab or |")]
Decimal = Annotated[str, typer.Option(help="The decimal sign, . or ,")]
STDOUT = Path("-")


@app.callback()
def export() -> None:
    """Write tables to files."""


def _command(name: str, doc: str) -> None:
    def run(
        file: ToFile = None,
        domain: _Domain = None,
        format: FormatOption = None,
        output: Output = None,
        delimiter: Delimiter = ",",
        decimal: Decimal = ".",
    ) -> None:
        scope = {} if domain is None else {"domain": domain.lower()}
        _export(KINDS[name], scope, target(file, output, format), (delimiter, decimal))

    app.command(name, help=doc)(run)


def _calls_command(name: str, doc: str, kind: type[Kind] | None = None) -> None:
    def run(
        file: ToFile = None,
        domain: _Domain = None,
        start: First = None,
        last: Last = None,
        format: FormatOption = None,
        output: Output = None,
        delimiter: Delimiter = ",",
        decimal: Decimal = ".",
    ) -> None:
        period = Period(start, None if last is None else last + dt.timedelta(days=1))
        scope: dict[str, Any] = {"period": period}
        if domain is not None:
            scope["domain"] = domain.lower()
        _export(kind or KINDS[name], scope, target(file, output, format), (delimiter, decimal))

    app.command(name, help=doc)(run)


@app.command()
def rates(
    file: ToFile = None,
    domain: _Domain = None,
    rate_id: _RateId = None,
    format: FormatOption = None,
    output: Output = None,
    delimiter: Delimiter = ",",
    decimal: Decimal = ".",
) -> None:
    """Rates, of all rate tables or of one."""
    given = {"domain": domain and domain.lower(), "rate_id": rate_id}
    scope = {name: value for name, value in given.items() if value is not None}
    _export(KINDS["rates"], scope, target(file, output, format), (delimiter, decimal))


class Target(NamedTuple):
    path: Path
    format: Format


def target(file: Path | None, output: Path | None, format: Format | None) -> Target:
    """The file and its format; standard output gets only CSV."""
    language = chosen_language(get_settings())
    if file is not None and output is not None:
        raise fail(Said.FILE_TWICE.text(language))
    path = file or output or STDOUT
    wanted = format or Format.of(path)
    if path == STDOUT and wanted is not Format.CSV:
        raise fail(Said.NEEDS_A_FILE.text(language))
    return Target(path, wanted)


def _export(make: type[Kind], scope: dict[str, Any], to: Target, signs: tuple[str, str]) -> None:
    settings = get_settings()
    language = chosen_language(settings)
    kind = make()
    delimiter, decimal = signs
    if delimiter not in DELIMITERS:
        raise fail(Said.BAD_DELIMITER.text(language))
    if decimal not in (".", ",") or decimal == delimiter:
        raise fail(Said.BAD_DECIMAL.text(language))
    style = style_of(kind.fields, DELIMITERS[delimiter], decimal)
    with open_database(settings) as database, database.maintaining() as db:
        if scope.get("domain") is not None:
            require_domain(db, scope["domain"])
        try:
            count = _write(db, kind.rows(scope), to, style)
        except FileRefused as error:
            raise fail(error.message(language)) from None
        except BrokenPipeError:  # the reader has closed the pipe
            raise typer.Exit(1) from None
    told = Said.EXPORTED.text(language, count=count, noun=noun(kind.name, language))
    typer.echo(told, err=to.path == STDOUT)


def _write(db: Session, query: Select[Any], to: Target, style: Style) -> int:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    count = 0
    with (
        written(to.path, to.format, list(query.selected_columns), style) as writer,
        Progress(*columns, console=errors, disable=not errors.is_terminal) as progress,
    ):
        total = count_rows(db, query) if errors.is_terminal else None
        task = progress.add_task("", total=total)
        for rows in batches(db, query):
            writer.write(rows)
            count += len(rows)
            progress.update(task, completed=count)
    return count


_command("subscribers", "Subscribers, without their passwords.")
_command("dids", "Numbers: of inventories, and of accounts.")
_command("dialplans", "Rules of dial plans.")
_command("numbering", "The numbering table.")
_command("white-lists", "Numbers that accounts may always call.")
_command("addresses", "IP addresses of accounts.")
_command("aliases", "Other addresses of accounts.")
_calls_command("cdrs", "Call records, with the columns of vi_cdrs; `import cdrs` reads such a CSV.")
_calls_command("acc", "Failed calls, with the columns of acc; `import acc` reads such a CSV.")
_calls_command("raw-calls", "Raw records of completed calls; `import raw-calls` reads such a CSV.")
_calls_command("statistics", "Daily statistics of accounts that have them enabled.", Statistics)
