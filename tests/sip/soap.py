"""SOAP over HTTP, as an integrator's client sends it."""

from functools import cache
from typing import Any

import pytest
from zeep import Client
from zeep.exceptions import Fault


@cache
def _client(url: str) -> Any:
    return Client(url)  # type: ignore[no-untyped-call]


class RemoteSoap:
    """`soap("SubscriberWS", "retrieveSubscriber", username=…, domain=…)`."""

    def __init__(self, url: str, principal: dict[str, str]) -> None:
        self.url = url
        self.principal = principal

    def __call__(self, service: str, operation: str, **arguments: Any) -> Any:
        call = _client(f"{self.url}{service}?wsdl").service[operation]
        return call(**arguments, principal=self.principal)

    def fault(self, service: str, operation: str, **arguments: Any) -> str:
        """The message of the fault that this call must end in."""
        with pytest.raises(Fault) as caught:
            self(service, operation, **arguments)
        return str(caught.value.message)
