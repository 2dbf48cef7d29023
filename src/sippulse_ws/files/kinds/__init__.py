"""The kinds of records that can be imported and exported, by name."""

from __future__ import annotations

from sippulse_ws.files.kind import Kind
from sippulse_ws.files.kinds.addresses import Addresses
from sippulse_ws.files.kinds.aliases import Aliases
from sippulse_ws.files.kinds.calls import Cdrs, FailedCalls, RawCalls
from sippulse_ws.files.kinds.dialplans import Dialplans
from sippulse_ws.files.kinds.dids import Dids
from sippulse_ws.files.kinds.numbering import NumberingPrefixes
from sippulse_ws.files.kinds.rates import Rates
from sippulse_ws.files.kinds.routes import Routes
from sippulse_ws.files.kinds.subscribers import Subscribers
from sippulse_ws.files.kinds.white_lists import WhiteLists

KINDS: dict[str, type[Kind]] = {
    kind.name: kind
    for kind in (
        Subscribers,
        Dids,
        Rates,
        Dialplans,
        NumberingPrefixes,
        WhiteLists,
        Addresses,
        Aliases,
        Routes,
        Cdrs,
        FailedCalls,
        RawCalls,
    )
}
