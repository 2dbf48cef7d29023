"""What two requests race about: objects of each kind, new ones for every race."""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from sippulse_ws.db import Session
from sippulse_ws.domain import aliases, hunt_groups, locations, new_subscribers
from sippulse_ws.domain.access import EVERYTHING
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import (
    AccountGroup,
    AccountGroupMember,
    Address,
    Did,
    Rate,
    RatePlan,
    Reseller,
    Subscriber,
    UserWhiteList,
)

DOMAIN = "example.com"


def make_world(db: Session, number: int) -> dict[str, Any]:
    """Names and ids of new objects, to fill in the requests."""
    world: dict[str, Any] = {
        "n": number,
        "domain": DOMAIN,
        "ip": f"198.18.{number // 250}.{number % 250}",
    }
    for name in ("ana", "bia", "caio"):
        values = {"domain": DOMAIN, "password": "atual", "profile": "DEFAULT"}
        username = f"{name}{number}"
        world[name] = username
        values |= {"username": username, "password_portal": "atual"}
        world[f"{name}_id"] = new_subscribers.insert_subscriber(db, Vault(), values)
    quota = {"daily_quota_type": "M"}  # which an active one needs
    db.execute(sa.update(Subscriber).where(Subscriber.id == world["ana_id"]).values(quota))
    _make_numbers(db, world)
    _make_billing(db, world)
    _make_groups(db, world)
    alias = {"username": world["ana"], "domain": DOMAIN, "alias_username": f"alias{number}"}
    world["alias"] = aliases.insert_alias(db, EVERYTHING, alias)
    white = {"subscriber_id": world["ana_id"], "prefix": f"55{number}"}
    world["white"] = insert_row(db, UserWhiteList, white)
    address = {"ip_address": world["ip"], "mask": 32, "method": "iponly", "group": "1"}
    address |= {"protocol": "any", "subscriber_id": world["ana_id"]}
    world["address"] = insert_row(db, Address, address)
    world["ip2"] = world["ip"].replace("198.18", "198.19")
    locations.add_permanent(db, (), world["ana"], DOMAIN, "sip:b@192.0.2.1")
    return world


def _make_numbers(db: Session, world: dict[str, Any]) -> None:
    free = {"alias_username": f"551100{world['n']}", "inventory_domain": DOMAIN}
    owned = {"subscriber_id": world["ana_id"], "username": world["ana"], "domain": DOMAIN}
    world["did"] = insert_row(db, Did, {"alias_username": f"551199{world['n']}"} | owned)
    stocked = {"alias_username": f"551198{world['n']}", "inventory_domain": DOMAIN}
    world["stocked"] = insert_row(db, Did, stocked | owned)
    insert_row(db, Did, free)


def _make_billing(db: Session, world: dict[str, Any]) -> None:
    plan = {"domain": DOMAIN, "name": f"plan {world['n']}", "rate_id": 1}
    world["plan"] = insert_row(db, RatePlan, plan)
    name = f"reseller{world['n']}"
    reseller = {"domain": DOMAIN, "name": name, "username": name, "credit": Decimal(5)}
    world["reseller"] = insert_row(db, Reseller, reseller)
    rate = {"domain": DOMAIN, "rate_id": world["n"], "prefix": "55", "name": "BR"}
    world["rate"] = insert_row(db, Rate, rate | {"rate_value": Decimal("0.1")})


def _make_groups(db: Session, world: dict[str, Any]) -> None:
    group = {"domain": DOMAIN, "description": "x", "method": "serial", "timeout": 9}
    group["group_list"] = f"{world['ana']};{world['bia']}"
    world["group"] = hunt_groups.insert_hunt_group(db, group).id
    manager = {"manager_id": world["bia_id"], "manager_profile": "DEFAULT"}
    billed = insert_row(db, AccountGroup, manager)
    member = {"subscriber_id": world["ana_id"], "account_group_id": billed}
    db.execute(sa.insert(AccountGroupMember).values(member))
