"""`sippulse-ws backup …`: everything into one file, and back."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGHUP, SIGTERM
from typing import Annotated, Any

import typer

from sippulse_ws.cli.backup_input import STREAM, find_passphrase, given_backup, require_pipe
from sippulse_ws.cli.database_rights import (
    lacking_rights,
    require_rights,
    require_trusted_functions,
)
from sippulse_ws.cli.database_texts import DatabaseSaid
from sippulse_ws.cli.session import (
    errors,
    fail,
    get_settings,
    open_database,
    print_table,
    record_command,
    say,
    told,
    warn,
)
from sippulse_ws.cli.texts import Said
from sippulse_ws.db import Database
from sippulse_ws.ops.backup.course import (
    Restored,
    check_backup,
    create_backup,
    describe_backup,
    restore_backup,
)
from sippulse_ws.ops.backup.mariadb import has_binlog
from sippulse_ws.ops.backup.troubles import BackupError
from sippulse_ws.ops.rights import WITH_BINLOG
from sippulse_ws.settings_report import without_secrets

app = typer.Typer(no_args_is_help=True)

_File = Annotated[
    Path, typer.Argument(help="The backup; - is standard input or output.", dir_okay=False)
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(help="Its first line is the passphrase; - is standard input."),
]


@app.command("create")
def backup_create(
    file: _File,
    encrypt: Annotated[bool, typer.Option("--encrypt", help="Ask for a passphrase.")] = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Write database, accounts and settings (without secrets) into one file; writing goes on."""
    settings = get_settings()
    streamed = file == STREAM
    if streamed:
        require_pipe()
    passphrase = find_passphrase(passphrase_file, ask=encrypt, new=True)
    with open_database(settings) as database, _told(), _ended_in_order():
        require_rights(database, "backup create")
        _warn_without_binlog(database)
        with _progress(DatabaseSaid.PROGRESS_READ) as progress:
            output = sys.stdout.buffer if streamed else file
            made = create_backup(database, output, without_secrets(settings), passphrase, progress)
        if not streamed:
            with _progress(DatabaseSaid.PROGRESS_CHECKED) as progress:
                check_backup(file, passphrase, progress)
        with database.writing() as db:
            record_command(db, "backup create", {"file": file.name, "tables": len(made.tables)})
    rows = sum(count for count, _ in made.tables.values())
    if streamed:
        warn(DatabaseSaid.BACKUP_SENT, tables=len(made.tables), rows=rows)
        return
    size = file.stat().st_size
    say(DatabaseSaid.BACKUP_MADE, file=file, tables=len(made.tables), rows=rows, size=size)


@app.command("restore")
def backup_restore(
    file: _File,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Over a database with data, which is lost.")
    ] = False,
    accounts: Annotated[
        bool, typer.Option(help="Also schemas and accounts of integrators and SIP proxies.")
    ] = True,
    passphrase_file: PassphraseFile = None,
    before_replay: Annotated[
        bool,
        typer.Option(
            "--before-replay", help="Write no row of its own: a binary log is applied next."
        ),
    ] = False,
) -> None:
    """Put a backup into the configured database, and compare every table. Stop the server first."""
    settings = get_settings()
    with (
        open_database(settings, is_new=True) as database,
        _told(),
        _ended_in_order(),
        given_backup(file, passphrase_file) as source,
    ):
        passphrase = _passphrase_of(source, passphrase_file, file)
        about = check_backup(source, passphrase, lambda _: None).about
        wanted = accounts and any(about["accounts"].values())
        _require_rights(database, about["accounts"] if wanted else None)
        with _progress(DatabaseSaid.PROGRESS_RESTORED) as progress:
            done = restore_backup(
                database, source, passphrase, progress, overwrite=overwrite, with_accounts=wanted
            )
        same = _print_comparison(done)
        if about["schema"] == _newest() and not before_replay:
            with database.writing() as db:
                record_command(db, "backup restore", {"file": file.name, "of": about["created"]})
    _say_restored(done, same)


