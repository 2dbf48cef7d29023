"""Dial plan rules of a domain."""

from ..fields import Dto, integer, string


class DialplanDto(Dto):
    __type_name__ = "dialplan"

    attrs = string("attrs")
    domain = string("domain")
    dpid = integer("dpid")
    id = integer("id")
    match_exp = string("matchExp")
    match_op = integer("matchOp")
    pr = integer("pr")
    repl_exp = string("replExp")
    subst_exp = string("substExp")
