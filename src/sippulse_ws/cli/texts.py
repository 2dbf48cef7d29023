"""What the commands print, in Portuguese and English. Errors of the domain have their own texts."""

from __future__ import annotations

import os
from enum import Enum

from sippulse_ws.config import Settings
from sippulse_ws.wording import Wording

# The records of each kind, as commands name them.
NOUNS = {
    "subscribers": Wording("assinantes", "subscribers"),
    "dids": Wording("números", "numbers"),
    "rates": Wording("preços", "rates"),
    "dialplans": Wording("planos de discagem", "dial plan rules"),
    "numbering": Wording("prefixos", "prefixes"),
    "white-lists": Wording("números liberados", "white list numbers"),
    "addresses": Wording("endereços", "addresses"),
    "aliases": Wording("apelidos", "aliases"),
    "cdrs": Wording("registros de chamadas", "call records"),
    "acc": Wording("registros de falhas", "failed calls"),
    "raw-calls": Wording("registros brutos", "raw records"),
    "statistics": Wording("linhas de estatística", "rows of statistics"),
}
# What `migrate` cannot take through operations.
BY_HAND = {
    "administrators": Wording("administradores", "administrators"),
    "reseller passwords": Wording("senhas do portal de revendas", "portal passwords of resellers"),
    "gateways and providers": Wording("gateways e operadoras", "gateways and providers"),
    "call records": Wording("registros de chamadas", "call records"),
    "flags of subscribers": Wording(
        "active, cps, keepAlive, dailyStatistics, privacyCalls e topologyHiding dos assinantes",
        "active, cps, keepAlive, dailyStatistics, privacyCalls and topologyHiding of subscribers",
    ),
    "routes": Wording("rotas", "routes"),
}


class Sentence(Enum):
    """A catalogue of sentences, filled in by keyword arguments."""

    def text(self, language: str, **values: object) -> str:
        wording: Wording = self.value
        return wording.text(language, **values)


