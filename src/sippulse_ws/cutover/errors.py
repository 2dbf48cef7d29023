"""Errors of taking over an installation."""

from __future__ import annotations

from sippulse_ws.domain.errors import DomainError
from sippulse_ws.wording import Wording


class IdHasAnother(DomainError):
    """The id, which has to be kept, belongs to something else here."""

    code = "id-has-another"
    wording = Wording(
        "O id {id} pertence aqui a outro registro: {name}",
        "The id {id} belongs to another record here: {name}",
    )


class NameHasAnotherId(DomainError):
    """The same thing exists here already, with another id."""

    code = "name-has-another-id"
    wording = Wording(
        "{name} já existe aqui com o id {id}", "{name} is here already with the id {id}"
    )


class BalanceMoved(DomainError):
    """This balance was changed here since; overwriting it would lose that change."""

    code = "balance-moved"
    wording = Wording(
        "O saldo daqui já mudou depois da migração (livro-razão, linha {row}): ficou como está",
        "The balance here has changed since it was taken (ledger, row {row}): it stays",
    )


class DanglingReference(DomainError):
    code = "dangling-reference"
    wording = Wording(
        "{field} {id} não existe; ficou sem valor", "{field} {id} does not exist; it was left empty"
    )


class OldServerGone(DomainError):
    """The old server does not answer, or not like a server of this API."""

    code = "old-server-gone"
    wording = Wording(
        "{reason}; o que está pronto fica, --resume continua daí",
        "{reason}; what is done stays, --resume goes on",
    )


class OldServerRefuses(DomainError):
    code = "old-server-refuses"
    wording = Wording("O servidor antigo recusa: {reason}", "The old server refuses: {reason}")


class NotListed(DomainError):
    code = "not-listed"
    wording = Wording("O servidor antigo não o lista", "The old server does not list it")


class NotReadable(DomainError):
    """The SQL account cannot read this table of the old database, or it does not exist."""

    code = "not-readable"
    wording = Wording("--sql não lê {table}: {reason}", "--sql cannot read {table}: {reason}")


class UnknownColumn(DomainError):
    code = "unknown-column"
    wording = Wording(
        "{file}: não existe a coluna {column}; existem: {columns}",
        "{file}: there is no column {column}; there are: {columns}",
    )


class BadLine(DomainError):
    code = "bad-line"
    wording = Wording("{file}, linha {line}: {reason}", "{file}, line {line}: {reason}")


class FileUnreadable(DomainError):
    code = "file-unreadable"
    wording = Wording("{file}: não se lê: {reason}", "{file}: cannot be read: {reason}")
