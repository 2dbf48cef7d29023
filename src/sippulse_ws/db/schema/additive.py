"""Checks migrations declared `additive`, beside which programs of older schemas go on serving."""

from __future__ import annotations

import ast


def more_than_additions(source: str) -> list[str]:
    """Calls in an additive migration's source that do more than add; [] for other migrations."""
    tree = ast.parse(source)
    if not any(ast.unparse(one) == "additive = True" for one in tree.body):
        return []
    upgrade_body = next(
        one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == "upgrade"
    )
    calls = [one for one in ast.walk(upgrade_body) if isinstance(one, ast.Call)]
    texts = [text for call in calls if (text := ast.unparse(call)).startswith("op.")]
    return [text for text in texts if not _is_addition(text)]


def _is_addition(text: str) -> bool:
    if text.startswith("op.add_column("):
        return "nullable=True" in text or "server_default=" in text
    if text.startswith("op.create_index("):
        return "unique=True" not in text
    return text.startswith("op.create_table(")
