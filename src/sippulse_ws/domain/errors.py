"""The catalogue of what can be wrong with a request: a class per error.

Each has a stable code, which tests and the audit use, and its message in Portuguese and English.
A message names the field, never a password.
"""

from __future__ import annotations

from typing import ClassVar


class DomainError(Exception):
    """Base of the catalogue. Keyword arguments fill the message."""

    code: ClassVar[str]
    pt: ClassVar[str]
    en: ClassVar[str]

    def __init__(self, **values: object) -> None:
        super().__init__(self.code, values)
        self.values = values

    def message(self, language: str) -> str:
        text = self.en if language == "en" else self.pt
        return text.format(**self.values)


class LoginFailed(DomainError):
    """Unknown login, wrong password, disabled, or too many guesses: all look the same."""

    code = "login-failed"
    pt = "Usuário ou senha inválidos"
    en = "Invalid login or password"


class AccessDenied(DomainError):
    """The domain is not granted, or does not exist: both look the same."""

    code = "access-denied"
    pt = "Acesso negado ao domínio {domain}"
    en = "Access to domain {domain} denied"


class NotSuperuser(DomainError):
    code = "not-superuser"
    pt = "Operação permitida somente ao administrador geral"
    en = "Only an administrator of everything may do this"


class MissingField(DomainError):
    code = "missing-field"
    pt = "Campo obrigatório ausente ou ilegível: {field}"
    en = "Required field missing or unreadable: {field}"


class InvalidField(DomainError):
    code = "invalid-field"
    pt = "Valor inválido no campo {field}: {reason_pt}"
    en = "Invalid value in field {field}: {reason_en}"

    def __init__(self, field: str, reason_pt: str, reason_en: str) -> None:
        super().__init__(field=field, reason_pt=reason_pt, reason_en=reason_en)


class UnreadableValue(DomainError):
    """Strict lexical mode: a value that is not what its type says."""

    code = "unreadable-value"
    pt = "Valor ilegível no campo {field}"
    en = "Unreadable value in field {field}"


class NotFound(DomainError):
    """Base for objects that are not there, or not visible to the administrator."""


class DomainNotFound(NotFound):
    code = "domain-not-found"
    pt = "Domínio não encontrado: {domain}"
    en = "Domain not found: {domain}"


class SubscriberNotFound(NotFound):
    code = "subscriber-not-found"
    pt = "Assinante não encontrado: {account}"
    en = "Subscriber not found: {account}"


class ProfileNotFound(NotFound):
    code = "profile-not-found"
    pt = "Perfil não encontrado: {profile}"
    en = "Profile not found: {profile}"


class RatePlanNotFound(NotFound):
    code = "rate-plan-not-found"
    pt = "Plano de tarifas não encontrado no domínio: {field} {id}"
    en = "Rate plan not found in the domain: {field} {id}"


class ResellerNotFound(NotFound):
    code = "reseller-not-found"
    pt = "Revenda não encontrada: {reseller}"
    en = "Reseller not found: {reseller}"


class DidNotFound(NotFound):
    code = "did-not-found"
    pt = "DID não encontrado: {id}"
    en = "DID not found: {id}"


class AliasNotFound(NotFound):
    code = "alias-not-found"
    pt = "Alias não encontrado: {id}"
    en = "Alias not found: {id}"


class HuntGroupNotFound(NotFound):
    code = "hunt-group-not-found"
    pt = "Grupo de busca não encontrado: {id}"
    en = "Hunt group not found: {id}"


class AdministratorNotFound(NotFound):
    code = "administrator-not-found"
    pt = "Administrador não encontrado: {login}"
    en = "Administrator not found: {login}"


class AlreadyExists(DomainError):
    """Base for names and numbers that are taken."""


class SubscriberExists(AlreadyExists):
    code = "subscriber-exists"
    pt = "Assinante já existe: {account}"
    en = "Subscriber already exists: {account}"


class AliasTaken(AlreadyExists):
    code = "alias-taken"
    pt = "Alias já em uso: {alias}"
    en = "Alias already in use: {alias}"


class DidTaken(AlreadyExists):
    code = "did-taken"
    pt = "DID já em uso: {number}"
    en = "DID already in use: {number}"


class DomainExists(AlreadyExists):
    code = "domain-exists"
    pt = "Domínio já existe: {domain}"
    en = "Domain already exists: {domain}"


class ProfileExists(AlreadyExists):
    code = "profile-exists"
    pt = "Perfil já existe: {profile}"
    en = "Profile already exists: {profile}"


class AdministratorExists(AlreadyExists):
    code = "administrator-exists"
    pt = "Administrador já existe: {login}"
    en = "Administrator already exists: {login}"


class WrongPassword(DomainError):
    code = "wrong-password"
    pt = "Senha atual incorreta"
    en = "Wrong current password"


class PasswordsDiffer(DomainError):
    code = "passwords-differ"
    pt = "A confirmação difere da nova senha"
    en = "The confirmation differs from the new password"


class NoPassword(DomainError):
    code = "no-password"
    pt = "Assinante sem senha: {field}"
    en = "Subscriber without password: {field}"


class InternalError(DomainError):
    code = "internal-error"
    pt = "Erro interno do servidor (requisição {request_id})"
    en = "Internal server error (request {request_id})"


class DatabaseUnavailable(DomainError):
    code = "database-unavailable"
    pt = "Banco de dados indisponível, tente novamente (requisição {request_id})"
    en = "Database unavailable, try again (request {request_id})"


class OutcomeUnknown(DomainError):
    """The connection was lost in the commit: the audit trail has the request if it was done."""

    code = "outcome-unknown"
    pt = (
        "Conexão com o banco de dados perdida ao concluir: confira se a alteração foi feita "
        "antes de repeti-la (requisição {request_id})"
    )
    en = (
        "The connection to the database was lost at the end: check whether the change was made "
        "before repeating it (request {request_id})"
    )
