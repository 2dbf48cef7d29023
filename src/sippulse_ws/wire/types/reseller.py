"""Resellers and their credit."""

from ..fields import Dto, double, integer, string


class ResellerDto(Dto):
    __type_name__ = "reseller"

    credit = double("credit")
    domain = string("domain")
    email = string("email")
    id = integer("id")
    manager = string("manager")
    mobile = string("mobile")
    name = string("name")
    password = string("password")
    phone = string("phone")
    username = string("username")
