"""Sealed passwords: bound to account and field, and damaged ones are a VaultError."""

import base64
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sippulse_ws.domain.vault import Vault, VaultError, check_key

KEY = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
OTHER_KEY = base64.b64encode(b"fedcba9876543210fedcba9876543210").decode()
VAULT = Vault(KEY)
SEALED = VAULT.seal("Señor", "1000@example.com", "password")


def test_it_opens_for_its_own_account_and_field_only() -> None:
    assert VAULT.open(SEALED, "1000@example.com", "password") == "Señor"
    for account, field in (
        ("1001@example.com", "password"),
        ("1000@example.com", "password_portal"),
        ("1000@example.com\npassword", ""),
    ):
        with pytest.raises(VaultError):
            VAULT.open(SEALED, account, field)


DAMAGED: tuple[Any, ...] = (
    None, b"aes1:", "", "x", "aes2:", "aes1:", SEALED[:-1], SEALED[:20], SEALED + "é",
    SEALED[:14] + "AAAA", SEALED[:30] + "!" + SEALED[30:],
)  # fmt: skip


@pytest.mark.parametrize("number", range(len(DAMAGED)))
def test_damaged_text_is_a_vault_error_that_names_the_account(number: int) -> None:
    damaged = DAMAGED[number]
    with pytest.raises(VaultError, match=r"password of 1000@example\.com"):
        VAULT.open(damaged, "1000@example.com", "password")


@given(place=st.integers(0, len(SEALED) - 1), letter=st.characters())
def test_any_changed_character_is_a_vault_error_or_the_password(place: int, letter: str) -> None:
    changed = SEALED[:place] + letter + SEALED[place + 1 :]
    with suppress(VaultError):
        assert VAULT.open(changed, "1000@example.com", "password") == "Señor"


def test_what_is_sealed_keeps_its_form() -> None:
    """As a database of before holds it: the key's name, 12 bytes of nonce, AES-GCM."""
    sealed = "aes1:32f862af:wwYW2CH4MZEiyE21Lf9HlRHsIK9gBbeiRHtLqj7xqBSol6V+"
    assert Vault(KEY).open(sealed, "1000@example.com", "password") == "Segr3do!"
    assert Vault().seal("Segr3do!", "1000@example.com", "password") == "plain:Segr3do!"


@pytest.mark.parametrize("text", ["not base64!", "MDEyMzQ1", f"{KEY}\n!", f"!{KEY}"])
def test_what_is_no_key_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="base64"):
        check_key(text)


@pytest.mark.parametrize("size", [0, 16, 31, 33, 64])
def test_a_key_has_32_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        check_key(base64.b64encode(bytes(size)).decode())


def test_only_what_the_newest_key_sealed_is_current() -> None:
    renewed = Vault(OTHER_KEY, [KEY])
    assert VAULT.is_current(SEALED)
    assert not VAULT.is_current("plain:secret")
    assert not renewed.is_current(SEALED)
    assert renewed.is_current(renewed.seal("secret", "1000@example.com", "password"))
    assert renewed.open(SEALED, "1000@example.com", "password") == "Señor"


def test_without_a_key_nothing_is_sealed_and_old_seals_open() -> None:
    assert VAULT.seals
    assert not Vault().seals
    assert Vault().is_current("plain:secret")
    assert not Vault().is_current(SEALED)
    keyless = Vault(None, [KEY])
    assert not keyless.seals
    assert keyless.open(SEALED, "1000@example.com", "password") == "Señor"


def test_it_tells_which_keys_it_has() -> None:
    assert VAULT.has_key("32f862af")
    assert not Vault(OTHER_KEY).has_key("32f862af")
    assert Vault(OTHER_KEY, [KEY]).has_key("32f862af")


def test_a_password_may_be_of_any_length_unless_said() -> None:
    assert Vault().shortest == 0
    assert Vault(KEY, shortest=8).shortest == 8
