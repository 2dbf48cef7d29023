"""The rates that a batch of calls needs, read together; a number's longest prefix counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select

from sippulse_ws.charging.rows import RateRow
from sippulse_ws.db.statements import Session
from sippulse_ws.models import Rate

_PREFIX_LENGTH = 20
# Parameters of a statement; SQLite takes some 32,000.
_AT_ONCE = 5000
_COLUMNS = (
    Rate.prefix,
    Rate.name,
    Rate.rate_value,
    Rate.service_type,
    Rate.tx_connection,
    Rate.cadency,
    Rate.tx_delay,
    Rate.tx_discard,
)

RateTable = tuple[str, int]  # a domain and the number of its table


class RateBook:
    """Rates by table and prefix."""

    def __init__(self) -> None:
        self._rates: dict[tuple[RateTable, str], RateRow] = {}

    def load(self, db: Session, wanted: Iterable[tuple[RateTable, str]]) -> None:
        """Read the rates for these pairs of table and number."""
        prefixes: dict[RateTable, set[str]] = defaultdict(set)
        for table, number in wanted:
            some = prefixes[table]
            for length in range(min(len(number), _PREFIX_LENGTH), 0, -1):
                some.add(number[:length])
        for table, some in prefixes.items():
            these = sorted(some)
            for start in range(0, len(these), _AT_ONCE):
                self._load(db, table, these[start : start + _AT_ONCE])

    def find(self, table: RateTable, number: str) -> RateRow | None:
        """The rate with the number's longest prefix, out of what was loaded."""
        for length in range(min(len(number), _PREFIX_LENGTH), 0, -1):
            if rate := self._rates.get((table, number[:length])):
                return rate
        return None

    def _load(self, db: Session, table: RateTable, prefixes: list[str]) -> None:
        query = select(*_COLUMNS).where(
            Rate.domain == table[0], Rate.rate_id == table[1], Rate.prefix.in_(prefixes)
        )
        for rate in db.execute(query):
            self._rates[table, rate.prefix] = rate
