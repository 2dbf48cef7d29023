"""What code is told of a row's columns is what their tables say."""

import typing
from types import NoneType

import pytest

from sippulse_ws.charging.rows import (
    CallLedgerRow,
    FirstLedgerRow,
    HeldMoney,
    KnownRecord,
    RateRow,
    RawCallRow,
    UnratedRow,
    WholeRecord,
)
from sippulse_ws.domain.audit import AuditRow
from sippulse_ws.domain.price_lists import PriceListHead
from sippulse_ws.models import Audit, CallHold, Cdr, CreditLedger, PriceList, Rate, RawCall
from sippulse_ws.models.base import Base

# Columns that may be NULL, in rows that are chosen by a value of theirs.
_CHOSEN_BY = {(CallLedgerRow, "raw_id"), (FirstLedgerRow, "raw_id")}


@pytest.mark.parametrize(
    ("row", "model"),
    [
        (AuditRow, Audit),
        (PriceListHead, PriceList),
        (RawCallRow, RawCall),
        (UnratedRow, RawCall),
        (KnownRecord, Cdr),
        (WholeRecord, Cdr),
        (CallLedgerRow, CreditLedger),
        (FirstLedgerRow, CreditLedger),
        (HeldMoney, CallHold),
        (RateRow, Rate),
    ],
)
def test_a_row_has_the_types_of_its_table(row: type, model: type[Base]) -> None:
    columns = typing.get_type_hints(model)

    for name, kind in typing.get_type_hints(row).items():
        (mapped,) = typing.get_args(columns[name])
        of_table = {*(typing.get_args(mapped) or (mapped,))}
        if (row, name) in _CHOSEN_BY:
            of_table -= {NoneType}
        assert {*(typing.get_args(kind) or (kind,))} == of_table, name
