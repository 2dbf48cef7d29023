"""`sippulse-ws serve`."""

from __future__ import annotations

import logging
import os
from functools import partial
from typing import Annotated

import typer

from sippulse_ws import metrics
from sippulse_ws.app import application
from sippulse_ws.cli.ephemeral import announce, ephemeral_database
from sippulse_ws.cli.session import console, told
from sippulse_ws.cli.texts import Said, chosen_language
from sippulse_ws.config import ConfigurationError, Settings, asked_log_format, load_settings
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
from sippulse_ws.testing.faults import FaultInjection

log = logging.getLogger("sippulse_ws.lifecycle")


def serve(
    host: Annotated[str, typer.Option(help="Address or name to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="TCP port; 8080, a free one if ephemeral.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; one per core by default.")
    ] = None,
    pin: Annotated[
        bool | None,
        typer.Option(help="Keep each process on one core; by default if there is one per core."),
    ] = None,
    ephemeral: Annotated[
        bool, typer.Option(help="For tests: a temporary database, deleted with the server.")
    ] = False,
    demo: Annotated[bool, typer.Option(help="With demo data; needs --ephemeral.")] = False,
) -> None:
    """Serve the web services."""
    os.umask(0o077)  # files written here may contain credentials
    keep_little_memory()
    if demo and not ephemeral:
        raise typer.BadParameter(told(Said.DEMO_ALONE))
    configure_logging("info", asked_log_format())
    log_uncaught()
    try:
        if not ephemeral:
            _serve(host, port or 8080, workers, pin)
            return
        with ephemeral_database(demo=demo) as logins:
            _serve(host, port or 0, workers or 1, pin, logins)
    except (NotStarted, ConfigurationError) as error:
        log.critical("not started", extra={"reason": str(error)})
        raise typer.Exit(1) from None


class NotStarted(Exception):
    """The server cannot start; the message says why."""


def _serve(
    host: str,
    port: int,
    workers: int | None,
    pin: bool | None,
    logins: dict[str, str] | None = None,
) -> None:
    """Run the server; with `logins` it is one for tests."""
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    _check_database(settings)
    if host.startswith("[") and host.endswith("]"):  # as in a URL
        host = host[1:-1]
    cores = len(usable_cores())
    try:
        listeners = listen(host, port, workers or cores)
    except ListenError as error:
        raise NotStarted(error.wording.text(chosen_language(settings))) from None
    name = f"[{host}]" if ":" in host else host
    address = f"http://{name}:{listeners[0].getsockname()[1]}"
    if logins is not None:
        announce(address, logins)
    elif console.is_terminal or settings.log_format == "text":  # else the log says it
        console.print(f"sippulse-ws: {address}/SipPulse/", highlight=False)  # data
    with metrics_folder() as folder:
        os.environ.setdefault(metrics.FOLDER, folder)
        app = application()  # made before workers are forked, so that they share its memory
        if logins is not None:
            app = FaultInjection(app, settings.language)
        pinned = len(listeners) >= cores if pin is None else pin
        run_server(app, settings, listeners, address, pinned, partial(_work_beside, settings))


def _work_beside(settings: Settings, master: int) -> None:
    """Run the jobs, in the background process."""
    from sippulse_ws.jobs.run import run_jobs  # noqa: PLC0415 - workers do not need it

    run_jobs(settings, parent=master)


def _check_database(settings: Settings) -> None:
    """End if schema or key are wrong. If the database is away, serve anyway, not ready."""
    language = chosen_language(settings)
    database = make_database(settings)
    if misplaced := database.find_misplaced_file():
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
