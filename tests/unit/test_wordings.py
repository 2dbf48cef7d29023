"""A text stands in both languages in one way, and `make lint` finds every other one."""

import subprocess
import sys
from pathlib import Path
from string import Formatter

import pytest

from sippulse_ws.cli.texts import BY_HAND, NOUNS, Said
from sippulse_ws.domain.errors import InvalidField, ProxyFailed
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.wording import Wording

CHECK = Path(__file__).parents[2] / "scripts/check_wordings.py"


def check(folder: Path, source: str, room: str = "domain") -> str:
    """What the check says of a package with one module."""
    module = folder / "package" / room / "module.py"
    module.parent.mkdir(parents=True)
    module.write_text(source, "utf-8")
    command = [sys.executable, str(CHECK), str(folder / "package")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == bool(done.stdout), done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("source", "trouble"),
    [
        ('text = "no" if language == "en" else "nao"', "compares"),
        ('if "pt" != options.language:\n    pass', "compares"),
        ('TEXTS = {"gone": ("não encontrado", "not found")}', "Portuguese"),
        ('raise OSError(f"lista de {name}", f"list of {name}")', "Portuguese"),
        ('class Gone(Error):\n    pt = "sumiu"\n    en = "gone"', "pt is one language"),
        ('reason_pt, reason_en = "sumiu", "gone"', "reason_pt is one language"),
        ('raise BadLine(reason_pt="sumiu", reason_en="gone")', "reason_en= is one language"),
    ],
)
def test_a_pair_that_is_no_wording_is_found(source: str, trouble: str, tmp_path: Path) -> None:
    assert trouble in check(tmp_path, source)


@pytest.mark.parametrize(
    "source",
    [
        'GONE = Wording("não encontrado: {name}", "not found: {name}")',
        'def f():\n    """O que não se acha."""',
        'NO = frozenset("no não".split())  # data',
        'if chosen in ("pt", "en"):\n    pass',
        'told = wording.text("pt")',
    ],
)
def test_other_code_is_left_alone(source: str, tmp_path: Path) -> None:
    assert not check(tmp_path, source)


def every_wording() -> list[Wording]:
    enumerated = [one.value for one in (*Said, *Reason)]
    return [*enumerated, *NOUNS.values(), *BY_HAND.values()]


@pytest.mark.parametrize("wording", every_wording(), ids=lambda wording: wording.en)
def test_both_languages_name_the_same_values(wording: Wording) -> None:
    pt, en = ({name for _, name, _, _ in Formatter().parse(text) if name} for text in wording)
    assert wording.pt
    assert wording.en
    assert pt == en


def test_a_value_may_be_a_wording_and_is_filled_in_as_it_is() -> None:
    outer = Wording("falhou: {why}", "failed: {why}")
    inner = Wording("recusou {what}", "refused {what}").fill(what="{x}")
    assert outer.text("pt", why=inner) == "falhou: recusou {x}"
    assert outer.text("en", why=inner) == "failed: refused {x}"


def test_errors_speak_both_languages() -> None:
    error = InvalidField("mask", Reason.MORE_CHARACTERS, length=3)
    assert error.message("pt") == "Valor inválido no campo mask: mais de 3 caracteres"
    assert error.message("en") == "Invalid value in field mask: more than 3 characters"
    failed = ProxyFailed([("edge", Wording("calado", "silent")), ("core", Wording("x {", "y {"))])
    assert failed.message("pt") == "Falha no proxy SIP edge calado; core x {"
    assert failed.message("en") == "SIP proxy failed: edge silent; core y {"
