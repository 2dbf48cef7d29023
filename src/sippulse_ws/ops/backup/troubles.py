"""Why a backup cannot be made, read or restored."""

from __future__ import annotations

from enum import Enum

from sippulse_ws.wording import WordedError, Wording


class BackupTrouble(Enum):
    """One entry per sentence; keyword arguments of BackupError fill it."""

    BAD_CHECKSUM = Wording(
        "o backup está danificado: a soma de verificação é outra",
        "the backup is damaged: its checksum is another one",
    )
    BAD_FRAME = Wording(
        "o backup não pode ser aberto: danificado ou cortado",
        "the backup cannot be opened: damaged or cut off",
    )
    BAD_HEAD = Wording(
        "o cabeçalho do backup não pode ser lido", "the backup's head cannot be read"
    )
    BAD_PASSPHRASE = Wording(
        "o backup não pode ser aberto: senha errada, ou danificado",
        "the backup cannot be opened: wrong passphrase, or damaged",
    )
    CUT_OFF = Wording("o backup está cortado", "the backup is cut off")
    DAMAGED = Wording("o backup está danificado", "the backup is damaged")
    DATA_THERE = Wording(
        "há um banco com dados; --overwrite põe o backup no lugar dele",
        "there is a database with data in it; --overwrite puts the backup there",
    )
    ENCRYPTED = Wording(
        "o backup está cifrado: é preciso a senha dele",
        "the backup is encrypted: its passphrase is needed",
    )
    MORE_BEHIND = Wording(
        "o backup está danificado: há algo depois do fim",
        "the backup is damaged: something stands after its end",
    )
    NEWER = Wording(
        "o esquema {schema} do backup é mais novo que este programa ({newest}); restaure com a "
        "versão {version} ou mais nova",
        "the backup's schema {schema} is newer than this program ({newest}); restore it with "
        "version {version} or later",
    )
    NOTHING_TO_BACK_UP = Wording(
        "o banco não tem esquema: não há o que guardar",
        "the database has no schema: there is nothing to back up",
    )
    NOT_WHOLE = Wording(
        "o banco está incompleto: uma restauração foi interrompida",
        "the database is incomplete: a restore was interrupted",
    )
    NO_BACKUP = Wording("isto não é um backup do sippulse-ws", "this is no backup of sippulse-ws")
    NO_DATABASE = Wording("não há banco {path}", "there is no database {path}")
    OLDER_SERVER = Wording(
        "{reason} (o backup vem de {of}, e este servidor é {here}, mais antigo ou outro: "
        "restaure-o em {of} ou mais novo)",
        "{reason} (the backup comes from {of}, and this server is {here}, older or another one: "
        "restore it on {of} or later)",
    )
    OTHER_ENGINE = Wording(
        "este é um backup de {of}, e o banco é {here}",
        "this is a backup of {of}, and the database is {here}",
    )
    PART_MISSING = Wording(
        "o backup está danificado: falta {part}", "the backup is damaged: {part} is missing"
    )
    PROGRAM_FAILED = Wording("{program}: {reason}", "{program}: {reason}")
    PROGRAM_MISSING = Wording(
        "falta {program}; instale mariadb-client", "{program} is not here; install mariadb-client"
    )
    PROGRAM_SILENT = Wording("falhou e não disse por quê", "failed and did not say why")
    RESTORED_DAMAGED = Wording(
        "o banco restaurado está danificado", "the restored database is damaged"
    )
    SCHEMA_CHANGED = Wording(
        "as tabelas mudaram enquanto o backup era feito (uma migração?): faça-o de novo",
        "tables changed while the backup was made (a migration?): make it again",
    )
    UNWRITABLE = Wording("{file}: {reason}", "{file}: {reason}")


class BackupError(WordedError):
    """A backup cannot be made, read or restored."""

    def __init__(self, trouble: BackupTrouble, **values: object) -> None:
        super().__init__(trouble.value.fill(**values))
