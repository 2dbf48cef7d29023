"""Clients of the SIP proxies: what to tell them when something was provisioned."""

from sippulse_ws.sip.client import ProxyError
from sippulse_ws.sip.kamailio import Kamailio
from sippulse_ws.sip.opensips import OpenSips

__all__ = ["Kamailio", "OpenSips", "ProxyError"]
