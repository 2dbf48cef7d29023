"""The accounts billed to a managing account."""

from ..fields import Dto, string


class AccountGroupDto(Dto):
    __type_name__ = "accountGroupDTO"

    account = string("account", many=True)
    account_manager = string("accountManager")
    manager_profile = string("managerProfile")
