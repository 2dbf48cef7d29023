"""Sealed passwords: bound to account and field, and damaged ones are a VaultError."""

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sippulse_ws.domain.vault import Vault, VaultError

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
