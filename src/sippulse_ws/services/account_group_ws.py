"""AccountGroupWS: accounts billed to a managing account."""

from collections.abc import Sequence
from typing import Any

from sippulse_ws.domain import account_groups
from sippulse_ws.services.call import Call
from sippulse_ws.services.operation import operation, within_account
from sippulse_ws.wire.fields import nested, string
from sippulse_ws.wire.rpc import Service
from sippulse_ws.wire.types.account_group import AccountGroupDto

OF_MANAGER = within_account("account_manager")
GROUP = (string("accountManager"), string("managerProfile"), string("account", many=True))
_ALIASES = {"accounts": "account"}


class AccountGroupWS(Service):
    """Accounts billed to a managing account."""

    @operation(OF_MANAGER, *GROUP, writes=True, aliases=_ALIASES)
    def addAccountGroup(
        call: Call, account_manager: str, manager_profile: str, account: Sequence[str] | None
    ) -> None:
        account_groups.add_account_group(call.db, account_manager, manager_profile, account)

    @operation(
        OF_MANAGER,
        string("accountManager"),
        returns=nested(AccountGroupDto, "return"),
        tagged=True,
    )
    def retrieveAccountGroup(call: Call, account_manager: str) -> Any:
        return account_groups.get_account_group(call.db, account_manager)

    # the profile is not looked at: a managing account has one group
    @operation(OF_MANAGER, *GROUP, writes=True, aliases=_ALIASES)
    def removeAccountGroup(
        call: Call,
        account_manager: str,
        manager_profile: str,
        account: Sequence[str] | None,
    ) -> None:
        account_groups.remove_account_group(call.db, account_manager, account)
