"""What the commands for the database print: schema, views, keys, backups."""

from __future__ import annotations

from sippulse_ws.cli.texts import Sentence
from sippulse_ws.wording import Wording


class DatabaseSaid(Sentence):
    """A catalogue of sentences, filled in by keyword arguments."""

    BACKUP_MADE = Wording(
        "{file}: {tables} tabelas com linhas, {rows} linhas, {size} bytes",
        "{file}: {tables} tables with rows, {rows} rows, {size} bytes",
    )
    BACKUP_SENT = Wording(
        "{tables} tabelas com linhas, {rows} linhas; leia o que ficou: sippulse-ws backup check",
        "{tables} tables with rows, {rows} rows; read what was kept: sippulse-ws backup check",
    )
    CANNOT_HOLD = Wording(
        "o esquema {revision} não comporta isto; --yes o perde",
        "schema {revision} cannot hold this; --yes loses it",
    )
    DEMO_THERE = Wording("os dados de demonstração já estão lá", "the demo data are there already")
    DIFFERENT = Wording("DIFERENTE", "DIFFERENT")
    NOT_ON_SCREEN = Wording(
        "a saída é um terminal; o backup vai para um arquivo ou outro comando",
        "the output is a terminal; a backup goes to a file or to another command",
    )
    NO_TERMINAL = Wording(
        "sem terminal não há a quem perguntar a senha: indique --passphrase-file",
        "without a terminal nobody can be asked for the passphrase: name --passphrase-file",
    )
    ONE_INPUT = Wording(
        "backup e senha não podem vir os dois da entrada padrão",
        "backup and passphrase cannot both come from standard input",
    )
    OLDER_REVISIONS = Wording(
        "o esquema está em {current}; pode voltar a {older}",
        "the schema is at {current}; it can go back to {older}",
    )
    PASSPHRASE = Wording("Senha do backup", "Passphrase")
    PASSPHRASE_EMPTY = Wording("a senha do backup está vazia", "the passphrase is empty")
    PASSPHRASE_NOT_TEXT = Wording(
        "{file}: não é texto em UTF-8", "{file}: this is no text in UTF-8"
    )
    PASSPHRASE_WANTED = Wording(
        "o backup está cifrado: indique --passphrase-file",
        "the backup is encrypted: name --passphrase-file",
    )
    PROGRESS_CHECKED = Wording("verificados", "checked")
    PROGRESS_READ = Wording("lidos", "read")
    PROGRESS_RESTORED = Wording("restaurados", "restored")
    PROXY_SCHEMA_OURS = Wording(
        "proxy-views: o esquema do proxy precisa ser outro que o do servidor",
        "proxy-views: the proxy's schema must be another than the server's own",
    )
    PROXY_SQLITE = Wording(
        "proxy-views: proxies SIP leem MariaDB ou MySQL, não SQLite",
        "proxy-views: SIP proxies read MariaDB or MySQL, not SQLite",
    )
    PROXY_VIEWS_GONE = Wording(
        "o esquema {schema} e a conta {user} foram retirados",
        "schema {schema} and account {user} are taken away",
    )
    PROXY_VIEWS_READY = Wording(
        "o esquema {schema} e a conta {user} estão prontos",
        "schema {schema} and account {user} are ready",
    )
    RESEALED = Wording("{count} senhas cifradas de novo", "{count} passwords sealed anew")
    RESEAL_FAILED = Wording(
        "{reason}; nada foi alterado; uma chave mais antiga vai em SIPPULSE_OLD_PASSWORD_KEYS",
        "{reason}; nothing was changed; an older key belongs into SIPPULSE_OLD_PASSWORD_KEYS",
    )
    RESTORED = Wording(
        "restaurado; cada tabela está como no backup. Agora rode: sippulse-ws doctor",
        "restored; every table is as in the backup. Now run: sippulse-ws doctor",
    )
    RESTORED_DIFFERS = Wording(
        "o banco restaurado difere do backup", "the restored database differs from the backup"
    )
    SAME = Wording("igual", "same")
    SCHEMA_IS_AT = Wording("o esquema está em {revision}", "the schema is at {revision}")
    UPGRADE_NEXT = Wording("rode: sippulse-ws db upgrade", "run: sippulse-ws db upgrade")
    UP_TO_DATE = Wording("o esquema está em dia", "schema is up to date")
    VIEWS_MADE = Wording("{count} visões refeitas", "{count} views made anew")
