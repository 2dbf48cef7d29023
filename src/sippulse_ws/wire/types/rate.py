"""Rates: prefixes, and the price of calls to them."""

from ..fields import Dto, double, integer, string


class RateDto(Dto):
    __type_name__ = "rate"

    cadency = integer("cadency", empty_absent=True)
    domain = string("domain")
    id = integer("id", empty_absent=True)
    name = string("name")
    prefix = string("prefix")
    rate_id = integer("rateId", empty_absent=True)
    rate_value = double("rateValue")
    service_type = string("serviceType")
    tx_connection = integer("txConnection", empty_absent=True)
    tx_delay = integer("txDelay", empty_absent=True)
    tx_discard = integer("txDiscard", empty_absent=True)