class Said(Sentence):
    """What commands print. See also `DatabaseSaid` and `CallSaid`."""

    STORED = Wording("{count} gravados", "{count} stored")
    WOULD_BE_STORED = Wording("{count} seriam gravados", "{count} would be stored")
    CHANGED = Wording("{count} alterados", "{count} changed")
    WOULD_BE_CHANGED = Wording("{count} seriam alterados", "{count} would be changed")
    KNOWN = Wording("{count} já conhecidos", "{count} known already")
    REFUSED = Wording("{count} recusados", "{count} refused")
    LEFT_OUT = Wording("{count} deixados de fora", "{count} left out")
    DELETED = Wording("{count} removidos", "{count} deleted")
    INTERRUPTED = Wording(
        "interrompido: {counts}; o mesmo comando continua daí",
        "interrupted: {counts}; the same command goes on from there",
    )
    ANOTHER_IMPORT = Wording(
        "outra importação de {kind} está em andamento",
        "another import of {kind} is running",
    )
    MISSING_FOUND = Wording(
        "{count} registros de {scope} não estão no arquivo",
        "{count} records of {scope} are not in the file",
    )
    DELETE_THEM = Wording("Remover?", "Delete them?")
    NOTHING_DELETED = Wording(
        "há linhas recusadas: nada foi removido", "lines were refused: nothing was deleted"
    )
    SCOPE_NEEDED = Wording(
        "--delete-missing precisa de um escopo: {options}",
        "--delete-missing needs a scope: {options}",
    )
    CANNOT_DELETE_MISSING = Wording(
        "--delete-missing não serve para {kind}", "--delete-missing is not for {kind}"
    )
    CANNOT_UPDATE = Wording("--update não serve para {kind}", "--update is not for {kind}")
    NO_DOMAIN_COLUMN = Wording("{kind} não tem domínio", "{kind} have no domain")
    BAD_DELIMITER = Wording("--delimiter: um de , ; tab |", "--delimiter: one of , ; tab |")
    BAD_DECIMAL = Wording("--decimal: . ou ,", "--decimal: . or ,")
    REPLACE_ALONE = Wording(
        "--replace toma um arquivo só, sem --update nem --delete-missing",
        "--replace takes one file, without --update and --delete-missing",
    )
    NOT_REPLACED = Wording("a lista não foi trocada", "the list was not replaced")
    REPLACE_NOW = Wording("Trocar a lista?", "Replace the list?")
    REPLACED = Wording("lista {list} em vigor", "list {list} is in force")
    STAGED = Wording("lista {list} vale a partir de {moment}", "list {list} is valid from {moment}")
    MOMENT_PAST = Wording("{moment} já passou", "{moment} has passed already")
    NO_SUCH_TIME = Wording("{moment} não existe neste fuso", "{moment} does not exist in this zone")
    EFFECTIVE_ALONE = Wording("--effective é para --replace", "--effective is for --replace")
    DIFFERENCE = Wording(
        "{new} novos, {gone} removidos, {dearer} mais caros (até {most_dearer}), {cheaper} mais "
        "baratos (até {most_cheaper}), {otherwise} alterados de outro modo, {same} iguais",
        "{new} new, {gone} gone, {dearer} dearer (by {most_dearer} at most), {cheaper} cheaper "
        "(by {most_cheaper} at most), {otherwise} changed otherwise, {same} the same",
    )
    DIFFERENCE_COLUMNS = Wording("prefixo nome antes depois", "prefix name before after")
    CALL_ALLOWED = Wording("permitida: {reason}", "allowed: {reason}")
    CALL_REFUSED = Wording("não permitida: {reason}", "not allowed: {reason}")
    CANCELLED = Wording("lista {list} cancelada", "list {list} cancelled")
    PASSWORDS_WRITTEN = Wording(
        "{count} senhas gravadas em {path}", "{count} passwords written to {path}"
    )
    BAD_AMOUNT = Wording("não é um valor: {value}", "not an amount: {value}")
    NO_ACCOUNTS = Wording(
        "indique contas (username@domain) ou --file", "name accounts (username@domain) or --file"
    )
    CHANGE_THEM = Wording("Remover {count} assinante(s)?", "Remove {count} subscriber(s)?")
    RIGHTS_MISSING = Wording(
        "{command}: à conta do banco falta {rights}; nada foi feito. Como administrador do banco: "
        "{grant}",
        "{command}: the database account lacks {rights}; nothing was done. As an administrator of "
        "the database: {grant}",
    )
    FUNCTIONS_REFUSED = Wording(
        "{command}: com o log binário ligado, o banco não deixa esta conta criar funções; nada foi "
        "feito. Como administrador do banco: SET GLOBAL log_bin_trust_function_creators = 1 (e "
        "log_bin_trust_function_creators = 1 em [mysqld])",
        "{command}: with its binary log on, the database keeps this account from making functions; "
        "nothing was done. As an administrator of the database: "
        "SET GLOBAL log_bin_trust_function_creators = 1 (and log_bin_trust_function_creators = 1 "
        "in [mysqld])",
    )
    NO_BINLOG_POSITION = Wording(
        "o backup não diz onde estava o log binário (para voltar a um momento); como administrador "
        "do banco: {grant}",
        "the backup does not tell where the binary log stood (to go back to a moment); as an "
        "administrator of the database: {grant}",
    )
    FORGET_THEM = Wording(
        "{account} fica anônimo e bloqueado, para sempre. Continuar?",
        "{account} becomes anonymous and blocked, for good. Go on?",
    )
    FORGOTTEN = Wording(
        "{account} foi esquecido; agora é {pseudonym}", "{account} is forgotten; now {pseudonym}"
    )
    NOTHING_TO_FORGET = Wording(
        "{account}: nada a esquecer", "{account}: there is nothing to forget"
    )
    CALLS_KEPT = Wording(
        "{count} registros de chamadas com menos de {years} anos ficam, como a lei pede; depois de "
        "{until} o mesmo comando os torna anônimos",
        "{count} call records younger than {years} years are kept, as the law asks; after {until} "
        "the same command makes them anonymous",
    )
    EVENTS_WAIT = Wording(
        "{count} eventos ainda não foram entregues: cada um é apagado quando é entregue, "
        "o mais tardar 3 dias depois de ter acontecido",
        "{count} events are not delivered yet: each is deleted when it is, at the latest 3 days "
        "after it happened",
    )
    NO_SUCH_FIELD = Wording(
        "não existe o campo {field}; existem: {fields}",
        "there is no field {field}; there are: {fields}",
    )
    NO_VALUE = Wording("{field} precisa de um valor", "{field} needs a value")
    NOTHING_TO_SET = Wording("nada a alterar: CAMPO=VALOR", "nothing to change: FIELD=VALUE")
    BLOCKED = Wording("{count} bloqueados", "{count} blocked")
    UNBLOCKED = Wording("{count} desbloqueados", "{count} unblocked")
    REMOVED = Wording("{count} removidos", "{count} removed")
    ADMIN_CREATED = Wording("administrador {login} criado", "administrator {login} created")
    PASSWORD_SET = Wording("senha alterada", "password set")
    ENABLED = Wording("desbloqueado", "enabled")
    DISABLED = Wording("bloqueado", "disabled")
    GRANTED = Wording("concedido", "granted")
    REVOKED = Wording("retirado", "revoked")
    RULE_CREATED = Wording("regra criada, id {id}", "rule created, id {id}")
    DOMAIN_CREATED = Wording("domínio {name} criado, id {id}", "domain {name} created, id {id}")
    PROFILE_CREATED = Wording("perfil {name} criado, id {id}", "profile {name} created, id {id}")
    RENAME_DOMAIN = Wording(
        "Telefones registrados com o nome antigo deixam de funcionar. Renomear?",
        "Phones that are set to the old name stop working. Rename?",
    )
    DOMAIN_RENAMED = Wording(
        "domínio {name}, com {count} assinante(s)", "domain {name}, with {count} subscriber(s)"
    )
    RENAMED = Wording("{name} agora é {new_name}", "{name} is {new_name} now")
    ONE_REMOVED = Wording("{name} removido", "{name} removed")
    NEEDS_A_FILE = Wording(
        "este formato precisa de um arquivo: FILE, ou --output FILE",
        "this format needs a file: FILE, or --output FILE",
    )
    FILE_TWICE = Wording(
        "o arquivo foi dado duas vezes, como FILE e com --output",
        "the file was given twice, as FILE and by --output",
    )
    EXPORTED = Wording("{count} {noun} exportados", "{count} {noun} exported")
    SHADOW_STARTED = Wording(
        "sombra: {url}, atende {server}, compara com {other}",
        "shadow: {url}, answered by {server}, compared with {other}",
    )
    SHADOW_LINE = Wording(
        "{requests} requisições: {equal} iguais, {different} diferentes, {refused} recusadas, "
        "{no_answer} sem resposta, {explained} explicadas, {slower} mais lentas; "
        "{waiting} ainda por comparar",
        "{requests} requests: {equal} equal, {different} different, {refused} refused, "
        "{no_answer} without an answer, {explained} explained, {slower} slower; "
        "{waiting} still to be compared",
    )
    STILL_COMPARING = Wording(
        "comparando o que ainda espera; outro sinal deixa isso de fora",
        "comparing what still waits; the signal once more leaves it out",
    )
    NOT_WAITED_FOR = Wording("o que ainda espera fica de fora", "what still waits is left out")
    COMPARING_DIED = Wording(
        "a comparação parou; os clientes continuam atendidos",
        "comparing has ended; clients are still answered",
    )
    REPORT_WRITTEN = Wording("relatório: {path}", "report: {path}")
    LEARN_FROM_OLD = Wording(
        "--learn-logins aprende do servidor antigo: não serve com --switch",
        "--learn-logins learns from the old server: it is not for --switch",
    )
    CERTIFICATE_WITH_KEY = Wording(
        "--certificate e --certificate-key andam juntos",
        "--certificate and --certificate-key go together",
    )
    BAD_SERVER = Wording(
        "não é um servidor, como http://host:porta (sem caminho): {url}",
        "not a server such as http://host:port (without a path): {url}",
    )
    BAD_LISTEN = Wording("não é host:porta: {text}", "not host:port: {text}")
    LOGINS_ADOPTED = Wording(
        "{created} administradores criados, {known} já conhecidos, {granted} domínios concedidos",
        "{created} administrators created, {known} known already, {granted} domains granted",
    )
    DOMAINS_UNKNOWN = Wording(
        "domínios que não existem aqui: {domains}", "domains that are not here: {domains}"
    )
    RATE = Wording("{rate} por segundo", "{rate} a second")
    JOBS_WORK = Wording("trabalha: {holder} desde {since}", "works: {holder} since {since}")
    JOBS_REST = Wording(
        "nenhum processo em segundo plano trabalha; serve o inicia",
        "no background process works; serve starts it",
    )
    NO_SUCH_JOB = Wording(
        "não existe o trabalho {unknown}; existem: {jobs}",
        "no such job: {unknown}; there are: {jobs}",
    )
    ROUTE_CREATED = Wording("rota {id} criada", "route {id} created")
    UPDATED = Wording("alterado", "updated")
    DELETED_ONE = Wording("removido", "deleted")
    REMOVED_ONE = Wording("removido", "removed")
    PROVIDER_CREATED = Wording(
        "operadora {name} criada, id {id}", "provider {name} created, id {id}"
    )
    GATEWAY_CREATED = Wording("gateway {name} criado, id {id}", "gateway {name} created, id {id}")
    DROP_OR_KEEP = Wording(
        "--drop-before precisa de --archive-to PASTA ou --discard",
        "--drop-before needs either --archive-to FOLDER or --discard",
    )
    NO_PARTITIONS = Wording(
        "SQLite não tem partições; elas precisam de MariaDB ou MySQL",
        "SQLite has no partitions; they need MariaDB or MySQL",
    )
    FILE_IS_THERE = Wording(
        "{path} já existe: mova-o e comece de novo",
        "{path} is there already: move it away, then start again",
    )
    FILE_ROWS = Wording("{path}: {count} linhas", "{path}: {count} rows")
    RATED_AGAIN = Wording(
        "{count} chamadas serão tarifadas de novo", "{count} calls will be rated again"
    )
    CALLS_CHANGED = Wording(
        "{count} chamadas alteradas, em {total} no total",
        "{count} calls changed, by {total} in all",
    )
    CALLS_WOULD_CHANGE = Wording(
        "{count} chamadas seriam alteradas, em {total} no total",
        "{count} calls would change, by {total} in all",
    )
    CALLS_WITHOUT_RATE = Wording(
        "{count} chamadas não têm tarifa agora e ficam como estão",
        "{count} calls have no rate now and stay as they are",
    )
    CALLS_OF_REMOVED = Wording(
        "{count} chamadas são de contas que foram removidas e ficam como estão",
        "{count} calls are of accounts that were removed, and stay as they are",
    )
    CALLS_WITHOUT_PRICE = Wording(
        "{count} chamadas não podem ser tarifadas agora ({reason}) e ficam como estão",
        "{count} calls cannot be priced now ({reason}) and stay as they are",
    )
    CHARGING_IS = Wording(
        "a tarifação está {value}; quem decide: {who}", "charging is {value}, by {who}"
    )
    CHARGING_SET = Wording("a tarifação está {value}", "charging is {value}")
    PROXIES_STILL_TOLD = Wording(
        "aos proxies SIP ainda se diz {value}: rode sippulse-ws db upgrade, ou serve",
        "SIP proxies are still told {value}: run sippulse-ws db upgrade, or serve",
    )
    NO_PROXY = Wording(
        "nenhum proxy está configurado; veja SIPPULSE_PROXIES em docs/pt-BR/sip.md",
        "no proxy is configured; see SIPPULSE_PROXIES in docs/sip.md",
    )
    STORED_AND_KNOWN = Wording(
        "{stored} gravados, {known} já conhecidos", "{stored} stored, {known} known"
    )
    INTEGRATOR_CREATED = Wording(
        "integrador {login} criado, lê o esquema {schema}",
        "integrator {login} created, reads schema {schema}",
    )
    INTEGRATOR_DROPPED = Wording("integrador {login} removido", "integrator {login} dropped")
    NO_SQL_ACCOUNTS = Wording(
        "SQLite não tem contas; integradores precisam de MariaDB ou MySQL",
        "SQLite knows no accounts; integrators need MariaDB or MySQL",
    )
    EVENT_AGAIN = Wording(
        "o evento {event} será entregue de novo a {count} destinos",
        "event {event} is delivered again to {count} endpoints",
    )
    EVENT_WAITS = Wording("ninguém espera o evento {event}", "nobody waits for event {event}")
    ORIGIN_REVOKED = Wording("{count} retirados", "{count} revoked")
    ORIGIN_CONFIRMED = Wording("{count} confirmados", "{count} confirmed")
    MIGRATE_PASSWORD = Wording(
        "--password-stdin é necessário: todos veem uma senha na linha de comando",
        "--password-stdin is needed: a password on the command line is seen by all",
    )
    MIGRATE_SUBSCRIBERS = Wording(
        "--subscribers ou --sql precisa dizer os assinantes",
        "--subscribers or --sql has to name the subscribers",
    )
    MIGRATE_PROGRESS = Wording(
        "{done} de {all} assinantes, faltam {left}", "{done} of {all} subscribers, {left} left"
    )
    MIGRATE_CALLS = Wording("{table}: {done} lidos", "{table}: {done} read")
    MIGRATE_COMPARED = Wording(
        "{compared} comparados, {different} diferenças", "{compared} compared, {different} differ"
    )
    MIGRATE_NOT_TAKEN = Wording("não trazido: {what}: {reason}", "not taken: {what}: {reason}")
    MIGRATE_DIFFERENT = Wording("diferente: {what}: {field}", "different: {what}: {field}")
    MIGRATE_ONLY_HERE = Wording("só aqui: {what}", "only here: {what}")
    MIGRATE_NOT_TOLD = Wording(
        "o servidor antigo não diz: {operation} ({count} contas): {reason}",
        "the old server does not tell: {operation} ({count} accounts): {reason}",
    )
    MIGRATE_BY_HAND = Wording("falta trazer: {what}", "still to be brought: {what}")
    FORESEEN = Wording(
        "{refused} recusas, {charged} cobranças, {reset} zeramentos",
        "{refused} refused, {charged} charged, {reset} reset",
    )
    CLEARED = Wording("{count} apagadas", "{count} cleared")
    DATABASE = Wording("banco de dados: {reason}", "database: {reason}")
    DEMO_ALONE = Wording(
        "--demo exige --ephemeral; para um banco que fica: db demo",
        "--demo needs --ephemeral; for a database that stays: db demo",
    )
    DECIDED_BY_DATABASE = Wording(
        "o banco de dados: charging on, charging off", "the database: charging on, charging off"
    )
    FILES_WRITTEN = Wording(
        "{count} arquivos gravados em {folder}", "{count} files written to {folder}"
    )
    ONCE_MORE = Wording("Repita para confirmar", "Repeat for confirmation")
    PASSWORD = Wording("Senha", "Password")
    PASSWORD_STDIN_WANTED = Wording(
        "sem terminal não há a quem perguntar a senha: use --password-stdin",
        "without a terminal nobody can be asked for the password: use --password-stdin",
    )
    REVERSED = Wording(
        "linha {row} do livro-razão estornada pela linha {reversal}",
        "ledger row {row} reversed by row {reversal}",
    )
    ROWS_DELETED = Wording("{count} linhas apagadas", "{count} rows deleted")
    ROWS_MORE = Wording("e mais {count}", "and {count} more")
    SETTING_DECIDES = Wording(
        "SIPPULSE_CHARGING={value} está definida: retire-a antes",
        "SIPPULSE_CHARGING={value} is set: take it away first",
    )
    WRITTEN_TO = Wording("gravado em {file}", "written to {file}")


def noun(kind: str, language: str) -> str:
    return NOUNS[kind].text(language)


def chosen_language(settings: Settings | None) -> str:
    """The language of the settings if it is set there, else that of the terminal."""
    if settings is not None and "language" in settings.model_fields_set:
        return settings.language
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next((name for name in names if name), "")
    return "en" if locale.lower().startswith("en") else "pt"
