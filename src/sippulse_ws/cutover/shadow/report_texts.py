"""Words of the report and of the live summary_rows, in Portuguese and English."""

from __future__ import annotations

from collections.abc import Mapping

_TEXTS: Mapping[str, tuple[str, str]] = {
    "title": ("Ensaio da troca", "Rehearsal of the cut-over"),
    "directions": (
        "Os clientes são atendidos por {given}; as mesmas requisições foram a {other}.",
        "Clients are answered by {given}; the same requests went to {other}.",
    ),
    "period": ("De {began} a {until} (UTC).", "From {began} to {until} (UTC)."),
    "operation": ("operação", "operation"),
    "requests": ("requisições", "requests"),
    "equal": ("iguais", "equal"),
    "different": ("diferentes", "different"),
    "refused": ("recusadas pelo novo", "refused by the new"),
    "refused-old": ("recusadas pelo antigo", "refused by the old"),
    "no-answer": ("sem resposta", "no answer"),
    "explained": ("explicadas", "explained"),
    "not-compared": ("não comparadas", "not compared"),
    "slower": ("mais lentas", "slower"),
    "given_ms": ("mediana, ms", "median, ms"),
    "other_ms": ("mediana do outro, ms", "median of the other, ms"),
    "total": ("total", "total"),
    "differences": ("O que difere", "What differs"),
    "field": ("primeiro campo", "first field"),
    "count": ("vezes", "times"),
    "given": ("o cliente recebeu", "the client had"),
    "other": ("o outro respondeu", "the other answered"),
    "record": ("exemplo: registro", "example: record"),
    "absent": ("(ausente)", "(absent)"),
    "none": ("Nada.", "Nothing."),
    "masked": (
        "Textos mascarados (letras x, dígitos 9); sob o número dado, exchanges-*.jsonl tem tudo.",
        "Texts are masked (letters x, digits 9); exchanges-*.jsonl has all, under the number.",
    ),
    "reasons": ("Não comparadas e explicadas", "Not compared, and explained"),
    "tolerated": ("Diferenças toleradas", "Tolerated differences"),
    "rest": ("Além das operações", "Beside operations"),
    "stopped": (
        "A gravação parou ({why}); a comparação continua.",
        "Recording has stopped ({why}); comparing goes on.",
    ),
    # reasons
    "write": ("escrita, sem --mirror-writes", "a write, without --mirror-writes"),
    "busy": ("o outro servidor não acompanha", "the other server does not keep up"),
    "silent": ("o cliente ficou sem resposta", "the client had no answer"),
    "overlap": (
        "uma escrita na mesma conta ao mesmo tempo",
        "a write to the same account at the same time",
    ),
    "one-sided": (
        "a conta foi alterada só em um dos servidores",
        "the account was changed on one server only",
    ),
    "customer": (
        "senha de assinante, que não foi gravada",
        "a subscriber's password, which was not recorded",
    ),
    # tolerated
    "order": ("ordem dos elementos", "order of elements"),
    "lexical": ("outra forma do mesmo valor", "another form of the same value"),
    "digits": ("além da sexta casa decimal", "beyond the sixth decimal"),
    "ids": ("identificador pela tabela de equivalência", "id by the table of equivalents"),
    "nil": ("xsi:nil em vez de ausente", "xsi:nil in place of absent"),
    "charset": ("outro charset", "another charset"),
    "fault-text": ("texto da falha", "text of a fault"),
    "secret": ("senha, sem a chave da gravação", "a password, without the recording's key"),
    "named": ("campo que --ignore nomeou", "a field that --ignore named"),
    # beside operations
    "lost": ("perdidas: a comparação não acompanha", "lost: comparing does not keep up"),
    "deaf": ("conexões que não são HTTP compreensível", "connections that are no readable HTTP"),
    "refused-connections": (
        "conexões que o servidor não aceitou",
        "connections that the server did not take",
    ),
    "unreadable": ("não é SOAP legível", "no readable SOAP"),
}


def word(name: str, language: str, **values: object) -> str:
    pt, en = _TEXTS[name]
    return (en if language == "en" else pt).format(**values)


def word_of(name: str, language: str) -> str:
    """Of a counter, some of which have an addition: `unreadable: not-xml`."""
    known, colon, addition = name.partition(": ")
    if known == "refused":
        known = "refused-connections"
    return (word(known, language) if known in _TEXTS else known) + colon + addition
