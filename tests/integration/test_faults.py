"""What clients hear when something breaks: their language, a request id, never SQL."""

import re
from typing import Any

import pytest
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, ProgrammingError

from sippulse_ws.db import Session
from sippulse_ws.domain import errors
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap

KEY: dict[str, Any] = {"username": "1000", "domain": DOMAIN}
SQL = "UPDATE subscriber SET credit = 'Secr3t'"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("pt", "Assinante não encontrado: 1000@example.com"),
        ("en", "Subscriber not found: 1000@example.com"),
    ],
)
def test_faults_speak_the_language_of_the_setting(language: str, said: str, app_with: Any) -> None:
    soap = app_with(language=language)
    assert soap.fault("SubscriberWS", "retrieveSubscriber", **KEY) == said


def test_portuguese_is_the_default(app_with: Any) -> None:
    fault = app_with().fault("SubscriberWS", "retrieveSubscriber", domain=DOMAIN)
    assert fault == "Campo obrigatório ausente ou ilegível: username"


def catalogue() -> list[type[errors.DomainError]]:
    found = [errors.DomainError]
    for one in found:
        found += one.__subclasses__()
    return sorted({one for one in found if hasattr(one, "code")}, key=lambda one: one.code)


def test_every_error_has_a_code_of_its_own_and_both_languages() -> None:
    own = [one for one in catalogue() if "code" in vars(one)]
    assert len({one.code for one in own}) == len(own) > 30
    for one in own:
        pt, en = (set(re.findall(r"{\w+}", text)) for text in one.wording)
        assert pt == en, one.code


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(SQL),
        KeyError(SQL),
        IntegrityError(SQL, {}, Exception(SQL)),
        DataError(SQL, {}, Exception(SQL)),
        ProgrammingError(SQL, {}, Exception(SQL)),
    ],
)
@pytest.mark.parametrize("operation", ["retrieveDailyQuota", "changePassword"])
def test_an_unexpected_error_shows_its_request_id_and_nothing_else(
    error: Exception, operation: str, soap: Soap, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(error, monkeypatch)
    assert re.fullmatch(
        r"Internal server error \(request [0-9a-f]{16}\)",
        soap.fault("SubscriberWS", operation, **KEY),
    )


@pytest.mark.parametrize("operation", ["retrieveDailyQuota", "changePassword"])
def test_an_unreachable_database_is_said_with_the_request_id(
    operation: str, soap: Soap, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(OperationalError(SQL, {}, Exception(SQL)), monkeypatch)
    assert re.fullmatch(
        r"Database unavailable, try again \(request [0-9a-f]{16}\)",
        soap.fault("SubscriberWS", operation, **KEY),
    )


def fail_with(error: Exception, patch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_values: object) -> None:
        raise error

    patch.setattr("sippulse_ws.domain.quotas.get_quota", fail)
    patch.setattr("sippulse_ws.domain.passwords.change_password", fail)


def test_a_deadlock_is_tried_again(
    soap: Soap, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.subscriber("1000")
    tries = []

    def deadlock_once(db: Session, subscriber: Any) -> None:
        tries.append(subscriber)
        if len(tries) < 2:
            raise OperationalError(SQL, {}, Exception(1213, "Deadlock found"))

    monkeypatch.setattr("sippulse_ws.domain.subscribers.remove_subscriber", deadlock_once)
    soap("SubscriberWS", "removeSubscriber", **KEY)
    assert len(tries) == 2


def test_names_with_markup_come_back_as_text(soap: Soap) -> None:
    name = "<b>&amp;]]>"
    assert name in soap.fault("SubscriberWS", "retrieveSubscriber", username=name, domain=DOMAIN)
