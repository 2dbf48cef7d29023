"""What SIP proxies read of our tables: a SELECT per table, in the form that the proxy expects.

`ops/proxy_views.py` makes views of these statements, and what a proxy has loaded is compared with
the same statements. A row that would make a proxy refuse the whole table is left out.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from sippulse_ws.models.call_record import Acc
from sippulse_ws.models.charging import RawCall
from sippulse_ws.models.did import Did
from sippulse_ws.models.domain import Domain
from sippulse_ws.models.sip import Address, Dialplan, HuntGroup, HuntGroupMember, Location
from sippulse_ws.models.sip_patterns import (
    NOT_IN_NAME,
    NOT_IN_REPLACEMENT,
    NOT_IN_TEXT,
    NOT_IN_TOKEN,
    NOT_IN_URI,
    NOT_IN_USER,
    RESERVED_HEADERS,
)
from sippulse_ws.models.subscriber import DbAlias, Subscriber

# Kamailio has one numbering of dial plans, while each domain numbers its own. A proxy knows plan 7
# of the domain with id 3 as 3007.
PLANS_PER_DOMAIN = 1000
# Stands for the name of the proxy's schema until the views are made.
PROXY_SCHEMA = "sippulse_proxy"
# A proxy asks for a group, one per method, so that an address whose calls need more than the
# address is never taken for one that suffices. 0 makes Kamailio refuse the table.
ADDRESS_GROUPS = {"iponly": 1, "techprefix": 2, "ip+cpt": 3, "ip+cli": 4}


# Calculated columns that proxies read as INT: MySQL sends calculations as BIGINT, and Kamailio then
# refuses the table ("invalid record").
INTEGERS = {"address": {"grp"}, "dialplan": {"dpid", "match_flags", "disabled"}}


class is_ip(FunctionElement[bool]):  # noqa: N801 - an SQL function
    """Whether a text is an IPv4 or IPv6 address; SQLite cannot tell, and takes any text for one."""

    type = Boolean()
    inherit_cache = True


@compiles(is_ip)
def _trusted(element: Any, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} <> '')"


@compiles(is_ip, "mysql")
@compiles(is_ip, "mariadb")
def _checked(element: Any, compiler: Any, **options: Any) -> str:
    return f"(INET6_ATON({compiler.process(element.clauses, **options)}) IS NOT NULL)"


class is_rule(FunctionElement[bool]):  # noqa: N801 - an SQL function
    """Whether a proxy can read a dial plan rule; a function made by ops/proxy_views.py."""

    type = Boolean()
    inherit_cache = True


@compiles(is_rule, "mysql")
@compiles(is_rule, "mariadb")
def _asked(element: Any, compiler: Any, **options: Any) -> str:
    return f"`{PROXY_SCHEMA}`.sippulse_is_rule({compiler.process(element.clauses, **options)})"


class as_int(FunctionElement[int]):  # noqa: N801 - an SQL function
    """A calculated number sent as INT, not BIGINT; a function made by ops/proxy_views.py."""

    type = Integer()
    inherit_cache = True


@compiles(as_int, "mysql")
@compiles(as_int, "mariadb")
def _sent_as_int(element: Any, compiler: Any, **options: Any) -> str:
    return f"`{PROXY_SCHEMA}`.sippulse_int({compiler.process(element.clauses, **options)})"


def _valid_address() -> ColumnElement[bool]:
    widest = or_(Address.mask <= 32, Address.ip_address.contains(":"))
    return and_(
        is_ip(Address.ip_address),
        Address.mask.between(1, 128),
        widest,
        Address.port.between(0, 65535),
        Address.method.in_(ADDRESS_GROUPS),
    )


def _valid_rule() -> ColumnElement[bool]:
    return and_(
        Dialplan.dpid.between(0, PLANS_PER_DOMAIN - 1),
        Dialplan.match_op.between(0, 2),
        Dialplan.match_len >= 0,
        Dialplan.match_exp != "",
        # a proxy makes a line end of it
        ~Dialplan.repl_exp.regexp_match(NOT_IN_REPLACEMENT),
        # $ begins pseudo-variables, which only the script may use
        ~Dialplan.repl_exp.contains("$"),
    )


def _fit(column: Any, forbidden: str, name: str | None) -> Any:
    """The column, '' for nothing, and NULL for what must not get into a SIP message.

    Such values were stored before they were refused, or by SQL; the row stays.
    """
    shown = case((column.regexp_match(forbidden), null()), else_=func.coalesce(column, ""))
    return shown if name is None else shown.label(name)


_nothing = cast(null(), String(64))
_plan_base = Domain.id * PLANS_PER_DOMAIN

_SUBSCRIBERS = select(
    Subscriber.id,
    Subscriber.username,
    Subscriber.domain,
    Subscriber.ha1,
    Subscriber.ha1b,
).where(Subscriber.active)

_ALIASES = (
    select(
        DbAlias.id,
        DbAlias.alias_username,
        DbAlias.alias_domain,
        Subscriber.username,
        Subscriber.domain,
    )
    .join(Subscriber, Subscriber.id == DbAlias.subscriber_id)
    .where(Subscriber.active)
)

DOMAINS = select(Domain.id, Domain.domain)

_group = case(
    *(
        (Address.method == name, literal_column(str(group)))
        for name, group in ADDRESS_GROUPS.items()
    )
).label("grp")
# What the script must check besides the IP address, in the tag that Kamailio stores with it.
_tag = (
    Subscriber.account_code
    + " "
    + Address.method
    + " "
    + Address.protocol
    + " "
    + Address.tech_prefix
)

KAMAILIO_ADDRESSES = (
    select(
        Address.id,
        _group,
        Address.ip_address.label("ip_addr"),
        Address.mask,
        Address.port,
        _tag.label("tag"),
    )
    .join(Subscriber, Subscriber.id == Address.subscriber_id)
    .where(Subscriber.active, _valid_address())
)

OPENSIPS_ADDRESSES = (
    select(
        Address.id,
        _group,
        Address.ip_address.label("ip"),
        Address.mask,
        Address.port,
        func.upper(Address.protocol).label("proto"),
        _nothing.label("pattern"),
        _tag.label("context_info"),
    )
    .join(Subscriber, Subscriber.id == Address.subscriber_id)
    .where(Subscriber.active, _valid_address())
)

_rule = (
    Dialplan.id,
    (_plan_base + Dialplan.dpid).label("dpid"),
    Dialplan.pr,
    Dialplan.match_op,
    Dialplan.match_exp,
)
_result = (Dialplan.subst_exp, Dialplan.repl_exp, Dialplan.attrs)


def _rules(*columns: Any) -> Select[Any]:
    joined = select(*columns).join(Domain, Domain.domain == Dialplan.domain)
    return joined.where(_valid_rule())


PLAN_RULES = _rules(*_rule, Dialplan.match_len, *_result)
_readable = is_rule(Dialplan.match_op, Dialplan.match_exp, Dialplan.subst_exp, Dialplan.repl_exp)


KAMAILIO_DIALPLAN = PLAN_RULES.where(_readable)
OPENSIPS_DIALPLAN = _rules(
    *_rule,
    literal_column("0").label("match_flags"),
    *_result,
    literal("").label("timerec"),
    literal_column("0").label("disabled"),
).where(_readable, Dialplan.match_op < 2)

# The flags of active subscribers, for the script.
RULES = (
    select(
        Subscriber.username,
        Subscriber.domain,
        Subscriber.account_code,
        Subscriber.profile,
        _plan_base.label("plans"),
        Subscriber.active_outgoing_calls.label("outgoing"),
        Subscriber.active_incoming_calls.label("incoming"),
        Subscriber.calls_only_by_ip,
        Subscriber.block_anonymous_calls,
        Subscriber.block_collect_calls,
        Subscriber.block_entry0303,
        Subscriber.validate_source0303,
        Subscriber.privacy_calls,
        Subscriber.topology_hiding,
        Subscriber.copy_passerted_rpid,
        Subscriber.add_service_header,
        func.coalesce(Subscriber.call_limit, 0).label("call_limit"),
        Subscriber.cps,
        func.coalesce(Subscriber.rings, 0).label("rings"),
        _fit(Subscriber.rpid, NOT_IN_USER, "rpid"),
        *(
            _fit(getattr(Subscriber, name), NOT_IN_URI, name)
            for name in "call_fwd fwd_busy no_answer".split()
        ),
        *(
            _fit(getattr(Subscriber, name), NOT_IN_TEXT, name)
            for name in "call_group pickup_group".split()
        ),
        Subscriber.voicemail,
    )
    .join(Domain, Domain.domain == Subscriber.domain)
    .where(Subscriber.active)
)

# Numbers of active accounts, with the address to which a call is delivered.
DIDS = (
    select(
        Did.alias_username.label("number"),
        _fit(Did.username, NOT_IN_NAME, "username"),
        Did.domain,
        Subscriber.account_code,
        case(
            (func.lower(Did.did_header).in_(sorted(RESERVED_HEADERS)), null()),
            else_=_fit(Did.did_header, NOT_IN_TOKEN, None),
        ).label("did_header"),
        Did.did_to_ruri,
        _fit(Did.gwid, NOT_IN_TEXT, "gwid"),
        Did.reverse_billing,
        # callers of other domains reach the number only if this is true
        Subscriber.domain.label("owner_domain"),
        or_(Did.inventory_domain.is_not(None), Did.origin != "administrator").label("everywhere"),
    )
    .join(Subscriber, Subscriber.id == Did.subscriber_id)
    .where(Subscriber.active, Did.username.is_not(None), Did.domain.is_not(None))
)

HUNT_GROUPS = select(
    HuntGroup.id,
    (literal("huntgroup-") + cast(HuntGroup.id, String(16))).label("username"),
    HuntGroup.domain,
    HuntGroup.method,
    HuntGroup.timeout,
)

# The members that can be called, in the group's order.
HUNT_GROUP_MEMBERS = (
    select(
        HuntGroupMember.hunt_group_id,
        HuntGroupMember.position,
        Subscriber.username,
        Subscriber.domain,
    )
    .join(Subscriber, Subscriber.id == HuntGroupMember.subscriber_id)
    .where(Subscriber.active, Subscriber.active_incoming_calls)
)

LOCATIONS = select(*(column for column in Location.__table__.columns if column.name != "id"))

# With the column `method`, which only MariaDB has, hidden from `SELECT *`.
_ACC = select(*Acc.__table__.columns, literal_column("method"))

# The columns that OpenSIPS may write for a completed call; the rating worker writes the others.
RAW_CALLS = select(
    *(
        column
        for column in RawCall.__table__.columns
        if column.name not in ("id", "reason", "rated_at")
    )
)

# Permanent contacts: a proxy's own expire at epoch 0 in its time zone (in another zone that is long
# over), ours at a moment whose seconds still fit into 31 bits.
OURS = "perm-"
FAR_AWAY = dt.datetime(2090, 1, 1)  # noqa: DTZ001 - the column has no zone
OF_A_PROXY = Location.expires < dt.datetime(1970, 1, 2)  # noqa: DTZ001
PERMANENT = or_(OF_A_PROXY, Location.expires == FAR_AWAY, Location.ruid.startswith(OURS))
PERMANENT_CONTACTS = select(
    (Location.username + "@" + Location.domain).label("account"), Location.contact
).where(PERMANENT)

_OWN: dict[str, Select[Any]] = {
    "sippulse_subscriber": RULES,
    "sippulse_did": DIDS,
    "sippulse_hunt_group": HUNT_GROUPS,
    "sippulse_hunt_group_member": HUNT_GROUP_MEMBERS,
}

# Kamailio 5.6
KAMAILIO: dict[str, Select[Any]] = {
    "subscriber": _SUBSCRIBERS,
    "domain": DOMAINS.add_columns(_nothing.label("did")),
    # domains have no attributes, but the table must be there
    "domain_attrs": select(
        Domain.domain.label("did"),
        Domain.domain.label("name"),
        Domain.id.label("type"),
        Domain.domain.label("value"),
    ).where(false()),
    "dbaliases": _ALIASES,
    "address": KAMAILIO_ADDRESSES,
    "dialplan": KAMAILIO_DIALPLAN,
    "location": LOCATIONS,
    "acc": _ACC,
    **_OWN,
}
KAMAILIO_VERSIONS = {
    "subscriber": 7,
    "domain": 2,
    "domain_attrs": 1,
    "dbaliases": 1,
    "address": 6,
    "dialplan": 2,
    "location": 9,
    "acc": 5,
    "dialog": 7,
    "dialog_vars": 1,
}

# OpenSIPS 3.4; its location is a table of its own, see ops/proxy_views.py
OPENSIPS: dict[str, Select[Any]] = {
    "subscriber": _SUBSCRIBERS.add_columns(
        literal("").label("ha1_sha256"), literal("").label("ha1_sha512t256")
    ),
    "domain": DOMAINS.add_columns(_nothing.label("attrs")),
    "dbaliases": _ALIASES,
    "address": OPENSIPS_ADDRESSES,
    "dialplan": OPENSIPS_DIALPLAN,
    "acc": _ACC,
    "call_raw": RAW_CALLS,
    **_OWN,
}
OPENSIPS_VERSIONS = {
    "subscriber": 8,
    "domain": 3,
    "dbaliases": 2,
    "address": 5,
    "dialplan": 5,
    "location": 1013,
    "acc": 7,
}
