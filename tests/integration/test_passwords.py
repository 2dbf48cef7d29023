"""The SIP and the portal password: changed, given back, encrypted, never shown otherwise."""

from hashlib import md5
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Session
from sippulse_ws.domain.passwords import reseal_all
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import Base, Reseller, Subscriber
from tests.factories.platform import DOMAIN, PASSWORD, Platform
from tests.factories.requests import new_subscriber
from tests.soap import Soap

KEY: dict[str, Any] = {"username": "1000", "domain": DOMAIN}
FIRST_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
SECOND_KEY = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY="
KINDS = ["changePassword", "retrievePassword"], ["changePasswordWEB", "retrievePasswordWEB"]


@pytest.fixture(autouse=True)
def subscriber(platform: Platform) -> int:
    return platform.subscriber("1000", password_portal=PASSWORD)


def change(soap: Soap, operation: str, actual: str, new: str | None, again: str | None) -> None:
    soap(
        "SubscriberWS",
        operation,
        **KEY,
        actualPassword=actual,
        newPassword=new,
        confirmNewPassword=again,
    )


def refused(soap: Soap, operation: str, actual: str | None, new: str, again: str | None) -> str:
    passwords = {"actualPassword": actual, "newPassword": new, "confirmNewPassword": again}
    return soap.fault("SubscriberWS", operation, **KEY, **passwords)


@pytest.mark.parametrize(("change_it", "retrieve_it"), KINDS)
def test_a_password_is_changed_and_given_back(change_it: str, retrieve_it: str, soap: Soap) -> None:
    other = next(kind[1] for kind in KINDS if kind[1] != retrieve_it)
    change(soap, change_it, PASSWORD, "nova çénha ", "nova çénha ")
    assert soap("SubscriberWS", retrieve_it, **KEY) == "nova çénha "
    assert soap("SubscriberWS", other, **KEY) == PASSWORD


@pytest.mark.parametrize(("change_it", "retrieve_it"), KINDS)
def test_a_change_needs_the_current_one_and_a_confirmed_new_one(
    change_it: str, retrieve_it: str, soap: Soap, platform: Platform
) -> None:
    before = platform.rows(Subscriber)
    assert refused(soap, change_it, "wrong", "nova", "nova") == "Wrong current password"
    assert refused(soap, change_it, PASSWORD.upper(), "nova", "nova") == "Wrong current password"
    assert "actualPassword" in refused(soap, change_it, None, "nova", "nova")
    assert "confirmation" in refused(soap, change_it, PASSWORD, "nova", "nov")
    assert "confirmation" in refused(soap, change_it, PASSWORD, "nova", None)
    assert "newPassword" in refused(soap, change_it, PASSWORD, "", "")
    assert "newPassword" in refused(soap, change_it, PASSWORD, "x" * 129, "x" * 129)
    assert platform.rows(Subscriber) == before
    assert soap("SubscriberWS", retrieve_it, **KEY) == PASSWORD


def test_the_digest_hashes_follow_the_sip_password_only(soap: Soap, platform: Platform) -> None:
    before = platform.one(Subscriber)
    change(soap, "changePasswordWEB", PASSWORD, "web", "web")
    assert (platform.one(Subscriber).ha1, platform.one(Subscriber).ha1b) == (
        before.ha1,
        before.ha1b,
    )
    change(soap, "changePassword", PASSWORD, "nova", "nova")
    stored = platform.one(Subscriber)
    assert stored.ha1 == md5(f"1000:{DOMAIN}:nova".encode()).hexdigest()
    assert stored.ha1b == md5(f"1000@{DOMAIN}:{DOMAIN}:nova".encode()).hexdigest()


def test_without_a_portal_password_there_is_none_to_give_or_change(
    soap: Soap, platform: Platform
) -> None:
    platform.update(Subscriber, password_portal=None)
    assert "passwordPortal" in soap.fault("SubscriberWS", "retrievePasswordWEB", **KEY)
    for guess in ("", "None"):
        assert refused(soap, "changePasswordWEB", guess, "x", "x") == "Wrong current password"


