"""`sippulse-ws export …`: tables into files that `import` reads."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

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
from sippulse_ws.files.writing import Format, MissingExtraError, Style, written

app = typer.Typer(no_args_is_help=True)

_DAY = ["%Y-%m-%d"]

_Domain = Annotated[str | None, typer.Option(help="Only of this domain.")]
_RateId = Annotated[int | None, typer.Option(help="Only of this rate table.")]
First = Annotated[dt.datetime | None, typer.Option("--from", formats=_DAY, help="First day.")]
Last = Annotated[dt.datetime | None, typer.Option("--to", formats=_DAY, help="Last day, included.")]
FormatOption = Annotated[Format, typer.Option(help="Kind of file.")]
Output = Annotated[
    Path, typer.Option("--output", "-o", help="File, compressed if .gz; - for stdout.")
]
Delimiter = Annotated[str, typer.Option(help=", ; tab or |")]
Decimal = Annotated[str, typer.Option(help="The decimal sign, . or ,")]
STDOUT = Path("-")


@app.callback()
def export() -> None:
    """Write tables to files."""


def _command(name: str, doc: str) -> None:
    def run(
        domain: _Domain = None,
        format: FormatOption = Format.CSV,
        output: Output = STDOUT,
        delimiter: Delimiter = ",",
        decimal: Decimal = ".",
    ) -> None:
        scope = {} if domain is None else {"domain": domain.lower()}
        _export(KINDS[name], scope, format, output, (delimiter, decimal))

    app.command(name, help=doc)(run)


def _calls_command(name: str, doc: str, kind: type[Kind] | None = None) -> None:
    def run(
        domain: _Domain = None,
        start: First = None,
        last: Last = None,
        format: FormatOption = Format.CSV,
        output: Output = STDOUT,
        delimiter: Delimiter = ",",
        decimal: Decimal = ".",
    ) -> None:
        period = Period(start, None if last is None else last + dt.timedelta(days=1))
        scope: dict[str, Any] = {"period": period}
        if domain is not None:
            scope["domain"] = domain.lower()
        _export(kind or KINDS[name], scope, format, output, (delimiter, decimal))

    app.command(name, help=doc)(run)


@app.command()
def rates(
    domain: _Domain = None,
    rate_id: _RateId = None,
    format: FormatOption = Format.CSV,
    output: Output = STDOUT,
    delimiter: Delimiter = ",",
    decimal: Decimal = ".",
) -> None:
    """Rates, of all rate tables or of one."""
    given = {"domain": domain and domain.lower(), "rate_id": rate_id}
    scope = {name: value for name, value in given.items() if value is not None}
    _export(KINDS["rates"], scope, format, output, (delimiter, decimal))


def _export(
    make: type[Kind], scope: dict[str, Any], format: Format, output: Path, signs: tuple[str, str]
) -> None:
    settings = get_settings()
    language = chosen_language(settings)
    to_stdout = output == STDOUT
    if to_stdout and format is not Format.CSV:
        raise fail(Said.NEEDS_A_FILE.text(language))
    kind = make()
    delimiter, decimal = signs
    if delimiter not in DELIMITERS:
        raise fail(Said.BAD_DELIMITER.text(language))
    if decimal not in (".", ",") or decimal == delimiter:
        raise fail(Said.BAD_DECIMAL.text(language))
    texts = frozenset(one.name for one in kind.fields if one.is_text)
    style = Style(DELIMITERS[delimiter], decimal, texts)
    with open_database(settings) as database, database.maintaining() as db:
        if scope.get("domain") is not None:
            require_domain(db, scope["domain"])
        try:
            count = _write(db, kind.rows(scope), output, format, style)
        except MissingExtraError as error:
            raise fail(error.wording) from None
        except BrokenPipeError:  # whoever reads has enough
            raise typer.Exit(1) from None
    told = Said.EXPORTED.text(language, count=count, noun=noun(kind.name, language))
    typer.echo(told, err=to_stdout)


def _write(db: Session, query: Select[Any], output: Path, format: Format, style: Style) -> int:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    count = 0
    with (
        written(output, format, list(query.selected_columns), style) as writer,
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
_calls_command("statistics", "Daily statistics of accounts that have them on.", Statistics)
