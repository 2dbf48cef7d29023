"""`sippulse-ws serve`."""

from __future__ import annotations

import logging
from functools import partial
from typing import Annotated

import typer

from sippulse_ws import entry
from sippulse_ws.cli.texts import Said, chosen_language
from sippulse_ws.config import ConfigurationError, asked_log_format, load_settings, plain_settings
from sippulse_ws.log import configure_logging, log_uncaught

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
    if demo and not ephemeral:
        from sippulse_ws.cli.session import told  # noqa: PLC0415 - large, for a mistake

        raise typer.BadParameter(told(Said.DEMO_ALONE))
    configure_logging("info", asked_log_format())
    log_uncaught()
    try:
        if entry.is_read_only():
            settings = load_settings()
            options = host, port or 8080, workers, pin, chosen_language(settings)
            entry.hand_over(plain_settings(settings), options, asked_log_format())
            return
    except ConfigurationError as error:
        log.critical("not started", extra={"reason": str(error)})
        raise typer.Exit(1) from None
    _serve_here(host, port, workers, pin, ephemeral=ephemeral, demo=demo)


def _serve_here(
    host: str,
    port: int | None,
    workers: int | None,
    pin: bool | None,
    *,
    ephemeral: bool,
    demo: bool,
) -> None:
    """Serve in this process, for tests or because somebody called the command itself."""
    # the server is large, and the process that only reads does without
    from sippulse_ws.cli.ephemeral import announce, ephemeral_database  # noqa: PLC0415
    from sippulse_ws.server import (  # noqa: PLC0415
        ForTests,
        NotStarted,
        ServeOptions,
        prepare_process,
        serve_until_told,
    )
    from sippulse_ws.testing.faults import FaultInjection  # noqa: PLC0415

    prepare_process(asked_log_format())
    try:
        if not ephemeral:
            settings = load_settings()
            options = ServeOptions(host, port or 8080, workers, pin, chosen_language(settings))
            serve_until_told(settings, options)
            return
        with ephemeral_database(demo=demo) as logins:
            settings = load_settings()
            options = ServeOptions(host, port or 0, workers or 1, pin, chosen_language(settings))
            tests = ForTests(
                partial(announce, logins=logins),
                partial(FaultInjection, language=settings.language),
            )
            serve_until_told(settings, options, tests)
    except (NotStarted, ConfigurationError) as error:
        log.critical("not started", extra={"reason": str(error)})
        raise typer.Exit(1) from None
