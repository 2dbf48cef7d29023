"""IP addresses that authenticate a subscriber."""

from typing import ClassVar

from ..fields import Dto, integer, string


class AddressDto(Dto):
    __type_name__ = "address"
    ALIASES: ClassVar = {
        "accountcode": "account",
        "IpAdress": "ipAddress",
    }

    account = string("account")
    context_info = string("contextInfo")
    domain = string("domain")
    group = string("group")
    id = integer("id")
    ip_address = string("ipAddress")
    mask = integer("mask")
    method = string("method")
    pattern = string("pattern")
    port = integer("port")
    protocol = string("protocol")
    tech_prefix = string("techPrefix")
    username = string("username")
