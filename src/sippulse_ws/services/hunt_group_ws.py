"""HuntGroupWS: groups of subscribers that ring together or one after the other."""

from typing import Any

from sippulse_ws.domain import hunt_groups
from sippulse_ws.services.call import Call
from sippulse_ws.services.operation import operation, within
from sippulse_ws.wire.fields import integer, nested, string
from sippulse_ws.wire.rpc import Service
from sippulse_ws.wire.types.hunt_group import HuntGroupDto


class HuntGroupWS(Service):
    """Hunt groups."""

    @operation(
        within("domain"), string("domain"), returns=nested(HuntGroupDto, "huntGroup", many=True)
    )
    def listHuntGroups(call: Call, domain: str) -> Any:
        return hunt_groups.list_hunt_groups(call.db, domain)

    @operation(
        within("hunt_group.domain"),
        nested(HuntGroupDto, "huntGroup"),
        returns=nested(HuntGroupDto, "huntGroup"),
        writes=True,
    )
    def insertHuntGroup(call: Call, hunt_group: dict[str, Any]) -> Any:
        return hunt_groups.insert_hunt_group(call.db, hunt_group)

    @operation(
        within("hunt_group.domain"),
        nested(HuntGroupDto, "huntGroup"),
        returns=nested(HuntGroupDto, "huntGroup"),
        writes=True,
    )
    def updateHuntGroup(call: Call, hunt_group: dict[str, Any]) -> Any:
        return hunt_groups.update_hunt_group(call.db, hunt_group)

    @operation(
        within("domain"),
        string("domain"),
        integer("huntGroupId"),
        writes=True,
        aliases={"id": "huntGroupId"},
    )
    def removeHuntGroup(call: Call, domain: str, hunt_group_id: int | None) -> None:
        hunt_groups.remove_hunt_group(call.db, domain, hunt_group_id)

    # spellings of the vendor's document
    insertHuntGroups = insertHuntGroup
    updateHuntGroups = updateHuntGroup