@app.command()
def check(file: _File, passphrase_file: PassphraseFile = None) -> None:
    """Read a backup through, and say what it is."""
    with _told(), given_backup(file, passphrase_file) as source:
        passphrase = _passphrase_of(source, passphrase_file, file)
        with _progress(DatabaseSaid.PROGRESS_CHECKED) as progress:
            found = check_backup(source, passphrase, progress)
    told = {name: found.about[name] for name in ("created", "version", "schema", "engine")}
    told |= {"settings": found.about["settings"], "binlog": found.manifest.binlog}
    told["tables"] = {name: rows for name, (rows, _) in found.manifest.tables.items()}
    typer.echo(json.dumps(told, ensure_ascii=False, indent=1))


def _passphrase_of(source: Path, passphrase_file: Path | None, file: Path) -> str | None:
    encrypted = bool(describe_backup(source).get("encrypted"))
    return find_passphrase(passphrase_file, ask=encrypted, asked_here=file != STREAM)


def _require_rights(database: Database, accounts: dict[str, Any] | None) -> None:
    """Of a restore, with the accounts that it is to make."""
    if accounts is None:
        require_rights(database, "backup restore")
        return
    require_rights(database, "backup restore --accounts")
    kinds = {one["kind"] for one in accounts["proxies"]}
    require_trusted_functions(database, "backup restore", kinds)


def _warn_without_binlog(database: Database) -> None:
    if database.is_sqlite or (lacking := lacking_rights(database, WITH_BINLOG)) is None:
        return
    with database.reading() as db:
        if has_binlog(db):
            warn(Said.NO_BINLOG_POSITION, grant=lacking[1])


def _print_comparison(done: Restored) -> bool:
    same, different = told(DatabaseSaid.SAME), told(DatabaseSaid.DIFFERENT)
    rows = [[name, was, now, same if one else different] for name, was, now, one in done.compared]
    print_table(["table", "rows in backup", "rows now", ""], rows)
    return all(same for *_, same in done.compared)


def _say_restored(done: Restored, same: bool) -> None:
    for sentence in done.left:
        warn(sentence)
    if done.about["schema"] != _newest():
        warn(DatabaseSaid.UPGRADE_NEXT)
    if not same:
        raise fail(DatabaseSaid.RESTORED_DIFFERS)
    say(DatabaseSaid.RESTORED)


def _newest() -> str:
    from sippulse_ws.db.schema.revisions import NEWEST  # noqa: PLC0415

    return NEWEST


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong with a backup is one line."""
    try:
        yield
    except BackupError as error:
        raise fail(error.wording) from None
    except OSError as error:
        if error.filename is None:
            raise
        raise fail(f"{error.filename}: {error.strerror}") from None


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """What is half done is taken away when we are told to stop, as after Ctrl-C."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():  # nobody else may say it
        yield
        return
    # whoever has SIGHUP ignored (nohup) means it
    ours = [one for one in (SIGTERM, SIGHUP) if signal.getsignal(one) == signal.SIG_DFL]
    for number in ours:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def _progress(word: DatabaseSaid) -> Iterator[_Counter]:
    counter = _Counter(word)
    yield counter
    counter.end()


class _Counter:
    """Says on stderr, twice a second, how far it is; only to a person."""

    def __init__(self, word: DatabaseSaid) -> None:
        self._word = told(word)
        self._bytes = 0
        self._began = self._last = time.monotonic()

    def __call__(self, count: int) -> None:
        self._bytes += count
        now = time.monotonic()
        if now - self._last >= 0.5:
            self._last = now
            self._say("\r")

    def end(self) -> None:
        self._say("\n")

    def _say(self, end: str) -> None:
        if not errors.is_terminal:
            return
        mebibytes = self._bytes / 2**20
        rate = mebibytes / max(time.monotonic() - self._began, 0.001)
        text = f"{mebibytes:9.1f} MiB {self._word}, {rate:.1f} MiB/s"
        errors.print(text, end=end, highlight=False)
