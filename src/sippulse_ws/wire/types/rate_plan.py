"""How the calls of a subscriber are billed."""

from typing import ClassVar

from ..fields import Dto, boolean, double, integer, string


class RatePlanDto(Dto):
    __type_name__ = "ratePlan"
    ALIASES: ClassVar = {
        "prepareid": "prepaid",
        "prepaId": "prepaid",
        "limitToCreditsExpires": "limitToCreditExpires",
    }

    block_calls_without_rate = boolean("blockCallsWithoutRate", required=True)
    cadency = integer("cadency")
    domain = string("domain")
    free_minutes = integer("freeMinutes")
    id = integer("id")
    limit_to_credit_expires = integer("limitToCreditExpires")
    markup = double("markup")
    name = string("name")
    prepaid = boolean("prepaid", required=True)
    rate_id = integer("rateId")
    tx_connection = integer("txConnection")
    tx_delay = integer("txDelay")
    tx_discard = integer("txDiscard")
