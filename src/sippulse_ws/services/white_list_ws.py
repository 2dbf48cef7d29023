"""WhiteListWS: numbers that a subscriber may always call."""

from typing import Any

from sippulse_ws.domain import white_lists
from sippulse_ws.services.call import Call
from sippulse_ws.services.operation import BY_SCOPE, operation, within
from sippulse_ws.wire.fields import integer, nested, string
from sippulse_ws.wire.names import BASE_PATH
from sippulse_ws.wire.rpc import Service
from sippulse_ws.wire.types.white_list import UserWhiteListDto


class WhiteListWS(Service):
    """White lists of subscribers."""

    # the second path is that of the vendor's document
    PATHS = (BASE_PATH + "WhiteListWS", BASE_PATH + "WhitelistWS")

    @operation(
        within("white_list.domain"),
        nested(UserWhiteListDto, "whiteList"),
        returns=integer("whiteListId"),
        writes=True,
    )
    def insertWhiteList(call: Call, white_list: dict[str, Any]) -> int:
        return white_lists.insert_number(call.db, white_list)

    @operation(BY_SCOPE, integer("whiteListId"), writes=True)
    def deletetWhiteList(call: Call, white_list_id: int | None) -> None:
        white_lists.delete_number(call.db, call.scope, white_list_id)

    @operation(
        within("domain"),
        string("username"),
        string("domain"),
        returns=nested(UserWhiteListDto, "whiteList", many=True),
    )
    def listWhiteList(call: Call, username: str, domain: str) -> Any:
        return white_lists.list_white_list(call.db, username, domain)

    # spelling of the vendor's document
    deleteWhiteList = deletetWhiteList
