"""Who calls: the login and the password of an administrator."""

from ..fields import Dto, string


class UserPrincipalDto(Dto):
    __type_name__ = "userPrincipalDTO"

    login = string("login")
    password = string("password")
