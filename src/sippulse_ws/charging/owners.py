"""Which account a raw record belongs to, and who pays: whoever had the name when the call was
made, and whose money was held for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import select

from sippulse_ws.charging.accounts import (
    MARKUP_ONLY,
    CallAccount,
    ResellerTerms,
    load_accounts,
    load_accounts_by_id,
    load_payers,
)
from sippulse_ws.charging.rows import HoldRow, RawCallRow
from sippulse_ws.db.statements import Session
from sippulse_ws.domain.former_names import find_former_names
from sippulse_ws.models import Reseller

Holds = Mapping[int, HoldRow]


class CallOwners:
    """The accounts of a batch of raw records, with who pays for each call."""

    def __init__(self, db: Session, raws: Sequence[RawCallRow], holds: Holds) -> None:
        self._earlier = _find_earlier(db, raws)
        earlier = load_accounts_by_id(db, set(self._earlier.values()))
        named = load_accounts(db, {raw.account for raw in raws if raw.account})
        self._owners = {
            raw.id: earlier.get(self._earlier[raw.id])
            if raw.id in self._earlier
            else named.get(raw.account or "")
            for raw in raws
        }
        self._put_payers(db, raws, holds)

    def of(self, raw: RawCallRow) -> CallAccount | None:
        """The account that the call belongs to; None if it does not exist (any more)."""
        return self._owners[raw.id]

    def was_removed(self, raw: RawCallRow) -> bool:
        """Whether the account that had this name when the call was made was removed."""
        return raw.id in self._earlier and self._owners[raw.id] is None

    def _put_payers(self, db: Session, raws: Sequence[RawCallRow], holds: Holds) -> None:
        """Let those pay whose money was held, even if group or reseller changed since."""
        changed = []
        for raw in raws:
            hold, account = holds.get(raw.hold_id or 0), self._owners[raw.id]
            if hold is None or account is None or not _is_of_money(hold):
                continue
            reseller = account.reseller.id if account.reseller else None
            if (hold.subscriber_id, hold.reseller_id) != (account.payer.id, reseller):
                changed.append((raw.id, hold, account))
        if not changed:
            return
        payers = load_payers(db, {hold.subscriber_id for _, hold, _ in changed})
        resellers = _load_resellers(db, {hold.reseller_id for _, hold, _ in changed})
        for raw_id, hold, account in changed:
            self._owners[raw_id] = replace(
                account,
                payer=payers.get(hold.subscriber_id, account.payer),
                reseller=_held_reseller(account, resellers.get(hold.reseller_id)),
            )


def _find_earlier(db: Session, raws: Sequence[RawCallRow]) -> dict[int, int]:
    """By raw record's id, the subscriber who had the name at the call and has lost it since."""
    former = find_former_names(db, {raw.account for raw in raws if raw.account})
    found = {}
    for raw in raws if former else ():
        owners = (who for until, who in former.get(raw.account or "", ()) if raw.started < until)
        if (owner := next(owners, None)) is not None:
            found[raw.id] = owner
    return found


def _is_of_money(hold: HoldRow) -> bool:
    return Decimal(hold.tariff) > 0 or Decimal(hold.reseller_tariff) > 0


def _load_resellers(db: Session, ids: Collection[int | None]) -> dict[int | None, ResellerTerms]:
    columns = Reseller.id, Reseller.name, Reseller.domain, Reseller.credit, Reseller.held
    wanted = sorted(one for one in ids if one is not None)
    if not wanted:
        return {}
    return {
        row.id: ResellerTerms(
            row.id, row.name, row.domain, row.credit - row.held, MARKUP_ONLY, 0.0, None
        )
        for row in db.execute(select(*columns).where(Reseller.id.in_(wanted)))
    }


def _held_reseller(account: CallAccount, then: ResellerTerms | None) -> ResellerTerms | None:
    """The reseller whose money was held, with the account's present terms; None if none's was."""
    now = account.reseller
    if then is None or now is None:
        return then
    return replace(then, billing_type=now.billing_type, markup=now.markup, plan=now.plan)
