"""DialplanWS: the rules that the command line made."""

from sippulse_ws.models import Dialplan
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap


def test_rules_come_by_plan_and_priority(soap: Soap, platform: Platform) -> None:
    other = platform.domain("other.example.com")
    for dpid, pr in ((2, 1), (1, 9), (1, 0)):
        platform.insert(Dialplan, domain=DOMAIN, dpid=dpid, pr=pr, match_exp=f"^{dpid}{pr}")
    platform.insert(Dialplan, domain=other, dpid=1, match_exp="^9")
    listed = soap("DialplanWS", "listDialplansByDomain", domain=DOMAIN)
    assert [(one.dpid, one.pr, one.matchExp) for one in listed] == [
        (1, 0, "^10"),
        (1, 9, "^19"),
        (2, 1, "^21"),
    ]
    assert (listed[0].domain, listed[0].matchOp, listed[0].substExp) == (DOMAIN, 1, None)


def test_a_domain_without_rules_and_one_that_is_not(soap: Soap) -> None:
    assert soap("DialplanWS", "listDialplansByDomain", domain=DOMAIN) == []
    fault = soap.fault("DialplanWS", "listDialplansByDomain", domain="nowhere.example.com")
    assert "nowhere.example.com" in fault
