"""Prefixes and what a call to them costs."""

from ..fields import Dto, double, integer, string


class RateDto(Dto):
    __type_name__ = "rate"

    cadency = integer("cadency")
    domain = string("domain")
    id = integer("id")
    name = string("name")
    prefix = string("prefix")
    rate_id = integer("rateId")
    rate_value = double("rateValue")
    service_type = string("serviceType")
    tx_connection = integer("txConnection")
    tx_delay = integer("txDelay")
    tx_discard = integer("txDiscard")
