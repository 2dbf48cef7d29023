"""Groups of subscribers that ring together or in turn."""

from ..fields import Dto, integer, string


class HuntGroupDto(Dto):
    __type_name__ = "huntGroup"

    description = string("description")
    domain = string("domain")
    group_list = string("groupList")
    id = integer("id")
    method = string("method")
    timeout = integer("timeout")
    uri = string("uri")
