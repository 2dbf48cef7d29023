"""Migrations are history: nothing that changes today may change what they once made."""

import re
from pathlib import Path

import pytest

VERSIONS = Path(__file__).parents[2] / "migrations" / "versions"


@pytest.mark.parametrize("path", sorted(VERSIONS.glob("*.py")), ids=lambda path: path.stem)
def test_no_migration_imports_live_types(path: Path) -> None:
    imported = re.findall(r"^\s*from (sippulse_ws\.[\w.]+)", path.read_text("utf-8"), re.MULTILINE)
    assert [name for name in imported if name.startswith("sippulse_ws.models")] == []
