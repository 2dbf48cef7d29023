"""The words of the report and of the live summary."""

from __future__ import annotations

from collections.abc import Mapping

from sippulse_ws.wording import Wording

_TEXTS: Mapping[str, Wording] = {
    "title": Wording("Ensaio da troca", "Rehearsal of the cut-over"),
    "directions": Wording(
        "Os clientes são atendidos por {given}; as mesmas requisições foram a {other}.",
        "Clients are answered by {given}; the same requests went to {other}.",
    ),
    "period": Wording("De {began} a {until} (UTC).", "From {began} to {until} (UTC)."),
    "waiting": Wording(
        "{count} requisições ainda por comparar.",
        "{count} requests are still to be compared.",
    ),
    "operation": Wording("operação", "operation"),
    "requests": Wording("requisições", "requests"),
    "equal": Wording("iguais", "equal"),
    "different": Wording("diferentes", "different"),
    "refused": Wording("recusadas pelo novo", "refused by the new"),
    "refused-old": Wording("recusadas pelo antigo", "refused by the old"),
    "no-answer": Wording("sem resposta", "no answer"),
    "explained": Wording("explicadas", "explained"),
    "not-compared": Wording("não comparadas", "not compared"),
    "slower": Wording("mais lentas", "slower"),
    "given_ms": Wording("mediana, ms", "median, ms"),
    "other_ms": Wording("mediana do outro, ms", "median of the other, ms"),
    "total": Wording("total", "total"),
    "differences": Wording("O que difere", "What differs"),
    "field": Wording("primeiro campo", "first field"),
    "count": Wording("vezes", "times"),
    "given": Wording("o cliente recebeu", "the client had"),
    "other": Wording("o outro respondeu", "the other answered"),
    "record": Wording("exemplo: registro", "example: record"),
    "absent": Wording("(ausente)", "(absent)"),
    "none": Wording("Nada.", "Nothing."),
    "masked": Wording(
        "Textos mascarados (letras x, dígitos 9); sob o número dado, exchanges-*.jsonl tem tudo.",
        "Texts are masked (letters x, digits 9); exchanges-*.jsonl has all, under the number.",
    ),
    "reasons": Wording("Não comparadas e explicadas", "Not compared, and explained"),
    "tolerated": Wording("Diferenças toleradas", "Tolerated differences"),
    "rest": Wording("Além das operações", "Beside operations"),
    "stopped": Wording(
        "A gravação parou ({why}); a comparação continua.",
        "Recording has stopped ({why}); comparing goes on.",
    ),
    # reasons
    "write": Wording("escrita, sem --mirror-writes", "a write, without --mirror-writes"),
    "busy": Wording("o outro servidor não acompanha", "the other server does not keep up"),
    "silent": Wording("o cliente ficou sem resposta", "the client had no answer"),
    "overlap": Wording(
        "uma escrita na mesma conta ao mesmo tempo", "a write to the same account at the same time"
    ),
    "one-sided": Wording(
        "a conta foi alterada só em um dos servidores", "the account was changed on one server only"
    ),
    "customer": Wording(
        "senha de assinante, que não foi gravada", "a subscriber's password, which was not recorded"
    ),
    # tolerated
    "order": Wording("ordem dos elementos", "order of elements"),
    "lexical": Wording("outra forma do mesmo valor", "another form of the same value"),
    "digits": Wording("além da sexta casa decimal", "beyond the sixth decimal"),
    "ids": Wording("identificador pela tabela de equivalência", "id by the table of equivalents"),
    "nil": Wording("xsi:nil em vez de ausente", "xsi:nil in place of absent"),
    "charset": Wording("outro charset", "another charset"),
    "fault-text": Wording("texto da falha", "text of a fault"),
    "secret": Wording("senha, sem a chave da gravação", "a password, without the recording's key"),
    "imported": Wording(
        "esquema importado, em vez de dentro do WSDL",
        "schema imported, not in the WSDL",
    ),
    "named": Wording("campo que --ignore nomeou", "a field that --ignore named"),
    # what is not an operation
    "lost": Wording(
        "perdidas: a comparação não acompanhou",
        "lost: comparing did not keep up",
    ),
    "deaf": Wording(
        "conexões que não são HTTP compreensível", "connections that are no readable HTTP"
    ),
    "refused-connections": Wording(
        "conexões que o servidor não aceitou", "connections that the server did not take"
    ),
    "unreadable": Wording("não é SOAP legível", "no readable SOAP"),
}


def word(name: str, language: str, **values: object) -> str:
    return _TEXTS[name].text(language, **values)


def word_of(name: str, language: str) -> str:
    """The word for a counter; some names have a suffix: `unreadable: not-xml`."""
    known, colon, addition = name.partition(": ")
    if known == "refused":
        known = "refused-connections"
    return (word(known, language) if known in _TEXTS else known) + colon + addition
