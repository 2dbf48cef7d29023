"""AddressWS: authentication by IP address."""

from typing import Any

from sippulse_ws.domain import addresses
from sippulse_ws.services.call import Call
from sippulse_ws.services.operation import BY_SCOPE, operation, within, within_owner
from sippulse_ws.wire.fields import integer, nested, string
from sippulse_ws.wire.rpc import Service
from sippulse_ws.wire.types.address import AddressDto


class AddressWS(Service):
    """IP addresses that authenticate a subscriber's calls without a password."""

    @operation(
        within("domain"),
        string("username"),
        string("domain"),
        returns=nested(AddressDto, "address", many=True),
    )
    def lisAddresses(call: Call, username: str, domain: str) -> Any:
        return addresses.list_addresses(call.db, username, domain)

    @operation(
        within_owner("address"),
        nested(AddressDto, "address"),
        returns=nested(AddressDto, "return"),
        writes=True,
        reloads=("address",),
    )
    def insertAddress(call: Call, address: dict[str, Any]) -> Any:
        return addresses.insert_address(call.db, call.scope, address, call.settings.sip_hosts)

    @operation(
        BY_SCOPE,
        nested(AddressDto, "address"),
        returns=nested(AddressDto, "return"),
        writes=True,
        reloads=("address",),
    )
    def updateAddress(call: Call, address: dict[str, Any]) -> Any:
        return addresses.update_address(call.db, call.scope, address, call.settings.sip_hosts)

    @operation(
        within("domain"),
        string("domain"),
        integer("addressId"),
        writes=True,
        reloads=("address",),
        aliases={"id": "addressId"},
    )
    def removeAddress(call: Call, domain: str, address_id: int | None) -> None:
        addresses.remove_address(call.db, domain, address_id)

    # spellings of the vendor's document
    listAddresses = lisAddresses
    insertAddresses = insertAddress
    updateAddresses = updateAddress
    removeAddresses = removeAddress
