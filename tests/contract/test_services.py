"""The real services publish what the contract says, not a word more or less."""

import pytest

from sippulse_ws.services import SERVICES
from sippulse_ws.wire.endpoint import Endpoint, Options
from sippulse_ws.wire.rpc import Service

from .contract_services import BY_NAME, contract_of

VENDORS = [service for service in SERVICES if not service.OWN]


@pytest.mark.parametrize("service", VENDORS, ids=lambda service: service.__name__)
def test_a_service_publishes_the_contract(service: type[Service]) -> None:
    contract_of(service)
    real, made = (Endpoint(one, Options(), None) for one in (service, BY_NAME[service.__name__]))
    assert real.paths == made.paths
    assert real.operations == made.operations
    assert real.wsdl("urn:x").decode() == made.wsdl("urn:x").decode()


@pytest.mark.parametrize("service", VENDORS, ids=lambda service: service.__name__)
def test_a_service_knows_the_other_spellings_of_parameters(service: type[Service]) -> None:
    operations = contract_of(service)["operations"]
    expected = {name: one.get("parameterAliases", {}) for name, one in operations.items()}
    published = {name: method.udd["aliases"] for name, method in service.public_methods.items()}
    assert {name: published[name] for name in expected} == expected
    for name, one in operations.items():
        if "documentedAs" in one:
            assert published[one["documentedAs"]] == published[name]


def test_a_service_without_an_entry_fails_with_a_sentence() -> None:
    class PingWS(Service):
        """Not in the contract."""

    with pytest.raises(pytest.fail.Exception, match=r"PingWS is not in contract\.json"):
        contract_of(PingWS)


def test_the_contract_and_the_vendors_services_are_the_same() -> None:
    assert {service.__name__ for service in VENDORS} == BY_NAME.keys()
