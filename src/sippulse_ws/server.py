"""What `serve` does once its settings are read: looks at the database, listens, and serves."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sippulse_ws import metrics
from sippulse_ws.app import make_application
from sippulse_ws.db.connections.failures import is_unavailable
from sippulse_ws.db.schema.revisions import find_trouble
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.password_keys import note_key
from sippulse_ws.log import configure_logging, log_uncaught
from sippulse_ws.observability.metrics_folder import metrics_folder
from sippulse_ws.parts import make_database, make_vault
from sippulse_ws.serving.listening import ListenError, listen
from sippulse_ws.serving.memory import keep_little_memory
from sippulse_ws.serving.start import run_server
from sippulse_ws.serving.worker import usable_cores

if TYPE_CHECKING:
    from sippulse_ws.config import Settings

log = logging.getLogger("sippulse_ws.lifecycle")


class NotStarted(Exception):
    """The message says why."""


class ServeOptions(NamedTuple):
    """What the command line says, and the language of this run."""

    host: str
    port: int  # 0: a free one
    workers: int | None
    pin: bool | None
    language: str


class ForTests(NamedTuple):
    """What a server for tests does besides."""

    announce: Callable[[str], None]  # told the address
    wrap: Callable[[Any], Any]  # around the application


def prepare_process(log_format: str) -> None:
    """Before anything is read or written: who may read it, how it is told."""
    os.umask(0o077)  # whatever is written here may hold credentials
    keep_little_memory()
    configure_logging("info", log_format)
    log_uncaught()


def run_until_told(settings: Settings, options: ServeOptions) -> int:
    """Serve until a signal; the exit status."""
    try:
        serve_until_told(settings, options)
    except NotStarted as error:
        log.critical("not started", extra={"reason": str(error)})
        return 1
    return 0


def serve_until_told(
    settings: Settings, options: ServeOptions, tests: ForTests | None = None
) -> None:
    """Serve until a signal; NotStarted if there is something in the way."""
    configure_logging(settings.log_level, settings.log_format)
    _check_database(settings, options.language)
    host = options.host
    if host.startswith("[") and host.endswith("]"):  # as in an address of the web
        host = host[1:-1]
    cores = len(usable_cores())
    try:
        listeners = listen(host, options.port, options.workers or cores)
    except ListenError as error:
        raise NotStarted(error.wording.text(options.language)) from None
    name = f"[{host}]" if ":" in host else host
    address = f"http://{name}:{listeners[0].getsockname()[1]}"
    if tests is not None:
        tests.announce(address)
    elif sys.stdout.isatty() or settings.log_format == "text":  # else the line "start" says it
        sys.stdout.write(f"sippulse-ws: {address}/SipPulse/\n")
        sys.stdout.flush()
    with metrics_folder() as folder:
        os.environ.setdefault(metrics.FOLDER, folder)
        # made before workers are forked, so that they share its memory
        app = make_application(settings)
        if tests is not None:
            app = tests.wrap(app)
        pinned = len(listeners) >= cores if options.pin is None else options.pin
        run_server(app, settings, listeners, address, pinned, partial(_work_beside, settings))


def _work_beside(settings: Settings, master: int) -> None:
    """What the background process does."""
    from sippulse_ws.jobs.run import run_jobs  # noqa: PLC0415 - workers need nothing of it

    run_jobs(settings, parent=master)


def _check_database(settings: Settings, language: str) -> None:
    """Say what is wrong with it or with its key. One that is away is waited for, not ready."""
    database = make_database(settings)
    if misplaced := database.find_misplaced_file():
        from sippulse_ws.cli.texts import Said  # noqa: PLC0415 - large, and then it is over

        raise NotStarted(Said.DATABASE.text(language, reason=misplaced))
    try:
        database.make_default_folder()
        with database.reading() as db:
            trouble = find_trouble(db)
        if trouble is None:
            with database.writing() as db:
                note_key(db, make_vault(settings))
    except DomainError as error:
        raise NotStarted(error.message(language)) from None
    except Exception as error:
        if not is_unavailable(error):
            raise
        reason = str(getattr(error, "orig", None) or error)
        log.warning("database unavailable; waiting for it", extra={"reason": reason})
    else:
        if trouble is not None:
            log.warning("not ready", extra={"reason": trouble.text(language)})
    finally:
        database.close()
