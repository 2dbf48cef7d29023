"""What can be wrong with an installation that is taken over."""

from __future__ import annotations

from sippulse_ws.domain.errors import DomainError
from sippulse_ws.wording import Wording


class IdHasAnother(DomainError):
    """The id, which must be kept, belongs to something else here."""

    code = "id-has-another"
    wording = Wording(
        "O id {id} pertence aqui a outro registro: {name}",
        "The id {id} belongs to another record here: {name}",
    )


class NameHasAnotherId(DomainError):
    """The same thing is here already, under an id of its own."""

    code = "name-has-another-id"
    wording = Wording(
        "{name} já existe aqui com o id {id}", "{name} is here already with the id {id}"
    )


class BalanceMoved(DomainError):
    """Somebody else changed this balance here: overwriting it would lose money."""

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
    """The server does not answer, or not as a server of this API."""

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
    """A table of the old database that the SQL account cannot read, or that is not there."""

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
