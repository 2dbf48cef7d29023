"""The table in docs/clients.md, in both languages.

`python -m tests.interop.zoo.table` writes it after a run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.interop.zoo.stacks import (
    BY_NAME,
    EMPTY,
    OWN_PACKAGE,
    REQUIRED,
    STACKS,
    STRINGS,
    ZOO,
    Stack,
)

DOCUMENT = Path(__file__).parents[3] / "docs" / "clients.md"
IN_PORTUGUESE = DOCUMENT.parent / "pt-BR" / DOCUMENT.name
START, END = "<!-- the zoo: made by `make test-zoo` -->", "<!-- end of the zoo -->"
COLUMNS = ("stack", "version", "classes from all 15 WSDLs", "typed fault", "note")

# The words of the table; what is the same in both languages is not here.
PORTUGUESE = {
    "stack": "cliente",
    "version": "versão",
    "classes from all 15 WSDLs": "classes dos 15 WSDLs",
    "typed fault": "falha tipada",
    "note": "observação",
    "yes": "sim",
    "not used": "não usa",
    "no; the message is in `detail`": "não; a mensagem está em `detail`",
    "Apache CXF, with schema validation": "Apache CXF, com validação pelo esquema",
    "Apache CXF with MTOM": "Apache CXF com MTOM",
    "gSOAP, strict": "gSOAP, estrito",
    "Mono wsdl.exe (.NET classic)": "Mono wsdl.exe (.NET clássico)",
    "zeep, strict": "zeep, estrito",
    "PHP SoapClient, with compression": "PHP SoapClient, com compressão",
    OWN_PACKAGE: "um pacote para cada serviço (`-p`)",
    "an empty list is `null`": "uma lista vazia é `null`",
    "`-u -ns2p` puts the types of each service into their own package; an empty list is `null`": (
        "`-u -ns2p` põe os tipos de cada serviço num pacote próprio; uma lista vazia é `null`"
    ),
    "`SOAP_C_UTFSTRING`, otherwise characters outside of Latin-1 are lost": (
        "`SOAP_C_UTFSTRING`, senão perdem-se caracteres fora do Latin-1"
    ),
    "set `…Specified` for an optional number or boolean, otherwise it is not sent": (
        "ligue `…Specified` para um número ou booleano opcional, senão ele não é enviado"
    ),
    REQUIRED: (
        "valores para os booleanos e números que o WSDL exige, ou `SIPPULSE_WSDL_REQUIRED=none`"
    ),
    "`cache=None`, otherwise WSDLs are cached for a day": (
        "`cache=None`, senão os WSDLs ficam em cache por um dia"
    ),
    EMPTY: "o resultado de uma lista vazia não é um objeto: `result?.did ?? []`",
    STRINGS: (
        "textos precisam de `->type('string')`, senão texto fora do ASCII vai em base64;"
        " `on_action(sub { '' })` para o SOAPAction"
    ),
}
PORTUGUESE["`SOAP_SINGLE_ELEMENT_ARRAYS`; " + REQUIRED] = (
    "`SOAP_SINGLE_ELEMENT_ARRAYS`; " + PORTUGUESE[REQUIRED]
)


def keep(stack: Stack, **seen: Any) -> None:
    """Store what the run of a stack has shown, for the table."""
    ZOO.mkdir(parents=True, exist_ok=True)
    result = {"stack": stack.name, "version": stack.version(), **seen}
    (ZOO / f"result-{stack.name}.json").write_text(json.dumps(result), "utf-8")


def results() -> dict[str, dict[str, Any]]:
    files = sorted(ZOO.glob("result-*.json"))
    found = [json.loads(path.read_text("utf-8")) for path in files]
    return {one["stack"]: one for one in found if one["stack"] in BY_NAME}


def rows(found: dict[str, dict[str, Any]]) -> list[list[str]]:
    made = [list(COLUMNS)]
    for stack in STACKS:
        result = found[stack.name]
        generated = "yes" if result["generated"] else "not used"
        typed = "yes" if result["typed"] else "no; the message is in `detail`"
        made.append([stack.title, result["version"], generated, typed, stack.note])
    return made


def translated(cells: list[str]) -> list[str]:
    return [PORTUGUESE.get(cell, cell) for cell in cells]


def table(lines: list[list[str]]) -> str:
    head, *others = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    rule = "|---" * len(head) + "|"
    return "\n".join(
        [f"| {' | '.join(head)} |", rule, *(f"| {' | '.join(one)} |" for one in others)]
    )


def write(document: Path, lines: list[list[str]]) -> None:
    text = document.read_text("utf-8")
    before, _, rest = text.partition(START)
    after = rest.partition(END)[2]
    document.write_text(f"{before}{START}\n{table(lines)}\n{END}{after}", "utf-8")


def main() -> int:
    found = results()
    if missing := [one.name for one in STACKS if one.name not in found]:
        print(f"no result of {', '.join(missing)}: the table is left as it is")
        return 1
    lines = rows(found)
    write(DOCUMENT, lines)
    write(IN_PORTUGUESE, [translated(line) for line in lines])
    return 0


if __name__ == "__main__":
    sys.exit(main())
