"""The administrator who calls: login and password."""

from ..fields import Dto, string


class UserPrincipalDto(Dto):
    __type_name__ = "userPrincipalDTO"

    login = string("login")
    password = string("password")
