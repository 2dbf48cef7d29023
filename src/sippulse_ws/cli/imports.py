"""`sippulse-ws import …`: loads tables from files, with one engine."""

from __future__ import annotations

import datetime as dt
import json as jsonlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from sippulse_ws.cli.generated import PasswordsFile, check_length
from sippulse_ws.cli.import_course import Course, opened_rejects, summary
from sippulse_ws.cli.import_options import MOMENTS, Chosen, engine_options, takes, told_profile
from sippulse_ws.cli.missing import delete_missing, scope_of
from sippulse_ws.cli.price_lists import replace_rates
from sippulse_ws.cli.session import (
    fail,
    get_settings,
    open_database,
    queue_reloads,
    record_command,
)
from sippulse_ws.cli.texts import Said, chosen_language
from sippulse_ws.config import Settings
from sippulse_ws.db import Database, Session
from sippulse_ws.files.batches import Counts
from sippulse_ws.files.engine import Import
from sippulse_ws.files.kind import Kind
from sippulse_ws.files.kinds import KINDS
from sippulse_ws.files.kinds.subscribers import Subscribers
from sippulse_ws.files.profiles import only_domain
from sippulse_ws.files.saved_profiles import find_profile, save_profile
from sippulse_ws.files.streams import Bytes
from sippulse_ws.jobs.named_lock import LockLost, LockTaken, named_lock
from sippulse_ws.parts import make_vault

app = typer.Typer(no_args_is_help=True)

INTERRUPTED = 130  # as shells report it


def _command(name: str, doc: str, **more: tuple[Any, Any]) -> None:
    def run(chosen: Chosen) -> None:
        if chosen.values.get("replace") is not None:
            replace_rates(chosen)
        elif chosen.values.get("effective") is not None:
            raise fail(Said.EFFECTIVE_ALONE.text(chosen_language(get_settings())))
        else:
            import_files(KINDS[name], chosen)

    app.command(name, help=doc)(takes(run, **more))


def import_files(kind: type[Kind], chosen: Chosen) -> None:
    """Store good lines and print bad ones; exits with the status of the counts."""
    settings = get_settings()
    language = chosen_language(settings)
    total, ended = Counts(), []
    with (
        open_database(settings) as database,
        _alone(database, kind, language) as confirm,
        _maker(kind, chosen, settings, language) as make,
    ):
        for path in chosen.files:
            one = OneFile(database, settings, make(), chosen, language)
            one.confirm = confirm
            ended.append(one.run(path))
            total.add(one.counts)
            if one.interrupted:
                break
    if chosen.json:
        typer.echo(jsonlib.dumps(ended[0] if len(chosen.files) == 1 else ended))
    raise typer.Exit(INTERRUPTED if ended[-1]["interrupted"] else total.status)


class OneFile:
    """One file of a command, with its row in the audit trail."""

    def __init__(
        self, database: Database, settings: Settings, kind: Kind, chosen: Chosen, language: str
    ) -> None:
        self._database = database
        self._settings = settings
        self._kind = kind
        self._chosen = chosen
        self._language = language
        self.confirm: Callable[[Session], None] | None = None  # called in each batch
        self.counts = Counts()
        self.deleted = 0
        self.interrupted = False

    def run(self, path: Path) -> dict[str, Any]:
        chosen, kind, language = self._chosen, self._kind, self._language
        if chosen.update and not kind.changes:
            raise fail(Said.CANNOT_UPDATE.text(language, kind=kind.name))
        scope = scope_of(kind, chosen, language) if chosen.delete_missing else None
        with self._database.reading() as db:
            profile = find_profile(kind.name, chosen.profile)
            if profile is not None and profile.needs_domain and chosen.domain is None:
                chosen.values["domain"] = only_domain(db)
        options = engine_options(chosen, kind, profile, language)
        source = Bytes(path)
        with opened_rejects(chosen.rejects, language) as rejects:
            course = Course(source, rejects, language, quiet=chosen.json)
            run = Import(self._database, kind, source, options, course, self.confirm)
            try:
                self._store(run, course, source, path)
                try:
                    if scope is not None and not run.interrupted:
                        self.deleted = delete_missing(
                            self._database, kind, run, scope, chosen, language
                        )
                finally:
                    digest = source.digest()
                    self._record(path, digest)
            finally:
                run.close()
        if chosen.save_profile and not self.interrupted:
            save_profile(told_profile(chosen, kind, profile))
        self._tell()
        form = course.form.describe("en") if course.form else ""
        return self._told(path, digest, form)

    def _store(self, run: Import, course: Course, source: Bytes, path: Path) -> None:
        """Run the import; if it breaks off, report the batches that were stored already."""
        try:
            with course.followed():
                run.run()
        except KeyboardInterrupt:
            run.interrupted = True
        except BaseException:
            self.counts, self.interrupted = run.counts, True
            if self.counts.stored + self.counts.changed:
                self._record(path, source.digest())
            raise
        self.counts, self.interrupted = run.counts, run.interrupted

    def _record(self, path: Path, digest: str) -> None:
        if self._chosen.dry_run:
            return
        counts = self.counts
        told = {
            "file": str(path)[-100:],
            "sha256": digest,
            "stored": str(counts.stored),
            "changed": str(counts.changed),
            "known": str(counts.known),
            "refused": str(counts.refused),
            "deleted": str(self.deleted) if self.deleted else None,
            "interrupted": self.interrupted,
        }
        with self._database.writing() as db:
            record_command(db, f"import {self._kind.name}", told)
            if counts.stored + counts.changed + self.deleted:
                queue_reloads(db, self._settings, self._kind.reloads)

    def _tell(self) -> None:
        if self._chosen.json:
            return
        always = self._kind.always_tells_known
        told = summary(self.counts, self._language, dry_run=self._chosen.dry_run, known=always)
        if self.interrupted:
            typer.echo(Said.INTERRUPTED.text(self._language, counts=told), err=True)
        else:
            typer.echo(told)

    def _told(self, path: Path, digest: str, form: str) -> dict[str, Any]:
        counts = self.counts
        return {
            "file": str(path),
            "form": form,
            "sha256": digest,
            "dry_run": self._chosen.dry_run,
            "stored": counts.stored,
            "changed": counts.changed,
            "known": counts.known,
            "refused": counts.refused,
            "left_out": counts.left_out,
            "deleted": self.deleted,
            "interrupted": self.interrupted,
        }


