"""Domains of the installation."""

from ..fields import Dto, integer, string


class DomainDto(Dto):
    __type_name__ = "domain"

    domain = string("domain")
    id = integer("id")
