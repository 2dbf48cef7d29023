"""Refuses texts in two languages that are no Wording, and answers of commands in one language.

Usage: python scripts/check_wordings.py PACKAGE

A message is written one way: `Wording("em português", "in English")`, and read by its `text`. So
outside of wording.py no language is compared with "pt" or "en", nothing is called `pt` or `en`, and
no Portuguese stands in a text that is not a Wording's. In the package's `cli` no command prints a
text that is written in the call. `# data` on a line excuses it.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

LANGUAGES = {"pt", "en"}
EXCUSE = "# data"
PORTUGUESE = re.compile(
    r"[ãõçáéíóúâêôà]|\b(?:da|de|foi|para|pelo|pela|uma|um|dos|nenhum|nenhuma|inválido|já)\b",
    re.IGNORECASE,
)
WORDS = re.compile(r"[A-Za-z]{2,}.*\s|\s.*[A-Za-z]{2,}")
SAYS = {"print", "echo", "fail", "confirm", "prompt", "secho", "BadParameter"}
NAMED = re.compile(r"(?:\w+_)?(?:pt|en)")


def strings(node: ast.AST) -> Iterator[tuple[ast.Constant, str]]:
    """The string constants of an expression, those of an f-string among them."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner, inner.value


def called(node: ast.Call) -> str:
    named = node.func
    return str(getattr(named, "id", None) or getattr(named, "attr", ""))


def in_wordings(tree: ast.AST) -> set[int]:
    """Constants that are a Wording's, and docstrings, by `id`."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) == "Wording":
            found |= {id(one) for one, _ in strings(node)}
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found.add(id(node.value))
    return found


def faults(tree: ast.AST, *, is_command: bool) -> Iterator[tuple[int, str]]:
    """Line and what is wrong there."""
    excused = in_wordings(tree)
    for one, text in strings(tree):
        if id(one) not in excused and PORTUGUESE.search(text):
            yield one.lineno, f"Portuguese outside of a Wording: {text!r:.60}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and compares_language(node):
            yield node.lineno, "compares a language: use the text() of a Wording"
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            if NAMED.fullmatch(node.id):
                yield node.lineno, f"{node.id} is one language of a text: make a Wording of it"
        elif isinstance(node, ast.keyword) and node.arg and NAMED.fullmatch(node.arg):
            yield node.value.lineno, f"{node.arg}= is one language of a text: pass a Wording"
        elif is_command and isinstance(node, ast.Call) and says_text(node):
            yield node.lineno, f"{called(node)}() says a text in one language: make it a Said"


def compares_language(node: ast.Compare) -> bool:
    sides = (node.left, *node.comparators)
    is_one = any(isinstance(one, ast.Constant) and one.value in LANGUAGES for one in sides)
    return is_one and isinstance(node.ops[0], ast.Eq | ast.NotEq)


def says_text(node: ast.Call) -> bool:
    """Words written in the call itself; not what is given to calls inside of it."""
    if called(node) not in SAYS or not node.args:
        return False
    first = node.args[0]
    written = isinstance(first, ast.Constant | ast.JoinedStr | ast.BinOp)
    return written and any(WORDS.search(text) for _, text in strings(first))


def main() -> int:
    package, wrong = Path(sys.argv[1]), 0
    for path in sorted(package.rglob("*.py")):
        if path == package / "wording.py":
            continue
        source = path.read_text(encoding="utf-8")
        lines = source.splitlines()
        is_command = path.parent == package / "cli"
        for line, trouble in sorted(set(faults(ast.parse(source), is_command=is_command))):
            if EXCUSE not in lines[line - 1]:
                print(f"{path}:{line}: {trouble}")
                wrong += 1
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
