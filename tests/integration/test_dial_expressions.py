"""One judge for the expressions of dial plans: the one that the proxies' view asks."""

from typing import Any

import pytest

from sippulse_ws.domain import dialplans
from sippulse_ws.domain.errors import InvalidField
from sippulse_ws.models import Dialplan
from tests.factories.platform import DOMAIN, Platform
from tests.fixtures.proxies import KamailioStandIn

RULE = {"domain": DOMAIN, "dpid": 1, "match_exp": "^0$"}


@pytest.mark.parametrize("field", ["match_exp", "subst_exp"])
@pytest.mark.parametrize("expression", [r"(?L)^0800\d+$", "(?u)a", "([0-9", "a{2,1}", "*"])
def test_what_a_proxy_cannot_load_is_refused(
    platform: Platform, field: str, expression: str
) -> None:
    with pytest.raises(InvalidField):
        dialplans.create_dialplan(platform.db, RULE | {field: expression})
    assert platform.rows(Dialplan) == []


@pytest.mark.engines("mariadb")
@pytest.mark.parametrize(
    "expression",
    [r"^\K0", r"(?>0+)1", r"0++1", r"^[[:digit:]]+$", r"^\Q+55\E"],
)
def test_what_only_the_database_knows_is_taken(platform: Platform, expression: str) -> None:
    dialplans.create_dialplan(platform.db, RULE | {"match_exp": expression})


@pytest.mark.engines("mariadb")
def test_what_mysqls_icu_and_a_proxys_pcre_read_otherwise_is_refused_there(
    platform: Platform,
) -> None:
    """MariaDB has the library of the proxies, MySQL another one."""
    mariadb = getattr(platform.db.dialect, "is_mariadb", False)
    branches = RULE | {"match_exp": r"(?|(0)|(1))"}  # MySQL cannot read this one
    if mariadb:
        dialplans.create_dialplan(platform.db, branches)
    else:
        with pytest.raises(InvalidField):
            dialplans.create_dialplan(platform.db, branches)
    for expression in (r"\u0030", r"1\\\U00000030", r"\N{DIGIT ZERO}", "(?i-w)a", "(?w)a"):
        with pytest.raises(InvalidField):
            dialplans.create_dialplan(platform.db, RULE | {"match_exp": expression})


def test_a_replacement_uses_groups_that_there_are(platform: Platform) -> None:
    rule = RULE | {"subst_exp": "^(0)(?:1)(2)$"}
    dialplans.create_dialplan(platform.db, rule | {"repl_exp": r"\1\2"})
    with pytest.raises(InvalidField) as refused:
        dialplans.create_dialplan(platform.db, rule | {"repl_exp": r"\3"})
    assert "has 2 group(s)" in refused.value.message("en")
    with pytest.raises(InvalidField):
        dialplans.create_dialplan(platform.db, RULE | {"repl_exp": r"\1"})


def test_a_rule_that_no_proxy_can_load_keeps_no_reload_from_succeeding(
    app_with: Any, platform: Platform, kamailio_stand_in: KamailioStandIn
) -> None:
    soap = app_with(language="en", proxies=[kamailio_stand_in.settings], proxy_patience=1.5)
    # stored by an earlier version, or by SQL; the view leaves them out
    for number, expression in enumerate((r"(?L)^0800\d+$", "([0-9", "^0$")):
        op = 1 if expression != "^0$" else 0
        values = {"subst_exp": "^(0)$", "repl_exp": r"\2"} if not op else {}
        row = {"dpid": number, "match_exp": expression, "match_op": op} | values
        platform.insert(Dialplan, domain=DOMAIN, **row)
    kamailio_stand_in.load_domains(DOMAIN)
    soap("ReloadModulesWS", "reloadProfile", profile="DEFAULT", domain=DOMAIN)
