"""Numbers that a subscriber may always call."""

from ..fields import Dto, integer, string


class UserWhiteListDto(Dto):
    __type_name__ = "userWhiteList"

    domain = string("domain")
    id = integer("id")
    prefix = string("prefix")
    username = string("username")