@pytest.mark.parametrize("operation", [name for kind in KINDS for name in kind])
def test_nobody_has_no_password(operation: str, soap: Soap) -> None:
    assert "1001" in soap.fault("SubscriberWS", operation, username="1001", domain=DOMAIN)


def test_passwords_come_with_retrieve_subscriber_only_when_set(soap: Soap, app_with: Any) -> None:
    read = soap("SubscriberWS", "retrieveSubscriber", **KEY)
    assert (read.password, read.passwordPortal) == (None, None)
    showing = app_with(retrieve_passwords=True)
    read = showing("SubscriberWS", "retrieveSubscriber", **KEY)
    assert (read.password, read.passwordPortal) == (PASSWORD, PASSWORD)
    showing("SubscriberWS", "updateSubscriber", subscriber=read)
    assert soap("SubscriberWS", "retrievePassword", **KEY) == PASSWORD


def test_with_a_key_no_password_is_readable_in_the_database(app_with: Any, db: Session) -> None:
    soap = app_with(password_key=FIRST_KEY, language="en")
    change(soap, "changePassword", PASSWORD, "Nova-Senha-1", "Nova-Senha-1")
    change(soap, "changePasswordWEB", PASSWORD, "Nova-Senha-2", "Nova-Senha-2")
    new = {"password": "Nova-Senha-3", "passwordPortal": "Nova-Senha-4"}
    soap.xml("SubscriberWS", "insertSubscriber", new_subscriber(username="1001", **new))
    assert "nova-senha" not in dump(db).lower()
    assert soap("SubscriberWS", "retrievePassword", **KEY) == "Nova-Senha-1"
    assert soap("SubscriberWS", "retrievePasswordWEB", **KEY) == "Nova-Senha-2"
    other = {"username": "1001", "domain": DOMAIN}
    assert soap("SubscriberWS", "retrievePasswordWEB", **other) == "Nova-Senha-4"


def test_the_dump_would_show_a_readable_password(db: Session) -> None:
    assert PASSWORD in dump(db)


def test_an_encrypted_password_opens_only_where_it_was_put(
    app_with: Any, platform: Platform, db: Session
) -> None:
    soap = app_with(password_key=FIRST_KEY, language="en")
    change(soap, "changePassword", PASSWORD, "nova", "nova")
    platform.subscriber("1001")
    platform.update(Subscriber, password=platform.one(Subscriber, username="1000").password)
    assert "Internal" in soap.fault(
        "SubscriberWS", "retrievePassword", username="1001", domain=DOMAIN
    )


def test_a_rotated_key_opens_everything_and_the_old_one_is_not_needed(
    app_with: Any, platform: Platform, db: Session
) -> None:
    first = app_with(password_key=FIRST_KEY, language="en")
    change(first, "changePassword", PASSWORD, "nova", "nova")  # the portal's one stays plain
    sealed = Vault(FIRST_KEY).seal("reseller's", f"ACME@{DOMAIN}", "password")
    reseller = platform.reseller(password=sealed)
    assert reseal_all(db, Vault(SECOND_KEY, [FIRST_KEY])) == 3
    second = app_with(password_key=SECOND_KEY, language="en")
    assert second("SubscriberWS", "retrievePassword", **KEY) == "nova"
    assert second("SubscriberWS", "retrievePasswordWEB", **KEY) == PASSWORD
    stored = platform.one(Reseller, id=reseller).password
    assert Vault(SECOND_KEY).open(stored, f"ACME@{DOMAIN}", "password") == "reseller's"
    assert PASSWORD not in dump(db)
    assert "Internal" in first.fault("SubscriberWS", "retrievePassword", **KEY)
    assert reseal_all(db, Vault(SECOND_KEY)) == 0


def dump(db: Session) -> str:
    """Everything in the database, as text."""
    tables = Base.metadata.sorted_tables
    return "\n".join(repr(db.execute(sa.select(table)).all()) for table in tables)
