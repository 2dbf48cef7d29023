"""CustomerWS: self-care with the subscriber's own password, without an administrator."""

from typing import Any

from sippulse_ws.domain import customers, passwords, subscribers
from sippulse_ws.domain.login_delays import CUSTOMER as REALM
from sippulse_ws.services.call import Call
from sippulse_ws.services.operation import CUSTOMER, operation
from sippulse_ws.wire.fields import double, nested, string
from sippulse_ws.wire.rpc import Service
from sippulse_ws.wire.types.subscriber import SubscriberDto


class CustomerWS(Service):
    """Self-care with the subscriber's own password, without an administrator."""

    @operation(
        CUSTOMER,
        string("username"),
        string("domain"),
        string("password"),
        returns=nested(SubscriberDto, "return"),
    )
    def authenticate(call: Call, username: str, domain: str, password: str) -> Any:
        _authenticate(call, username, domain, password)
        return subscribers.get_subscriber(call.db, username, domain)

    @operation(
        CUSTOMER,
        string("username"),
        string("domain"),
        string("actualPassword"),
        string("newPassword"),
        string("confirmNewPassword"),
        writes=True,
    )
    def changeCustomerPassword(
        call: Call,
        username: str,
        domain: str,
        actual_password: str,
        new_password: str,
        confirm_new_password: str,
    ) -> None:
        row, which = _authenticate(call, username, domain, actual_password)
        passwords.replace_password(
            call.db, call.vault, row, which, new_password, confirm_new_password
        )

    @operation(
        CUSTOMER,
        string("username"),
        string("password"),
        string("domain"),
        returns=double("return"),
        tagged=True,
    )
    def retrieveCustomerCredit(call: Call, username: str, password: str, domain: str) -> Any:
        row, _ = _authenticate(call, username, domain, password)
        return row.credit


def _authenticate(call: Call, username: str, domain: str, password: str) -> tuple[Any, str]:
    """The subscriber's row, and which password was right."""
    row, which, had_failures = customers.authenticate(
        call.db,
        call.vault,
        call.settings.customer_password,
        username,
        domain,
        password,
        call.address,
    )
    if had_failures:
        call.cleared_failures.append((REALM, row.account_code))
    return row, which
