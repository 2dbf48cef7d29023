"""`sippulse-ws subscriber …`: finds subscribers, and changes one or many."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from sippulse_ws.cli.export import FormatOption, Output, ToFile, target
from sippulse_ws.cli.session import (
    fail,
    get_settings,
    open_database,
    print_json,
    print_rows,
    reading,
)
from sippulse_ws.cli.subscriber_changes import change_accounts, parse_assignments
from sippulse_ws.cli.subscriber_privacy import dossier, forget
from sippulse_ws.cli.texts import Said, chosen_language, noun
from sippulse_ws.domain import subscribers
from sippulse_ws.domain.domains import require_domain
from sippulse_ws.domain.subscriber_search import (
    LISTED,
    SubscriberFilter,
    select_subscribers,
    show_subscriber,
)
from sippulse_ws.domain.subscribers import Flag
from sippulse_ws.files.call_queries import batches
from sippulse_ws.files.kinds.subscribers import Subscribers
from sippulse_ws.files.refusals import FileRefused
from sippulse_ws.files.writing import Format, Style, style_of, written
from sippulse_ws.parts import make_vault

app = typer.Typer(no_args_is_help=True)
app.command()(dossier)
app.command()(forget)

_Domain = Annotated[str | None, typer.Option(help="Only of this domain.")]
TextPart = Annotated[
    str | None, typer.Option(help="Part of name, document, contract, e-mail or username.")
]
Plan = Annotated[str | None, typer.Option(help="Only with this rate plan, by name or id.")]
ResellerOption = Annotated[str | None, typer.Option(help="Only of this reseller, by name or id.")]
CreditBelow = Annotated[str | None, typer.Option(help="Only with less credit than this.")]
Blocked = Annotated[bool, typer.Option("--blocked", help="Only blocked ones.")]
Unregistered = Annotated[
    bool, typer.Option("--unregistered", help="Only those without a registration.")
]
_Json = Annotated[bool, typer.Option("--json", help="As one JSON document.")]
Csv = Annotated[bool, typer.Option("--csv", help="As CSV.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Show at most this many.")]
_Account = Annotated[str, typer.Argument(help="username@domain")]
Accounts = Annotated[list[str] | None, typer.Argument(metavar="ACCOUNT...", help="username@domain")]
_File = Annotated[Path | None, typer.Option("--file", help="File with accounts; - for stdin.")]
_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


class Shape(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The options that select subscribers."""

    domain: str | None
    text: str | None
    plan: str | None
    reseller: str | None
    credit_below: str | None
    blocked: bool
    unregistered: bool

    def filter(self, language: str) -> SubscriberFilter:
        below = None
        if self.credit_below is not None:
            try:
                below = Decimal(self.credit_below)
            except InvalidOperation:
                raise fail(Said.BAD_AMOUNT.text(language, value=self.credit_below)) from None
        values = asdict(self) | {"credit_below": below}
        return SubscriberFilter(**values | {"domain": self.domain and self.domain.lower()})


@app.command("list")
def subscriber_list(  # noqa: PLR0913, PLR0917 - as many as there are options
    domain: _Domain = None,
    text: TextPart = None,
    plan: Plan = None,
    reseller: ResellerOption = None,
    credit_below: CreditBelow = None,
    blocked: Blocked = False,
    unregistered: Unregistered = False,
    limit: Limit = None,
    json: _Json = False,
    csv: Csv = False,
) -> None:
    """Show subscribers, all or some."""
    wanted = _Wanted(domain, text, plan, reseller, credit_below, blocked, unregistered)
    _list(wanted, limit, _shape(json, csv))


@app.command()
def search(  # noqa: PLR0913, PLR0917 - as many as there are options
    text: Annotated[str, typer.Argument(help="Part of a name, document, contract, e-mail …")],
    domain: _Domain = None,
    plan: Plan = None,
    reseller: ResellerOption = None,
    credit_below: CreditBelow = None,
    blocked: Blocked = False,
    unregistered: Unregistered = False,
    limit: Limit = None,
    json: _Json = False,
    csv: Csv = False,
) -> None:
    """Show the subscribers whose name, document, contract or e-mail contains a text."""
    wanted = _Wanted(domain, text, plan, reseller, credit_below, blocked, unregistered)
    _list(wanted, limit, _shape(json, csv))


