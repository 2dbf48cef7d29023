"""Aliases: other SIP addresses of a subscriber."""

from ..fields import Dto, integer, string


class DbAliasesDto(Dto):
    __type_name__ = "dbAliases"

    alias_domain = string("aliasDomain")
    alias_username = string("aliasUsername")
    domain = string("domain")
    id = integer("id")
    username = string("username")
