"""The catalogue of errors for the pages: every code that a client can get."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from sippulse_ws.domain import errors, request_errors
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.web.problems import status_of
from sippulse_ws.wording import Wording

__all__ = ["every_error", "request_errors"]

_name = re.compile(r"\{\w+[^}]*\}").sub
# Modules with errors of commands and files, which no client of the API can get.
_NOT_OF_THE_WIRE = (
    errors.AdministratorExists,
    errors.AdministratorNotFound,
    errors.DomainExists,
    errors.GatewayExists,
    errors.GatewayNotFound,
    errors.IntegratorExists,
    errors.IntegratorNotFound,
    errors.ProfileExists,
    errors.ProviderExists,
    errors.ProviderInUse,
    errors.ProviderNotFound,
)


@dataclass(frozen=True, slots=True)
class KnownError:
    """One code with its message, in which `…` stands for values of the request."""

    wording: Wording
    status: int

    def template(self, language: str) -> str:
        text = _name("…", self.wording.text(language))
        return f"{text}…" if text.endswith(" ") else text  # the message goes on with a value


@cache
def every_error() -> tuple[tuple[str, KnownError], ...]:
    """All errors as (code, error), sorted by code."""
    found = {one.code: _known(one) for one in _classes(DomainError) if hasattr(one, "code")}
    return tuple(sorted(found.items()))


def _classes(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for one in kind.__subclasses__():
        is_ours = one.__module__.startswith("sippulse_ws.domain")
        if is_ours and one not in _NOT_OF_THE_WIRE:
            yield one
        yield from _classes(one)


def _known(kind: type[DomainError]) -> KnownError:
    return KnownError(kind.wording, status_of(kind.__new__(kind)))
