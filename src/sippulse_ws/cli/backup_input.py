"""What the commands of a backup are given: its file or a stream, and its passphrase."""

from __future__ import annotations

import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import GetPassWarning
from pathlib import Path
from tempfile import NamedTemporaryFile, gettempdir

import typer

from sippulse_ws.cli.database_texts import DatabaseSaid
from sippulse_ws.cli.session import fail, told
from sippulse_ws.cli.texts import Said

STREAM = Path("-")


@contextmanager
def given_backup(file: Path, passphrase_file: Path | None) -> Iterator[Path]:
    """`-` is standard input. It is kept in a file of its owner's: a backup is read twice."""
    if file != STREAM:
        yield file
        return
    if passphrase_file == STREAM:
        raise fail(DatabaseSaid.ONE_INPUT)
    with NamedTemporaryFile(prefix="sippulse-backup-") as kept:
        try:
            shutil.copyfileobj(sys.stdin.buffer, kept)
            kept.flush()
        except OSError as error:
            raise fail(f"{gettempdir()}: {error.strerror}") from None
        yield Path(kept.name)


def require_pipe() -> None:
    """Nobody wants a backup on the screen."""
    if sys.stdout.isatty():
        raise fail(DatabaseSaid.NOT_ON_SCREEN)


def find_passphrase(
    file: Path | None, *, ask: bool, new: bool = False, asked_here: bool = True
) -> str | None:
    """From a file, or from whoever is there; `asked_here` is False where input is the backup."""
    if file is None and not ask:
        return None
    if file is not None:
        passphrase = _read_passphrase(file)
    elif asked_here:
        passphrase = _ask_passphrase(new=new)
    else:
        raise fail(DatabaseSaid.PASSPHRASE_WANTED)
    if new and not passphrase:
        raise fail(DatabaseSaid.PASSPHRASE_EMPTY)
    return passphrase


def _ask_passphrase(*, new: bool) -> str:
    """On stderr: standard output may be the backup. Only where what is typed can be hidden."""
    again = told(Said.ONCE_MORE) if new else False
    asked = told(DatabaseSaid.PASSPHRASE)
    with warnings.catch_warnings():
        warnings.simplefilter("error", GetPassWarning)
        try:
            given = typer.prompt(asked, hide_input=True, confirmation_prompt=again, err=True)
        except GetPassWarning:
            raise fail(DatabaseSaid.NO_TERMINAL) from None
    return str(given)


def _read_passphrase(file: Path) -> str:
    try:
        if file == STREAM:
            return sys.stdin.readline().rstrip("\r\n")
        return (file.read_text("utf-8").splitlines() or [""])[0]
    except OSError as error:
        raise fail(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise fail(DatabaseSaid.PASSPHRASE_NOT_TEXT, file=file) from None
