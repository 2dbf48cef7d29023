"""The project's copies of the contract and the cases are those of the shared folder."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"


@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared folder beside the checkout")
@pytest.mark.parametrize(
    ("copy", "original"),
    [
        ("tests/contract/contract.json", "contract/contract.json"),
        ("tests/conformance/cases.json", "conformance/cases.json"),
    ],
)
def test_the_copy_equals_the_shared_file(copy: str, original: str) -> None:
    assert (ROOT / copy).read_bytes() == (SHARED / original).read_bytes()
