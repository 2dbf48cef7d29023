"""Registrations (contacts) of a subscriber."""

from ..fields import Dto, date_time, double, integer, long, string


class UserLocationDto(Dto):
    __type_name__ = "userLocationDTO"

    callid = string("callid")
    contact = string("contact")
    cseq = integer("cseq")
    domain = string("domain")
    expires = date_time("expires")
    id = long("id")
    last_modified = date_time("lastModified")
    path = string("path")
    q = double("q")
    received = string("received")
    socket = string("socket")
    user_agent = string("userAgent")
    username = string("username")
