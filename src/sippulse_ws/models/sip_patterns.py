"""Regular expressions for what a text in a SIP message must not contain.

`domain/` refuses such values, and the views for SIP proxies show NULL for those stored already. The
expressions find what is forbidden and have no anchors, so that PCRE, ICU and Python agree.
"""

from __future__ import annotations

# Some gateways decode %0d%0a and the like.
CONTROL_ESCAPE = "%([01][0-9A-Fa-f]|7[Ff])"
# RFC 3261, 25.1: user, without what separates lists and URIs (`;,/?`), which only confuses.
NOT_IN_USER = "[^A-Za-z0-9_.!~*'()&=+$%-]|%(?![0-9A-Fa-f]{2})|" + CONTROL_ESCAPE
# Spaces, control characters, and what ends a URI in a header.
NOT_IN_URI = r"[^!#-;=?-\[\]_a-z~]|" + CONTROL_ESCAPE
# RFC 3261: token, the name of a header
NOT_IN_TOKEN = "[^A-Za-z0-9.!%*_+`'~-]"  # noqa: S105
CONTROLS = r"[\x00-\x1f\x7f]"
# Usernames: what separates lists and URIs, and what ends them in a header.
NOT_IN_NAME = r"[\x00-\x20\x7f@:;,<>\"\\/?]|" + CONTROL_ESCAPE
NOT_IN_TEXT = r"[\x00-\x1f\x7f\"<>\\]|" + CONTROL_ESCAPE
# Of a dial plan: proxies turn \r and \n into a line end.
NOT_IN_REPLACEMENT = r"\\(?![0-9\\])|[\x00-\x20\x7f\"<>]|" + CONTROL_ESCAPE

# Headers for routing, identity, charging or the body, with their compact forms: a number in one of
# these would change to whom a call belongs, or where it goes.
RESERVED_HEADERS = frozenset(
    """
    accept-contact allow allow-events authentication-info authorization call-id contact
    content-disposition content-encoding content-language content-length content-type cseq diversion
    error-info event expires from geolocation history-info identity identity-info in-reply-to join
    max-forwards mime-version min-expires min-se p-access-network-info p-asserted-identity
    p-associated-uri p-charging-function-addresses p-charging-vector p-preferred-identity
    p-served-user p-visited-network-id path privacy proxy-authenticate proxy-authorization
    proxy-require rack reason record-route refer-to referred-by reject-contact remote-party-id
    replaces request-disposition require retry-after route rseq security-client security-server
    security-verify service-route session-expires subscription-state supported target-dialog to
    unsupported via warning www-authenticate
    a b c d e f i j k l m n o r s t u v x y
    """.split()
)
