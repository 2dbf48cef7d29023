"""The doctor's sentences: what is found, and what to do about it, in Portuguese and English."""

from __future__ import annotations

from typing import NamedTuple

from sippulse_ws.ops.doctor.findings import Finding
from sippulse_ws.wording import Wording


class _Text(NamedTuple):
    """What is found, and what to do; nothing to do when all is well."""

    found: Wording
    to_do: Wording = Wording("", "")


TEXTS = {
    "fine": _Text(Wording("em ordem", "in order")),
    "not-needed": _Text(Wording("não se aplica aqui", "does not apply here")),
    "is": _Text(Wording("{what}", "{what}")),
    "check-failed": _Text(
        Wording("não pôde ser verificado: {reason}", "could not be checked: {reason}"),
        Wording("veja a causa e rode de novo", "remove the cause and run it again"),
    ),
    "settings": _Text(
        Wording("{trouble}", "{trouble}"),
        Wording(
            "corrija a variável ou o arquivo de SIPPULSE_CONFIG; veja a tabela do README.pt-BR.md",
            "correct the variable or the file of SIPPULSE_CONFIG; see the README's table",
        ),
    ),
    "database-away": _Text(
        Wording("o banco não responde: {reason}", "the database does not answer: {reason}"),
        Wording(
            "confira SIPPULSE_DATABASE_URL, a rede e se o banco está no ar",
            "check SIPPULSE_DATABASE_URL, the network, and whether the database runs",
        ),
    ),
    "database-old": _Text(
        Wording(
            "{version} é antigo; é preciso {needed} ou mais novo",
            "{version} is old; {needed} or later is needed",
        ),
        Wording("atualize o servidor de banco de dados", "upgrade the database server"),
    ),
    "rights-missing": _Text(
        Wording("falta à conta do banco: {rights}", "the database account lacks: {rights}"),
        Wording(
            "conceda com GRANT; a tabela está em docs/pt-BR/operations.md",
            "grant them; the table is in docs/operations.md",
        ),
    ),
    "packet-small": _Text(
        Wording(
            "max_allowed_packet do banco é {size}, e listas longas precisam de {needed} bytes",
            "the database's max_allowed_packet is {size}, and long lists need {needed} bytes",
        ),
        Wording(
            "aumente max_allowed_packet na configuração do servidor de banco de dados",
            "raise max_allowed_packet in the configuration of the database server",
        ),
    ),
    "charset": _Text(
        Wording("não é utf8mb4: {what}", "not utf8mb4: {what}"),
        Wording(
            "ALTER DATABASE/TABLE … CHARACTER SET utf8mb4, com backup antes",
            "ALTER DATABASE/TABLE … CHARACTER SET utf8mb4, with a backup before",
        ),
    ),
    "clock": _Text(
        Wording(
            "o relógio do banco difere {seconds} s do desta máquina",
            "the database's clock differs by {seconds} s from this machine's",
        ),
        Wording("ligue o NTP nas duas máquinas", "run NTP on both machines"),
    ),
    "schema": _Text(
        Wording("{trouble}", "{trouble}"),
        Wording("faça como diz a frase", "do as the sentence says"),
    ),
    "view-broken": _Text(
        Wording(
            "a visão {name} não pode ser lida: {reason}", "the view {name} cannot be read: {reason}"
        ),
        Wording("rode: sippulse-ws db repair-views", "run: sippulse-ws db repair-views"),
    ),
    "view-broken-elsewhere": _Text(
        Wording(
            "a visão {name} não pode ser lida: {reason}", "the view {name} cannot be read: {reason}"
        ),
        Wording(
            "refaça: sippulse-ws db proxy-views TIPO --keep-password, ou db integrator create",
            "make it anew: sippulse-ws db proxy-views KIND --keep-password, db integrator create",
        ),
    ),
    "no-key": _Text(
        Wording(
            "sem SIPPULSE_PASSWORD_KEY as senhas dos assinantes ficam legíveis no banco",
            "without SIPPULSE_PASSWORD_KEY subscribers' passwords are stored readable",
        ),
        Wording(
            "crie uma chave e rode: sippulse-ws db rekey",
            "make a key and run: sippulse-ws db rekey",
        ),
    ),
    "key-unknown": _Text(
        Wording(
            "{count} senhas foram cifradas com uma chave que não está aqui ({key})",
            "{count} passwords are sealed with a key that is not here ({key})",
        ),
        Wording(
            "ponha a chave em SIPPULSE_PASSWORD_KEY ou SIPPULSE_OLD_PASSWORD_KEYS",
            "put the key into SIPPULSE_PASSWORD_KEY or SIPPULSE_OLD_PASSWORD_KEYS",
        ),
    ),
    "key-missing": _Text(
        Wording(
            "este banco cifra senhas com a chave {key}, que não está aqui: nada inicia",
            "this database seals passwords with the key {key}, which is not here: nothing starts",
        ),
        Wording(
            "ponha a chave em SIPPULSE_PASSWORD_KEY; veja docs/pt-BR/security.md",
            "put the key into SIPPULSE_PASSWORD_KEY; see docs/security.md",
        ),
    ),
    "key-wrong": _Text(
        Wording("uma senha de {account} não abre", "a password of {account} does not open"),
        Wording(
            "a linha foi alterada fora da API: grave uma nova senha",
            "the row was changed outside the API: set a new password",
        ),
    ),
    "plain-beside-sealed": _Text(
        Wording(
            "{count} senhas legíveis ao lado de cifradas",
            "{count} readable passwords beside sealed ones",
        ),
        Wording("rode: sippulse-ws db rekey", "run: sippulse-ws db rekey"),
    ),
    "old-keys": _Text(
        Wording(
            "{count} senhas ainda com uma chave antiga",
            "{count} passwords are still sealed with an old key",
        ),
        Wording("rode: sippulse-ws db rekey", "run: sippulse-ws db rekey"),
    ),
    "partitions-end": _Text(
        Wording(
            "as partições de {table} acabam em {end}", "the partitions of {table} end at {end}"
        ),
        Wording(
            "rode todo mês: sippulse-ws db partition", "run each month: sippulse-ws db partition"
        ),
    ),
    "partitions-none": _Text(
        Wording(
            "{table} não tem partições mensais; o registro mais antigo é de {oldest}",
            "{table} has no monthly partitions; its oldest record is of {oldest}",
        ),
        Wording(
            "rode todo mês: sippulse-ws db partition", "run each month: sippulse-ws db partition"
        ),
    ),
    "no-index": _Text(
        Wording(
            "a consulta documentada {query} lê a tabela {table} inteira",
            "the documented query {query} reads the whole table {table}",
        ),
        Wording(
            "rode: sippulse-ws db upgrade; se continuar, ANALYZE TABLE {table}",
            "run: sippulse-ws db upgrade; if that does not help, ANALYZE TABLE {table}",
        ),
    ),
    "proxy-away": _Text(
        Wording(
            "o proxy {proxy} não responde: {reason}", "the proxy {proxy} does not answer: {reason}"
        ),
        Wording("veja o proxy e SIPPULSE_PROXIES", "check the proxy and SIPPULSE_PROXIES"),
    ),
    "proxy-out-of-step": _Text(
        Wording(
            "o proxy {proxy} não tem o que está no banco: {table}",
            "the proxy {proxy} does not have the database's data: {table}",
        ),
        Wording(
            "chame reloadModules… ou ligue SIPPULSE_AUTO_RELOAD; veja sippulse-ws proxy status",
            "call reloadModules… or set SIPPULSE_AUTO_RELOAD; see sippulse-ws proxy status",
        ),
    ),
    "dids-outside": _Text(
        Wording(
            "{count} DIDs fora de qualquer inventário, gravados por administradores ou antigos",
            "{count} DIDs are in no inventory: written by domain administrators, or old",
        ),
        Wording(
            "importe os que são de vocês: sippulse-ws import dids",
            "import those that are yours: sippulse-ws import dids",
        ),
    ),
    "networks-wide": _Text(
        Wording(
            "{count} redes mais largas do que um administrador de domínio pode gravar: {first}",
            "{count} networks wider than a domain's administrator may write: {first}",
        ),
        Wording(
            "confira uma a uma: o proxy acredita nelas sem senha",
            "check each one: the proxy trusts them without a password",
        ),
    ),
    "no-backup": _Text(
        Wording("nenhum backup feito por este programa", "no backup was made by this program"),
        Wording(
            "rode todo dia: sippulse-ws backup create ARQUIVO",
            "run each day: sippulse-ws backup create FILE",
        ),
    ),
    "backup-old": _Text(
        Wording("o último backup tem {days} dias", "the last backup is {days} days old"),
        Wording(
            "rode todo dia: sippulse-ws backup create ARQUIVO",
            "run each day: sippulse-ws backup create FILE",
        ),
    ),
    "disk": _Text(
        Wording(
            "{folder}: livres {free} MiB, {percent} %", "{folder}: {free} MiB free, {percent} %"
        ),
        Wording("libere espaço ou aumente o disco", "free some room or enlarge the disk"),
    ),
    "certificate-away": _Text(
        Wording(
            "o certificado de {host} não pôde ser lido: {reason}",
            "the certificate of {host} could not be read: {reason}",
        ),
        Wording(
            "confira o proxy reverso, o DNS e SIPPULSE_PUBLIC_URL",
            "check the reverse proxy, DNS and SIPPULSE_PUBLIC_URL",
        ),
    ),
    "certificate-ends": _Text(
        Wording(
            "o certificado de {host} vence em {days} dias",
            "the certificate of {host} ends in {days} days",
        ),
        Wording("renove o certificado", "renew the certificate"),
    ),
    "public-plain": _Text(
        Wording(
            "SIPPULSE_PUBLIC_URL é http: as senhas viajam sem proteção",
            "SIPPULSE_PUBLIC_URL is http: passwords travel unencrypted",
        ),
        Wording(
            "ponha um proxy reverso com TLS na frente (deploy/nginx, deploy/caddy)",
            "put a reverse proxy with TLS in front (deploy/nginx, deploy/caddy)",
        ),
    ),
}


def sentence(finding: Finding, language: str) -> str:
    return TEXTS[finding.code].found.text(language, **finding.values)


def advice(finding: Finding, language: str) -> str:
    return TEXTS[finding.code].to_do.text(language, **finding.values)
