"""Clients that notify SIP proxies of what was provisioned."""

from sippulse_ws.sip.client import ProxyError
from sippulse_ws.sip.kamailio import Kamailio
from sippulse_ws.sip.opensips import OpenSips

__all__ = ["Kamailio", "OpenSips", "ProxyError"]
