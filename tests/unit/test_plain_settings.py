"""What a process that serves gets of the settings."""

import pickle
from typing import Any

import pytest

from sippulse_ws.config import Settings, load_settings, plain_settings

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
PROXIES = (
    '[{"kind": "kamailio", "url": "http://u:secret-p@192.0.2.1:5060/RPC", "sip": "192.0.2.1"}]'
)
WEBHOOKS = (
    '[{"url": "https://u:secret-w@example.com/x", "secret": "whsec_' + KEY + '", "events": "a.*"}]'
)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SIPPULSE_PASSWORD_KEY", KEY)
    monkeypatch.setenv("SIPPULSE_PROXIES", PROXIES)
    monkeypatch.setenv("SIPPULSE_WEBHOOKS", WEBHOOKS)
    monkeypatch.setenv("SIPPULSE_SMTP_URL", "smtp://u:secret-s@example.com")
    return load_settings()


def shown(value: Any) -> Any:
    """A value with its secrets, whatever holds it."""
    if hasattr(value, "get_secret_value"):
        return value.get_secret_value()
    if isinstance(value, tuple):
        return [shown(one) for one in value]
    if type(value).__module__.startswith("sippulse_ws") and hasattr(value, "__dict__"):
        return {name: shown(one) for name, one in vars(value).items()}
    return value


def test_every_setting_is_handed_over_as_it_is(settings: Settings) -> None:
    plain = pickle.loads(pickle.dumps(plain_settings(settings)))
    for name in (*Settings.model_fields, "sip_hosts"):
        assert shown(getattr(plain, name)) == shown(getattr(settings, name)), name
    assert len(plain.proxies) == len(plain.webhooks) == len(plain.sip_hosts) == 1
    assert plain.old_password_keys == ()


def test_no_secret_is_shown(settings: Settings) -> None:
    plain = plain_settings(settings)
    for value in (plain, *vars(plain).values()):
        for text in (repr(value), str(value)):
            assert not any(secret in text for secret in ("secret-", KEY))
    assert vars(plain)["password_key"]
