"""What the commands of a backup are given: its file or a stream, and its passphrase."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, gettempdir

from sippulse_ws.cli.database_texts import DatabaseSaid
from sippulse_ws.cli.session import ask_hidden, fail, told

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
        asked = ask_hidden(told(DatabaseSaid.PASSPHRASE), twice=new)
        if asked is None:
            raise fail(DatabaseSaid.NO_TERMINAL)
        passphrase = asked
    else:
        raise fail(DatabaseSaid.PASSPHRASE_WANTED)
    if new and not passphrase:
        raise fail(DatabaseSaid.PASSPHRASE_EMPTY)
    return passphrase


def _read_passphrase(file: Path) -> str:
    try:
        if file == STREAM:
            return sys.stdin.readline().rstrip("\r\n")
        return (file.read_text("utf-8").splitlines() or [""])[0]
    except OSError as error:
        raise fail(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise fail(DatabaseSaid.PASSPHRASE_NOT_TEXT, file=file) from None
