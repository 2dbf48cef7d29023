"""Sealed passwords: bound to account and field, and damaged ones are a VaultError."""

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sippulse_ws.domain.vault import Vault, VaultError, check_key

KEY = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
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


DAMAGED = ("", "x", "aes1:", SEALED[:-1], SEALED[:20], SEALED + "é", SEALED[:14] + "AAAA")


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
