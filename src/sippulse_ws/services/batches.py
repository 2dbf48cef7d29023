"""Batches: writes of any services in one transaction. All of them are done, or none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sippulse_ws.domain import audit, reload_queue
from sippulse_ws.domain.access import PRINCIPAL
from sippulse_ws.domain.request_errors import NotForBatches
from sippulse_ws.services.call import Call, Request
from sippulse_ws.services.catalogue import PublishedOperation
from sippulse_ws.services.operation import Operation, Right, Values
from sippulse_ws.services.runner import Runner
from sippulse_ws.wire.context import Context

LONGEST_BATCH = 1000  # operations
NAME = "batch"


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One operation with its values; `plain` converts its result for JSON."""

    published: PublishedOperation
    values: Values
    plain: Callable[[Any], Any]

    def __str__(self) -> str:
        """Its part of the digest that is stored with an idempotency key, see `idempotency.py`."""
        parts = [self.published.service, self.published.name, self.values]
        return json.dumps(parts, sort_keys=True, default=str)


class _ItemContext(Context):
    """The batch's context with the service and name of one operation, for its audit row."""

    def __init__(self, whole: Context, published: PublishedOperation) -> None:
        self.__dict__ |= whole.__dict__
        self.service, self.operation = published.service, published.name


def run_batch(
    runner: Runner, context: Context, items: Sequence[BatchItem], principal: Any
) -> list[Any]:
    """Run a batch; returns the results in order.

    On an error, `context.failed_index` is the index of the operation that failed. The rights of all
    operations are checked before the first one is run.
    """

    def work(call: Call, operations: Sequence[BatchItem]) -> list[Any]:
        context.failed_index = None  # an earlier attempt, which was rolled back, may have set it
        requests = [_request(context, one, principal) for one in operations]
        for number, request in enumerate(requests):
            with _failing(context, number):
                _check_kind(request, operations[number])
                runner.authorize(call.db, request)
        results = []
        for number, request in enumerate(requests):
            with _failing(context, number):
                result = _do(runner, call, request)
                results.append(operations[number].plain(result))
        return results

    whole = Operation(
        work, Right(), ("operations",), {}, writes=True, reads=PRINCIPAL, acts=False, reloads=()
    )
    results: list[Any] = runner.run(whole, context, (list(items), principal))
    return results


def _request(context: Context, item: BatchItem, principal: Any) -> Request:
    inner = _ItemContext(context, item.published)
    return Request(item.published.declaration, inner, item.values, principal)


def _check_kind(request: Request, item: BatchItem) -> None:
    if not request.operation.writes or request.operation.tells_proxies:
        raise NotForBatches(operation=item.published.name)


def _do(runner: Runner, call: Call, request: Request) -> Any:
    mine = runner.authorize(call.db, request)  # again, after what earlier ones have changed
    request.audit(call.db, audit.DONE)
    result = request.operation.function(mine, **request.values)
    if request.operation.reloads and call.settings.auto_reload:
        names = [proxy.name for proxy in call.proxies]
        reload_queue.request(call.db, names, request.operation.reloads)
    return result


@contextmanager
def _failing(context: Context, number: int) -> Iterator[None]:
    """Sets `failed_index` if any error is raised inside."""
    try:
        yield
    except Exception:
        context.failed_index = number
        raise
