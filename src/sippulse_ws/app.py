"""The composition root: makes the WSGI application from the settings, without connecting."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Sequence
from functools import cache, partial
from threading import Semaphore
from typing import TYPE_CHECKING, Any

from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.utils import redirect

from sippulse_ws import metrics
from sippulse_ws.db import Database
from sippulse_ws.db.schema.revisions import NEWEST
from sippulse_ws.domain.errors import InternalError, UnreadableValue
from sippulse_ws.domain.password_keys import KeyWatch
from sippulse_ws.jobs.names import job_names
from sippulse_ws.log import configure_logging
from sippulse_ws.observability.facts import FactsCollector, read_facts
from sippulse_ws.observability.metrics_page import MetricsPage
from sippulse_ws.observability.observer import Observer
from sippulse_ws.observability.operation_log import OperationLog
from sippulse_ws.observability.outages import Outage
from sippulse_ws.observability.spans import find_tracer
from sippulse_ws.observability.unknown_paths import UnknownPaths
from sippulse_ws.parts import make_proxies, make_serving_database, make_vault
from sippulse_ws.services import SERVICES
from sippulse_ws.services.catalogue import every_operation
from sippulse_ws.services.runner import Runner
from sippulse_ws.web.health import Health
from sippulse_ws.web.json_api import API, JsonApi, JsonOptions
from sippulse_ws.web.site import BASE, Site
from sippulse_ws.wire.endpoint import Endpoint, Options

if TYPE_CHECKING:
    from sippulse_ws.config import Settings


class Dispatcher:
    """Sends a request to its endpoint by the exact path, as the Java server does.

    `others` answers paths that are not in `routes` and begin with one of its keys.
    """

    def __init__(self, routes: dict[str, Any], others: dict[str, Any], not_found: Any) -> None:
        self._routes = routes
        self._others = others
        self._not_found = not_found

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO") or "/"
        route = self._routes.get(path) or self._other(path) or self._not_found
        answer: Iterable[bytes] = route(environ, start_response)
        return answer

    def _other(self, path: str) -> Any:
        return next((one for start, one in self._others.items() if path.startswith(start)), None)


def make_log(settings: Settings) -> OperationLog:
    return OperationLog(settings.log_operations, settings.log_level, settings.log_format)


def make_observer(settings: Settings) -> Observer:
    return Observer(make_log(settings), find_tracer())


def make_options(settings: Settings, site: Site) -> Options:
    """The options of the endpoints."""
    return Options(
        lexical=settings.lexical,
        wsdl_style=settings.wsdl_style,
        wsdl_required=settings.wsdl_required,
        max_body=settings.max_body,
        public_url=settings.public_url,
        page=site.service,
        invalid_value=UnreadableValue.wording.text(settings.language),
        internal_error=InternalError.wording.text(settings.language),
        senders=Semaphore(settings.pool_size // 2),
        finished=make_observer(settings),
    )


def make_metrics_page(
    settings: Settings, endpoints: Sequence[Endpoint], database: Database
) -> MetricsPage:
    operations = [(one.name, name) for one in endpoints for name in one.operations]
    # a connection of its own, so that serving threads do not wait for it
    look = partial(read_facts, Database(database.url, 1, is_cluster=database.is_cluster))
    return MetricsPage(operations, NEWEST, FactsCollector(look, job_names(settings)))


def make_dispatcher(
    settings: Settings, site: Site, state: Any, health: Health, database: Database
) -> Dispatcher:
    """The dispatcher with everything that is served, by path."""
    options = make_options(settings, site)
    endpoints = [Endpoint(service, options, state) for service in SERVICES]
    json_api = JsonApi(
        every_operation(),
        state,
        JsonOptions(settings.language, settings.max_body, options.senders, options.finished),
    )
    routes: dict[str, Any] = {path: one for one in endpoints for path in one.paths}
    routes |= {
        # relative, so that it is right under a proxy's path as well
        "/": redirect(BASE.lstrip("/")),
        BASE.rstrip("/"): redirect(BASE.lstrip("/")),
        **dict.fromkeys(json_api.paths, json_api),
        **dict(site.routes()),
        "/healthz": health.healthz,
        "/readyz": health.readyz,
        "/metrics": make_metrics_page(settings, endpoints, database),
    }
    return Dispatcher(routes, {API: json_api}, UnknownPaths(site.not_found, make_log(settings)))


def create_app(settings: Settings, database: Database | None = None, state: Any = None) -> Any:
    """The WSGI application; `state` replaces the runner of operations (the conformance test)."""
    database = database or make_serving_database(settings)
    outage = Outage(metrics.DATABASE_FAILURES.inc)
    keys = KeyWatch(make_vault(settings))
    state = state or Runner(database, settings, keys, make_proxies(settings), outage)
    site = Site(SERVICES, settings.language, settings.public_url)
    health = Health(database, outage, keys)
    app: Any = make_dispatcher(settings, site, state, health, database)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app = ProxyFix(app, x_for=hops, x_proto=hops, x_host=hops, x_prefix=hops)
    # What lives as long as the process is excluded from further garbage collections.
    gc.collect()
    gc.freeze()
    return app


@cache
def application() -> Any:
    """The application for a server process; the settings come from the environment.

    Workers forked from a process that has called it share its result.
    """
    from sippulse_ws.config import load_settings  # noqa: PLC0415 - with what reads them, large

    return make_application(load_settings())


def make_application(settings: Settings) -> Any:
    """What `application` gives, of settings that were read already."""
    configure_logging(settings.log_level, settings.log_format)
    metrics.share_between_workers()
    return create_app(settings)
