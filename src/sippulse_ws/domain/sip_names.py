"""Names in a domain under which somebody is called, each with one owner: subscriber or alias.

Subscribers and aliases have tables of their own, and no constraint spans two tables: so each name
is also written here, in the transaction that creates its owner, and deleted with it by cascade.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, insert, literal, null, select, tuple_
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Prepared, Session
from sippulse_ws.models import DbAlias, SipName, Subscriber
from sippulse_ws.models.types import Key

_COLUMNS = ["username", "domain", "subscriber_id", "db_alias_id"]
_username = bindparam("username", type_=Key(64))
_domain = bindparam("domain", type_=Key(64))

# The subscriber's own, as the statement after the one that makes it.
NAME_SUBSCRIBER = Prepared(
    insert(SipName).from_select(
        _COLUMNS,
        select(Subscriber.username, Subscriber.domain, Subscriber.id, null()).where(
            Subscriber.username == _username, Subscriber.domain == _domain
        ),
    )
)
_ALIAS_OF = Prepared(
    select(SipName.db_alias_id).where(SipName.username == _username, SipName.domain == _domain)
)


def is_aliased(db: Session, username: str, domain: str) -> bool:
    """Whether the name is an alias's."""
    row = _ALIAS_OF.first(db, username=username, domain=domain)
    return row is not None and row.db_alias_id is not None


def name_alias(db: Session, alias_id: int) -> bool:
    """Claim the name of a new alias; False if a subscriber has the name."""
    names = select(DbAlias.alias_username, DbAlias.alias_domain, null(), literal(alias_id))
    own = names.where(DbAlias.id == alias_id)
    try:
        db.execute(insert(SipName).from_select(_COLUMNS, own))
    except IntegrityError:
        return False
    return True


def name_subscribers(db: Session, accounts: Sequence[str]) -> None:
    """Claim the names of new subscribers. Raises IntegrityError if one is taken."""
    # one column, since MariaDB joins long lists of pairs instead of looking them up
    own = Subscriber.account_code.in_(accounts)
    names = select(Subscriber.username, Subscriber.domain, Subscriber.id, null()).where(own)
    db.execute(insert(SipName).from_select(_COLUMNS, names))


def name_aliases(db: Session, keys: Sequence[tuple[str, str]]) -> None:
    """Claim the names of new aliases, by name and domain. Raises IntegrityError if one is taken."""
    own = tuple_(DbAlias.alias_username, DbAlias.alias_domain).in_(keys)
    names = select(DbAlias.alias_username, DbAlias.alias_domain, null(), DbAlias.id).where(own)
    db.execute(insert(SipName).from_select(_COLUMNS, names))
