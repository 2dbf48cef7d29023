"""docs/features.md, in both languages: every field of the contract, where it acts, and its test."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "docs/features.md", ROOT / "docs/pt-BR/features.md")
CONTRACT = json.loads(Path(__file__).with_name("contract.json").read_text("utf-8"))
PLACES = {
    "database": "banco",
    "calls": "chamadas",
    "money": "valores",
    "mail": "e-mail",
    "stored": "guardado",
}
Row = tuple[list[str], str, str]  # fields, where they act, the test


def rows(page: Path) -> dict[str, list[Row]]:
    """The rows of each section."""
    found: dict[str, list[Row]] = {}
    for part in page.read_text("utf-8").split("\n## ")[1:]:
        title, *lines = part.splitlines()
        cells = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines if line][
            2:
        ]
        found[title] = [
            (re.findall(r"`(\w+)`", fields), place, test.strip("`"))
            for fields, place, _how, test in cells
        ]
    return found


@pytest.mark.parametrize("page", PAGES, ids=["en", "pt-BR"])
@pytest.mark.parametrize("name", CONTRACT["types"])
def test_every_field_of_the_contract_is_in_one_row(page: Path, name: str) -> None:
    fields = sorted(one.split(":")[0] for one in CONTRACT["types"][name]["fields"])
    assert sorted(field for row in rows(page)[name] for field in row[0]) == fields


def test_both_languages_say_the_same() -> None:
    english, portuguese = map(rows, PAGES)
    for ours, theirs in zip(english.values(), portuguese.values(), strict=True):
        expected = [(fields, PLACES[place], test) for fields, place, test in ours]
        assert theirs == expected


def test_every_test_that_is_named_is_there() -> None:
    named = {test for section in rows(PAGES[0]).values() for *_, test in section}
    assert len(named) > 40
    for one in sorted(named):
        path, _, function = one.partition("::")
        assert re.search(
            rf"^\s*def {function}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE
        ), one
