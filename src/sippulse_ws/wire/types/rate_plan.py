"""Rate plans: how the calls of a subscriber are billed."""

from typing import ClassVar

from ..fields import Dto, boolean, double, integer, string


class RatePlanDto(Dto):
    __type_name__ = "ratePlan"
    ALIASES: ClassVar = {
        "prepareid": "prepaid",
        "prepaId": "prepaid",
        "limitToCreditsExpires": "limitToCreditExpires",
    }

    # clients send numbers that they do not set as empty elements, which mean the default, not 0
    block_calls_without_rate = boolean("blockCallsWithoutRate", required=True)
    cadency = integer("cadency", empty_absent=True)
    domain = string("domain")
    free_minutes = integer("freeMinutes", empty_absent=True)
    id = integer("id", empty_absent=True)
    limit_to_credit_expires = integer("limitToCreditExpires", empty_absent=True)
    markup = double("markup")
    name = string("name")
    prepaid = boolean("prepaid", required=True)
    rate_id = integer("rateId", empty_absent=True)
    tx_connection = integer("txConnection", empty_absent=True)
    tx_delay = integer("txDelay", empty_absent=True)
    tx_discard = integer("txDiscard", empty_absent=True)
