"""`POST /SipPulse/api/batch`: many writes in one transaction, each as at its own path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sippulse_ws.domain.errors import DomainError, UnreadableValue
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.request_errors import BadRequest
from sippulse_ws.services.batches import LONGEST_BATCH, BatchItem
from sippulse_ws.services.catalogue import PRINCIPAL, PublishedOperation
from sippulse_ws.web.json_values import ObjectReader, ResultWriter
from sippulse_ws.wire.fields import fields_of
from sippulse_ws.wire.types.user_principal import UserPrincipalDto

_OPERATIONS = "operations"
_MEMBERS = {"service", "operation", "parameters"}


class BatchReader:
    """Reads the JSON of a batch into items."""

    def __init__(self, operations: Mapping[str, PublishedOperation]) -> None:
        """`operations` are keyed by `Service/operation`."""
        self._operations = operations
        self._readers: dict[str, tuple[ObjectReader, ResultWriter]] = {}

    def items(self, given: Mapping[str, Any], failed: list[int]) -> list[BatchItem]:
        """The items of a batch; if one raises an error, `failed` gets its index."""
        if unknown := given.keys() - {_OPERATIONS, PRINCIPAL}:
            name = min(unknown)
            raise BadRequest(Reason.UNKNOWN_MEMBER, name, name)
        listed = given.get(_OPERATIONS)
        if type(listed) is not list or not 1 <= len(listed) <= LONGEST_BATCH:
            raise UnreadableValue(field=_OPERATIONS)
        items = []
        for number, one in enumerate(listed):
            try:
                items.append(self._item(one, f"{_OPERATIONS}[{number}]"))
            except DomainError:
                failed.append(number)
                raise
        return items

    def _item(self, given: Any, path: str) -> BatchItem:
        if type(given) is not dict:
            raise UnreadableValue(field=path)
        if unknown := given.keys() - _MEMBERS:
            name = f"{path}.{min(unknown)}"
            raise BadRequest(Reason.UNKNOWN_MEMBER, name, name)
        name = f"{given.get('service')}/{given.get('operation')}"
        published = self._operations.get(name)
        if published is None:
            raise BadRequest(Reason.UNKNOWN_OPERATION, name, path)
        reader, writer = self._compiled(name, published)
        parameters = given.get("parameters")
        values = reader.values({} if parameters is None else parameters, f"{path}.parameters")
        declared = published.declaration
        return BatchItem(published, declared.values(tuple(values.values())), writer.plain)

    def _compiled(
        self, name: str, published: PublishedOperation
    ) -> tuple[ObjectReader, ResultWriter]:
        found = self._readers.get(name)
        if found is None:
            made = ObjectReader(published.own_parameters), ResultWriter(published)
            found = self._readers[name] = made
        return found


def principal_dto(given: Mapping[str, Any]) -> Any:
    """The principal in the body, or None."""
    if given.get(PRINCIPAL) is None:
        return None
    return ObjectReader(fields_of(UserPrincipalDto), UserPrincipalDto).dto(
        given[PRINCIPAL], PRINCIPAL
    )
