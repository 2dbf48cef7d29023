"""The steps of making, checking and restoring a backup."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from sippulse_ws import __version__
from sippulse_ws.db import Database
from sippulse_ws.db.schema.revisions import NEWEST, RESTORING, current_revision
from sippulse_ws.db.schema.servers import is_behind, server_version
from sippulse_ws.ops.backup import accounts, mariadb, sqlite
from sippulse_ws.ops.backup.container import Reader, Writer, read_head
from sippulse_ws.ops.backup.parts import ABOUT, Manifest, PartsReader, PartsWriter, Progress
from sippulse_ws.ops.backup.troubles import BackupError, BackupTrouble
from sippulse_ws.ops.rights import WITH_BINLOG, missing_rights
from sippulse_ws.wording import Wording

_Tables = Mapping[str, tuple[int, str]]


@dataclass(slots=True)
class Restored:
    """What a restore did: what the backup is, and what is left to do by hand."""

    about: dict[str, Any]
    manifest: Manifest
    # table, rows in the backup, rows now, and whether they are the same
    compared: list[tuple[str, int, int, bool]] = field(default_factory=list)
    left: list[Wording] = field(default_factory=list)


def create_backup(
    database: Database,
    file: Path | IO[bytes],
    settings: Mapping[str, str],
    passphrase: str | None,
    progress: Progress,
) -> Manifest:
    """Write a backup into a stream, or a file that gets its name only when it is complete."""
    shape = _shape(database)
    about = _about(database, settings)
    manifest = Manifest()
    with _stream(file) if not isinstance(file, Path) else _new_file(file) as output:
        head = {name: about[name] for name in ("version", "schema", "engine", "created")}
        container = Writer(output, head, passphrase)
        parts = PartsWriter(container)
        parts.add_json(ABOUT, about)
        parts.add_database(_dump(database, manifest), manifest, progress)
        if _shape(database) != shape:  # the snapshot is of rows, not of tables
            raise BackupError(BackupTrouble.SCHEMA_CHANGED)
        parts.finish(manifest)
        container.finish()
    return manifest


def check_backup(file: Path, passphrase: str | None, progress: Progress) -> Restored:
    """Read a whole backup; a BackupError if it is damaged or incomplete."""
    with file.open("rb") as source:
        parts = PartsReader(Reader(source, passphrase))
        for _ in parts.database(progress):
            pass
    return Restored(parts.about, parts.manifest)


def restore_backup(
    database: Database,
    file: Path,
    passphrase: str | None,
    progress: Progress,
    *,
    overwrite: bool = False,
    with_accounts: bool = True,
) -> Restored:
    """Restore a backup. The whole file is checked before anything is changed."""
    restored = check_backup(file, passphrase, lambda _: None)
    about = restored.about
    kind = "sqlite" if database.is_sqlite else "mariadb"
    if about["engine"] != kind:
        raise BackupError(BackupTrouble.OTHER_ENGINE, of=about["engine"], here=kind)
    if about["schema"] > NEWEST:
        told = {"schema": about["schema"], "newest": NEWEST, "version": about["version"]}
        raise BackupError(BackupTrouble.NEWER, **told)
    _make_room(database, overwrite)
    with file.open("rb") as source:
        parts = PartsReader(Reader(source, passphrase))
        pieces = parts.database(progress)
        if database.is_sqlite:
            sqlite.load(_path(database), pieces)
        else:
            _load(database, pieces, about)
    restored.compared = compare_tables(database, restored.manifest)
    if not database.is_sqlite and with_accounts:
        with database.maintaining() as db:
            base = str(database.url.database)
            restored.left = accounts.restore_accounts(db, base, about["accounts"])
    return restored


def _load(database: Database, pieces: Iterator[bytes], about: Mapping[str, Any]) -> None:
    try:
        mariadb.load(database, pieces, about["schema"])
    except BackupError as error:
        with database.maintaining() as db:
            here = server_version(db).version
        of = about.get("server")  # backups of earlier versions do not say it
        if of is None or not is_behind(here, of):
            raise
        told = {"reason": error.wording, "of": of, "here": here}
        raise BackupError(BackupTrouble.OLDER_SERVER, **told) from error


def compare_tables(database: Database, manifest: Manifest) -> list[tuple[str, int, int, bool]]:
    """Table, rows in the backup, rows now, and whether they are the same rows."""
    now: _Tables = (
        sqlite.digest(_path(database)) if database.is_sqlite else mariadb.digest(database)
    )
    nothing = (0, "")
    return [
        (
            name,
            manifest.tables.get(name, nothing)[0],
            now.get(name, nothing)[0],
            manifest.tables.get(name, nothing) == now.get(name, nothing),
        )
        for name in sorted(manifest.tables.keys() | now.keys())
    ]


def describe_backup(file: Path) -> dict[str, Any]:
    """The backup's head, which needs no passphrase."""
    with file.open("rb") as source:
        return read_head(source)


def _about(database: Database, settings: Mapping[str, str]) -> dict[str, Any]:
    with database.maintaining() as db:
        schema = current_revision(db)
        if schema is None:
            raise BackupError(BackupTrouble.NOTHING_TO_BACK_UP)
        if schema == RESTORING:
            raise BackupError(BackupTrouble.NOT_WHOLE)
        made = {} if database.is_sqlite else accounts.find_accounts(db)
        server = server_version(db).version
    return {
        "version": __version__,
        "schema": schema,
        "engine": "sqlite" if database.is_sqlite else "mariadb",
        "server": server,
        "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "settings": dict(settings),
        "accounts": made,
    }


def _shape(database: Database) -> list[object]:
    """The schema, which must not change while a backup is made."""
    with database.maintaining() as db:
        parts = [] if database.is_sqlite else mariadb.shape(db)
        return [current_revision(db), *parts]


def _dump(database: Database, manifest: Manifest) -> Iterator[bytes]:
    if database.is_sqlite:
        yield from sqlite.dump(_path(database), manifest.tables)
        return
    with database.maintaining() as db:
        own = str(database.url.database)
        binlog = mariadb.has_binlog(db) and not missing_rights(db, WITH_BINLOG, own)
    digests = mariadb.TableDigests()
    yield from mariadb.dump(database, digests, binlog=binlog)
    manifest.tables, manifest.binlog = digests.results(), digests.binlog


def _make_room(database: Database, overwrite: bool) -> None:
    """A BackupError if there are data, unless `overwrite`: then a MariaDB database is emptied."""
    if database.is_sqlite:
        there = sqlite.has_data(_path(database))
    else:
        mariadb.make_schema(database.url)
        with database.maintaining() as db:
            there = bool(mariadb.tables(db))
            if there and overwrite:
                mariadb.empty(db)
    if there and not overwrite:
        raise BackupError(BackupTrouble.DATA_THERE)


def _path(database: Database) -> Path:
    return Path(str(database.url.database))


@contextmanager
def _stream(output: IO[bytes]) -> Iterator[IO[bytes]]:
    try:
        yield output
        output.flush()
    except OSError as error:
        reason = error.strerror or error
        raise BackupError(BackupTrouble.UNWRITABLE, file="-", reason=reason) from error


@contextmanager
def _new_file(file: Path) -> Iterator[IO[bytes]]:
    """A file readable by its owner only, which gets its name only when it is complete on disk."""
    part = file.with_name(file.name + ".part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as output:
            yield output
            output.flush()
            os.fsync(output.fileno())
        part.replace(file)
    except OSError as error:
        reason = error.strerror or error
        raise BackupError(BackupTrouble.UNWRITABLE, file=file, reason=reason) from error
    finally:
        part.unlink(missing_ok=True)