@app.command("export")
def subscriber_export(  # noqa: PLR0913, PLR0917 - as many as there are options
    file: ToFile = None,
    domain: _Domain = None,
    text: TextPart = None,
    plan: Plan = None,
    reseller: ResellerOption = None,
    credit_below: CreditBelow = None,
    blocked: Blocked = False,
    unregistered: Unregistered = False,
    output: Output = None,
    format: FormatOption = None,
) -> None:
    """Write subscribers, all or some, to a file that `import subscribers` reads."""
    settings = get_settings()
    language = chosen_language(settings)
    wanted = _Wanted(domain, text, plan, reseller, credit_below, blocked, unregistered)
    narrowed = wanted.filter(language)
    kind = Subscribers()
    to = target(file, output, format)
    columns = list(kind.rows({}).selected_columns)
    query = select_subscribers(narrowed, columns)
    count = 0
    with open_database(settings) as database, database.maintaining() as db:
        if narrowed.domain is not None:
            require_domain(db, narrowed.domain)
        try:
            with written(to.path, to.format, columns, style_of(kind.fields)) as writer:
                for rows in batches(db, query):
                    writer.write(rows)
                    count += len(rows)
        except FileRefused as error:
            raise fail(error.message(language)) from None
    typer.echo(
        Said.EXPORTED.text(language, count=count, noun=noun("subscribers", language)), err=True
    )


@app.command("show")
def subscriber_show(account: _Account, json: _Json = False) -> None:
    """Show everything about a subscriber except the passwords."""
    with reading() as db:
        found = show_subscriber(db, _account(account))
    if json:
        print_json(found)
        return
    for name, value in found.items():
        if value not in (None, "", []):
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            typer.echo(f"{name:24} {shown}")


@app.command()
def block(accounts: Accounts = None, file: _File = None) -> None:
    """Block subscribers: they can neither call nor be called."""
    _set_active(accounts, file, active=False)


@app.command()
def unblock(accounts: Accounts = None, file: _File = None) -> None:
    """Unblock subscribers."""
    _set_active(accounts, file, active=True)


@app.command("remove")
def subscriber_remove(accounts: Accounts = None, file: _File = None, yes: _Yes = False) -> None:
    """Remove subscribers with what belongs to them; numbers go back to the inventory."""

    def act(db: Any, username: str, domain: str) -> None:
        row = subscribers.get_subscriber(db, username, domain)
        subscribers.remove_subscriber(db, row)

    change_accounts("subscriber remove", accounts, file, act, said=Said.REMOVED, ask=not yes)


@app.command("set")
def set_(
    changes: Annotated[
        list[str],
        typer.Argument(
            metavar="[ACCOUNT...] FIELD=VALUE...", help="Fields as in `import subscribers`."
        ),
    ],
    file: _File = None,
) -> None:
    """Change fields of subscribers, named as `import subscribers` names them."""
    settings = get_settings()
    language = chosen_language(settings)
    vault = make_vault(settings)
    accounts = [one for one in changes if "=" not in one]
    values = parse_assignments([one for one in changes if "=" in one], language)

    def act(db: Any, username: str, domain: str) -> None:
        found = subscribers.get_subscriber(db, username, domain)
        key = {"username": username, "domain": domain}
        subscribers.update_subscriber(db, vault, [found], key | values)

    told = {"fields": sorted(values)}
    change_accounts("subscriber set", accounts, file, act, said=Said.CHANGED, told=told)


def _set_active(accounts: list[str] | None, file: Path | None, *, active: bool) -> None:
    def act(db: Any, username: str, domain: str) -> None:
        subscribers.set_flag(db, username, domain, Flag.ACTIVE, active)

    command = "subscriber unblock" if active else "subscriber block"
    said = Said.UNBLOCKED if active else Said.BLOCKED
    change_accounts(command, accounts, file, act, said=said)


def _account(text: str) -> str:
    username, _, domain = text.rpartition("@")
    return f"{username}@{domain.lower()}"


def _shape(json: bool, csv: bool) -> Shape:
    return Shape.JSON if json else Shape.CSV if csv else Shape.TABLE


def _list(wanted: _Wanted, limit: int | None, shape: Shape) -> None:
    settings = get_settings()
    language = chosen_language(settings)
    narrowed = wanted.filter(language)
    query = select_subscribers(narrowed).limit(limit)
    with open_database(settings) as database, database.reading() as db:
        if narrowed.domain is not None:
            require_domain(db, narrowed.domain)
        if shape is Shape.CSV:
            with written(Path("-"), Format.CSV, list(query.selected_columns), _STYLE) as writer:
                for rows in batches(db, query):
                    writer.write(rows)
            return
        rows = db.execute(query).all()
    names = [str(column.key) for column in LISTED]
    cells = [[_cell(value, shape) for value in row] for row in rows]
    print_rows(names, cells, as_json=shape is Shape.JSON)


def _cell(value: Any, shape: Shape) -> Any:
    if isinstance(value, Decimal):
        plain = f"{value.normalize():f}"
        return float(plain) if shape is Shape.JSON else plain
    if shape is Shape.JSON or value is not None:
        return value
    return ""


_STYLE = Style(texts=frozenset({"first_name", "last_name", "plan", "reseller"}))
