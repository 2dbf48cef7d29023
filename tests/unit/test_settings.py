"""Settings: what is unknown or cannot be used is an error that names it, and shows no value."""

from pathlib import Path

import pytest

from sippulse_ws.config import ConfigurationError, load_settings

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SIPPULSE_DATABASE_URL", "SIPPULSE_CONFIG", "SIPPULSE_PASSWORD_KEY"):
        monkeypatch.delenv(name, raising=False)


def problem() -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SIPPULSE_LANGUAGE", "fr"),
        ("SIPPULSE_POOL_SIZE", "many"),
        ("SIPPULSE_POOL_SIZE", "0"),
        ("SIPPULSE_MAX_BODY", "-1"),
        ("SIPPULSE_RETRIEVE_PASSWORDS", "perhaps"),
        ("SIPPULSE_CUSTOMER_PASSWORD", "both"),
        ("SIPPULSE_LEXICAL", "lax"),
        ("SIPPULSE_PUBLIC_URL", "sip.example.com"),
        ("SIPPULSE_PASSWORD_KEY", "c2hvcnQ="),
        ("SIPPULSE_PASSWORD_KEY", "s3cret, not base64"),
        ("SIPPULSE_OLD_PASSWORD_KEYS", f"{KEY},s3cret"),
        ("SIPPULSE_DATABASE_URL", "s3cret"),
        ("SIPPULSE_DATABASE_URL", "postgresql://root:s3cret@localhost/sippulse"),
        ("SIPPULSE_DATABASE_URL", "mysql+nodriver://root:s3cret@localhost/sippulse"),
        ("SIPPULSE_DATABASE_URL", "mysql+mysqlconnector://root:s3cret@localhost/sippulse"),
        ("SIPPULSE_DATABASE_URL", "sqlite://"),
        ("SIPPULSE_DATABASE_URL", "sqlite:///:memory:"),
    ],
)
def test_a_bad_value_is_an_error_that_names_the_setting_and_not_the_value(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    message = problem()
    assert name in message
    assert "s3cret" not in message


@pytest.mark.parametrize("name", ["SIPPULSE_LANGUGE", "SIPPULSE_CONFIG_FILE", "sippulse_langage"])
def test_an_unknown_setting_is_an_error_that_names_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "x")
    assert name in problem()


def test_several_problems_are_named_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIPPULSE_POOL_SIZE", "x")
    monkeypatch.setenv("SIPPULSE_LANGUAGE", "fr")
    assert {"SIPPULSE_POOL_SIZE", "SIPPULSE_LANGUAGE"} <= set(problem().replace(":", "").split())


def test_a_missing_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIPPULSE_CONFIG", "/nowhere/sippulse.toml")
    assert "SIPPULSE_CONFIG" in problem()
    assert "/nowhere/sippulse.toml" in problem()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"language = ", "sippulse.toml"),
        (b"\xff\xfe", "sippulse.toml"),
        (b'langage = "en"', "LANGAGE"),
        (b'pool_size = "many"', "POOL_SIZE"),
    ],
)
def test_a_bad_file_is_an_error_that_names_it(
    content: bytes, named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sippulse.toml"
    file.write_bytes(content)
    monkeypatch.setenv("SIPPULSE_CONFIG", str(file))
    assert named in problem()


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sippulse.toml"
    file.write_text(f'language = "en"\npool_size = 3\nold_password_keys = ["{KEY}"]\n')
    monkeypatch.setenv("SIPPULSE_CONFIG", str(file))
    monkeypatch.setenv("SIPPULSE_POOL_SIZE", "5")
    settings = load_settings()
    assert (settings.language, settings.pool_size) == ("en", 5)
    assert [key.get_secret_value() for key in settings.old_password_keys] == [KEY]


def test_old_keys_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIPPULSE_OLD_PASSWORD_KEYS", f"{KEY}, {KEY}")
    assert len(load_settings().old_password_keys) == 2


def test_no_secret_shows_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIPPULSE_PASSWORD_KEY", KEY)
    monkeypatch.setenv("SIPPULSE_DATABASE_URL", "mysql+pymysql://root:s3cret@localhost/sippulse")
    assert KEY not in repr(load_settings())
    assert "s3cret" not in repr(load_settings())
