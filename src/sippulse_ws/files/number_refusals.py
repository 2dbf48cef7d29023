"""Errors of cells that hold a number, a prefix or a range of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

from sippulse_ws.files.refusals import CellRefused
from sippulse_ws.wording import Wording

_DIALLED = "00"


class NumberWithPunctuation(CellRefused):
    code = "number-with-punctuation"
    wording = Wording(
        "{field}: {value} parece um número com pontuação: escreva {digits} ou use --clean-numbers",
        "{field}: {value} looks like a number with punctuation: write {digits} or --clean-numbers",
    )


class NumberIsRange(CellRefused):
    code = "number-is-range"
    wording = Wording(
        "{field}: {value} parece uma faixa de números: use --ranges para importar todos",
        "{field}: {value} looks like a range of numbers: --ranges imports them all",
    )


class NumberOrRange(CellRefused):
    code = "number-or-range"
    wording = Wording(
        "{field}: {value} pode ser um número com pontuação ou uma faixa: escreva de outra forma",
        "{field}: {value} may be a number with punctuation or a range: write it differently",
    )


class RangeRefused(CellRefused):
    code = "range-refused"
    wording = Wording(
        "{field}: {value}: a faixa deve crescer, ter pontas de mesmo tamanho e até {most} números",
        "{field}: {value}: a range must grow, have ends of one length and at most {most} numbers",
    )


class NumberWithLetters(CellRefused):
    code = "number-with-letters"
    wording = Wording(
        "{field}: {value} não é um número: somente dígitos com um + inicial opcional",
        "{field}: {value} is no number: digits only, with an optional leading +",
    )


class PrefixWithPlus(CellRefused):
    code = "prefix-with-plus"
    wording = Wording(
        "{field}: prefixos têm somente dígitos, digits only: escreva {digits} em vez de {value}",
        "{field}: prefixes are digits only: write {digits} instead of {value}",
    )


class DialledPrefix(CellRefused):
    """A remark only: on some proxies numbers do begin like this."""

    code = "dialled-prefix"
    wording = Wording(
        "{field}: {value} foi gravado, mas 00 é discado e não faz parte do número internacional",
        "{field}: {value} was stored, but 00 is dialled and no part of an international number",
    )


def dialled_prefix(prefix: str) -> DialledPrefix | None:
    """A remark if the prefix begins with what is dialled before a number; else None."""
    return DialledPrefix("prefix", prefix) if prefix.startswith(_DIALLED) else None


def any_dialled(prefixes: Sequence[str]) -> bool:
    """Whether one of the prefixes has such a remark."""
    return any(map(str.startswith, prefixes, repeat(_DIALLED)))
