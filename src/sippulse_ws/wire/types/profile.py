"""Profiles of a domain."""

from ..fields import Dto, integer, string


class ProfileDto(Dto):
    __type_name__ = "profile"

    domain = string("domain")
    id = integer("id")
    profile = string("profile")
