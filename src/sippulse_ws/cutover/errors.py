"""What can be wrong with an installation that is taken over."""

from __future__ import annotations

from sippulse_ws.domain.errors import DomainError


class IdHasAnother(DomainError):
    """Ids are kept, so this one had to be free."""

    code = "id-has-another"
    pt = "O id {id} pertence aqui a outro registro: {name}"
    en = "The id {id} belongs to another record here: {name}"


class NameHasAnotherId(DomainError):
    """The same thing is here already, under an id of its own."""

    code = "name-has-another-id"
    pt = "{name} já existe aqui com o id {id}"
    en = "{name} is here already with the id {id}"


class BalanceMoved(DomainError):
    """Somebody else changed this balance here: overwriting it would lose money."""

    code = "balance-moved"
    pt = "O saldo daqui já mudou depois da migração (livro-razão, linha {row}): ficou como está"
    en = "The balance here has changed since it was taken (ledger, row {row}): it stays"


class DanglingReference(DomainError):
    code = "dangling-reference"
    pt = "{field} {id} não existe; ficou sem valor"
    en = "{field} {id} does not exist; it was left empty"


class OldServerGone(DomainError):
    """The server does not answer, or not as a server of this API."""

    code = "old-server-gone"
    pt = "{reason}; o que está pronto fica, --resume continua daí"
    en = "{reason}; what is done stays, --resume goes on"


class OldServerRefuses(DomainError):
    code = "old-server-refuses"
    pt = "O servidor antigo recusa: {reason}"
    en = "The old server refuses: {reason}"


class NotListed(DomainError):
    code = "not-listed"
    pt = "O servidor antigo não o lista"
    en = "The old server does not list it"


class NotReadable(DomainError):
    """A table of the old database that the SQL account cannot read, or that is not there."""

    code = "not-readable"
    pt = "--sql não lê {table}: {reason}"
    en = "--sql cannot read {table}: {reason}"


class UnknownColumn(DomainError):
    code = "unknown-column"
    pt = "{file}: não existe a coluna {column}; existem: {columns}"
    en = "{file}: there is no column {column}; there are: {columns}"


class BadLine(DomainError):
    code = "bad-line"
    pt = "{file}, linha {line}: {reason_pt}"
    en = "{file}, line {line}: {reason_en}"


class FileUnreadable(DomainError):
    code = "file-unreadable"
    pt = "{file}: não se lê: {reason}"
    en = "{file}: cannot be read: {reason}"
