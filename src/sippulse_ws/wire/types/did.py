"""DID numbers, which the public network delivers to a subscriber or hunt group."""

from ..fields import Dto, boolean, double, integer, string


class DidDto(Dto):
    __type_name__ = "did"

    account_code = string("accountCode")
    alias_username = string("aliasUsername")
    did_header = string("didHeader")
    did_to_ruri = boolean("didToRuri", required=True)
    domain = string("domain")
    gwid = string("gwid")
    id = integer("id")
    local_area = string("localArea")
    monthly_subscription = double("monthlySubscription")
    reverse_billing = boolean("reverseBilling", required=True)
    username = string("username")
