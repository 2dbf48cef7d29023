"""Who may register, and that a change through SOAP counts at once."""

import pytest

from tests.sip.conftest import DOMAIN, PASSWORD, Telephones
from tests.sip.soap import RemoteSoap

pytestmark = [pytest.mark.sip, pytest.mark.engines("mariadb")]


def test_a_subscriber_inserted_through_soap_registers(telephones: Telephones) -> None:
    telephones.subscriber("1000")
    assert telephones.phone("1000").register() == 200


def test_a_wrong_password_does_not_register(telephones: Telephones) -> None:
    telephones.subscriber("1000")
    assert telephones.phone("1000").register(password="wrong") == 401


def test_a_blocked_subscriber_does_not_register_until_activated(
    telephones: Telephones, soap: RemoteSoap
) -> None:
    telephones.subscriber("1000")
    soap("SubscriberWS", "blockSubscriber", username="1000", domain=DOMAIN)
    assert telephones.phone("1000").register() == 401
    soap("SubscriberWS", "activateSubscriber", username="1000", domain=DOMAIN)
    assert telephones.phone("1000").register() == 200


def test_a_changed_password_counts_at_once(telephones: Telephones, soap: RemoteSoap) -> None:
    telephones.subscriber("1000")
    soap(
        "SubscriberWS",
        "changePassword",
        username="1000",
        domain=DOMAIN,
        actualPassword=PASSWORD,
        newPassword="outra",
        confirmNewPassword="outra",
    )
    phone = telephones.phone("1000")
    assert phone.register() == 401
    assert phone.register(password="outra") == 200
