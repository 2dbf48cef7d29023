"""What is said in English is said in Portuguese: the same headings, code, links and settings."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAIRS = [("README.md", "README.pt-BR.md")] + [
    (f"docs/{one.name}", f"docs/pt-BR/{one.name}")
    for one in sorted((ROOT / "docs" / "pt-BR").glob("*.md"))
]
# what a reader fills in
PLACES = {
    "PASSWORD": "SENHA",
    "FILE": "ARQUIVO",
    "<this repository>": "<este repositório>",
}


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def headings(text: str) -> list[int]:
    """Their levels, in order; what stands in code is none."""
    bare = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [len(one) for one in re.findall(r"^(#+) ", bare, re.MULTILINE)]


def blocks(text: str) -> list[tuple[str, str]]:
    """Language and code, without comments, in the English words."""
    found = re.findall(r"^ *```(\w*)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [(language, _plain(code)) for language, code in found]


def _plain(code: str) -> str:
    for english, portuguese in PLACES.items():
        code = code.replace(portuguese, english)
    return re.sub(r"\s*#.*$", "", code, flags=re.MULTILINE)


def commands(text: str) -> list[str]:
    """The lines of code that call a program, without what they are told to be about."""
    lines = [line.strip() for _, code in blocks(text) for line in code.splitlines()]
    return [
        " ".join(line.split()[:3]) for line in lines if line.startswith(("sippulse-ws", "make"))
    ]


def links(text: str) -> set[str]:
    """Where they lead, whichever language and folder they start from."""
    found = set()
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        name = target.removeprefix("../").removeprefix("docs/").removeprefix("pt-BR/")
        if not name.startswith("README"):
            found.add(name)
    return found


@pytest.mark.parametrize(("english", "portuguese"), PAIRS)
def test_headings_code_links_and_settings_are_the_same(english: str, portuguese: str) -> None:
    one, other = text_of(english), text_of(portuguese)
    assert headings(one) == headings(other)
    if "README" in english or "operations" in english:
        assert blocks(one) == blocks(other)
    # what programs print is in the language of the page, what is typed is not
    assert commands(one) == commands(other)
    assert links(one) == links(other)
    settings = [set(re.findall(r"SIPPULSE_[A-Z_]+", text)) for text in (one, other)]
    assert settings[0] == settings[1]


def test_what_an_operator_reads_is_there_in_portuguese() -> None:
    there = {portuguese for _, portuguese in PAIRS}
    assert {"docs/pt-BR/operations.md", "docs/pt-BR/files.md", "docs/pt-BR/security.md"} <= there


def test_the_table_of_clients_has_a_row_for_each_in_both_languages() -> None:
    rows = [
        re.findall(r"^\|.*\|$", text_of(name), re.MULTILINE)
        for name in ("docs/clients.md", "docs/pt-BR/clients.md")
    ]
    cells = [[line.split(" | ")[1] for line in some if " | " in line][1:] for some in rows]
    assert cells[0] == cells[1]  # the versions
    assert not [line for line in rows[1] if " or " in line or " for " in line]
