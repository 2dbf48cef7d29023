"""`sippulse-ws admin …`: administrators and their grants."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from sippulse_ws.cli.completion import complete_login
from sippulse_ws.cli.session import (
    AsJson,
    console,
    current_language,
    fail,
    password_from_stdin,
    print_rows,
    reading,
    say,
    writing,
)
from sippulse_ws.cli.texts import Said
from sippulse_ws.domain import administrators, domains, login_delays, renames
from sippulse_ws.domain.access import EVERYTHING
from sippulse_ws.domain.authentication import Authenticator

app = typer.Typer(no_args_is_help=True)

_Login = Annotated[
    str, typer.Argument(help="The administrator's login.", autocompletion=complete_login)
]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


@app.command("create")
def admin_create(
    login: _Login,
    password_stdin: PasswordStdin = False,
    superuser: Annotated[
        bool, typer.Option("--superuser", help="Administrator of every domain.")
    ] = False,
    domain: Annotated[list[str] | None, typer.Option(help="Grant this domain.")] = None,
) -> None:
    """Create an administrator."""
    password = password_from_stdin(password_stdin)
    with writing("admin create", login=login, superuser=superuser, domain=domain) as db:
        administrators.create_administrator(
            db, Authenticator(), login, password, superuser=superuser
        )
        for name in domain or ():
            administrators.grant_domain(db, login, name.lower())
    console.print(Said.ADMIN_CREATED.text(current_language(), login=login), markup=False)


@app.command("adopt")
def admin_adopt(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="logins.csv.")],
) -> None:
    """Create administrators from the logins that `shadow --learn-logins` has learnt.

    Existing ones keep password and grants, and get the domains too. Nobody becomes a superuser.
    The exit status is 1 if a domain does not exist here: create it, and run this again.
    """
    from sippulse_ws.cutover.shadow.logins import read_logins  # noqa: PLC0415 - a large import

    created = known = granted = 0
    missing: set[str] = set()
    with writing("admin adopt", file=str(file)) as db:
        here = {row.domain for row in domains.list_domains(db, EVERYTHING)}
        for login, one in read_logins(file).items():
            new = administrators.adopt_administrator(db, login, one.password_hash)
            created, known = created + new, known + (not new)
            missing |= one.domains - here
            for domain in sorted(one.domains & here):
                administrators.grant_domain(db, login, domain)
                granted += 1
    language = current_language()
    told = {"created": created, "known": known, "granted": granted}
    console.print(Said.LOGINS_ADOPTED.text(language, **told))
    if missing:
        raise fail(Said.DOMAINS_UNKNOWN.text(language, domains=" ".join(sorted(missing))))


@app.command("list")
def admin_list(json: AsJson = False) -> None:
    """Show all administrators."""
    with reading() as db:
        found = administrators.list_administrators(db)
    print_rows(
        ["login", "active", "superuser", "domains", "created"],
        [
            [
                *(row.login, row.active, row.superuser),
                *(domains if json else " ".join(domains), row.created_at.isoformat()),
            ]
            for row, domains in found
        ],
        as_json=json,
    )


@app.command("rename")
def admin_rename(
    login: _Login, new_login: Annotated[str, typer.Argument(help="The new login.")]
) -> None:
    """Give an administrator another login; password and grants stay."""
    with writing("admin rename", login=login, to=new_login) as db:
        renames.rename_administrator(db, login, new_login)
    told = Said.RENAMED.text(current_language(), name=login, new_name=new_login)
    console.print(told, markup=False)


@app.command("remove")
def admin_remove(login: _Login) -> None:
    """Remove an administrator with the grants; the last superuser stays."""
    with writing("admin remove", login=login) as db:
        renames.remove_administrator(db, login)
    console.print(Said.ONE_REMOVED.text(current_language(), name=login), markup=False)


@app.command()
def passwd(login: _Login, password_stdin: PasswordStdin = False) -> None:
    """Set an administrator's password."""
    password = password_from_stdin(password_stdin)
    with writing("admin passwd", login=login) as db:
        administrators.set_password(db, Authenticator(), login, password)
    console.print(Said.PASSWORD_SET.text(current_language()))


@app.command()
def delays(
    clear: Annotated[
        str | None, typer.Option(metavar="LOGIN", help="Forget this login's failures instead.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Show failed logins that are on record, and until when each is refused."""
    if clear is not None:
        with writing("admin delays", clear=clear) as db:
            cleared = login_delays.clear_delays(db, clear)
        say(Said.CLEARED, count=cleared)
        return
    with reading() as db:
        found = login_delays.list_delays(db)
    now = dt.datetime.now(dt.UTC)
    print_rows(
        ["login", "of", "from", "failures", "refused until (UTC)"],
        [
            [
                row.login,
                row.realm,
                row.address,
                row.failures,
                row.blocked_until.strftime("%Y-%m-%d %H:%M:%S") if row.blocked_until > now else "",
            ]
            for row in found
        ],
        as_json=json,
    )


@app.command()
def disable(
    login: _Login,
    enable: Annotated[bool, typer.Option("--undo", help="Enable the administrator again.")] = False,
) -> None:
    """Disable an administrator, at once."""
    with writing("admin disable", login=login, undo=enable) as db:
        administrators.set_active(db, login, enable)
    said = Said.ENABLED if enable else Said.DISABLED
    console.print(said.text(current_language()))


@app.command("grant")
def admin_grant(
    login: _Login,
    domain: Annotated[list[str], typer.Argument(help="Domains to grant.")],
    revoke: Annotated[bool, typer.Option("--revoke", help="Revoke them instead.")] = False,
) -> None:
    """Grant domains to an administrator."""
    change = administrators.revoke_domain if revoke else administrators.grant_domain
    with writing("admin grant", login=login, domain=domain, revoke=revoke) as db:
        for name in domain:
            change(db, login, name.lower())
    said = Said.REVOKED if revoke else Said.GRANTED
    console.print(said.text(current_language()))