@contextmanager
def _maker(
    kind: type[Kind], chosen: Chosen, settings: Settings, language: str
) -> Iterator[Callable[[], Kind]]:
    """A function that makes the kind for each file; subscribers may need passwords."""
    if not issubclass(kind, Subscribers):
        yield kind
        return
    length = chosen.generate_passwords
    check_length(length)
    vault = make_vault(settings)
    if length is None:
        yield lambda: kind(vault)
        return
    made = PasswordsFile(chosen.passwords_file)
    try:
        yield lambda: kind(vault, length, None if chosen.dry_run else made.add)
    finally:
        made.close()
        if made.count:
            told = Said.PASSWORDS_WRITTEN.text(language, count=made.count, path=made.path)
            typer.echo(told, err=True)


@contextmanager
def _alone(
    database: Database, kind: type[Kind], language: str
) -> Iterator[Callable[[Session], None]]:
    """Let only one import run if no unique key keeps two from storing the same record.

    Every batch has to call what this yields.
    """
    if not kind.alone or database.is_sqlite:  # SQLite has one writer at a time
        yield lambda _: None
        return
    another = Said.ANOTHER_IMPORT.text(language, kind=kind.name)
    try:
        with named_lock(database, f"import {kind.name}") as lock:
            yield lock.require
    except (LockTaken, LockLost):
        raise fail(another) from None


_command(
    "subscribers",
    "Subscribers: username,domain,profile,password and all other columns of SOAP's; also aliases, "
    "dids and ip_addresses.",
    generate_passwords=(
        Annotated[
            int | None,
            typer.Option(metavar="LENGTH", help="Generate the passwords that the file lacks."),
        ],
        None,
    ),
    passwords_file=(
        Annotated[Path, typer.Option(help="New file for the generated passwords.")],
        Path("subscribers-passwords.csv"),
    ),
)
_command(
    "dids", "Numbers of a domain's inventory: number,domain; with account_code, assigned to it."
)
_command(
    "rates",
    "Rates: domain,rate_id,prefix,name,rate_value; also service_type, cadency, tx_connection, "
    "tx_delay, tx_discard.",
    rate_id=(Annotated[int | None, typer.Option(help="The rate table of all lines.")], None),
    replace=(
        Annotated[int | None, typer.Option(help="Replace this whole rate table at once.")],
        None,
    ),
    effective=(
        Annotated[
            dt.datetime | None,
            typer.Option(formats=MOMENTS, help="When the list becomes valid."),
        ],
        None,
    ),
)
_command("dialplans", "Rules of dial plans: domain,dpid,match_exp and optional columns.")
_command(
    "numbering",
    "Number prefixes with city code and local area: prefix,city_code,local_area.",
    prefix=(Annotated[str | None, typer.Option(help="Scope of --delete-missing.")], None),
)
_command("white-lists", "Numbers that may always be called: account_code,prefix.")
_command("addresses", "IP addresses of accounts: account_code,ip_address and optional columns.")
_command("aliases", "Other addresses of accounts: account_code,alias_username,alias_domain.")
_command(
    "routes", "Gateways by prefix: gateway,prefix; also domain or rate_plan_id, priority, weight."
)
_command("cdrs", "Call records, with the columns of vi_cdrs; known ones stay as they are.")
_command("acc", "Failed calls, with the columns of acc; known ones stay as they are.")
_command("raw-calls", "Raw records, with the columns of call_raw and the ids they had.")
