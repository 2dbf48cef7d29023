"""The catalogue of what can be wrong with a request: a class per error.

Each has a stable code, which tests and the audit use, and its message in Portuguese and English.
A message names the field, never a password.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sippulse_ws.domain.reasons import Reason


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


class MissingField(DomainError):
    code = "missing-field"
    pt = "Campo obrigatório ausente ou ilegível: {field}"
    en = "Required field missing or unreadable: {field}"


class InvalidField(DomainError):
    code = "invalid-field"
    pt = "Valor inválido no campo {field}: {reason_pt}"
    en = "Invalid value in field {field}: {reason_en}"

    def __init__(self, field: str, reason: Reason, **values: object) -> None:
        pt, en = reason.value
        super().__init__(field=field, reason_pt=pt.format(**values), reason_en=en.format(**values))


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


class WhiteListNotFound(NotFound):
    code = "white-list-not-found"
    pt = "Número da white list não encontrado: {id}"
    en = "White list number not found: {id}"


class RateNotFound(NotFound):
    code = "rate-not-found"
    pt = "Tarifa não encontrada: {id}"
    en = "Rate not found: {id}"


class DialplanNotFound(NotFound):
    code = "dialplan-not-found"
    pt = "Plano de discagem não encontrado: {id}"
    en = "Dial plan not found: {id}"


class AccountGroupNotFound(NotFound):
    code = "account-group-not-found"
    pt = "Grupo de contas não encontrado: {account}"
    en = "Account group not found: {account}"


class NotInAccountGroup(NotFound):
    code = "not-in-account-group"
    pt = "Conta fora do grupo: {account}"
    en = "Account not in the group: {account}"


class LocationNotFound(NotFound):
    code = "location-not-found"
    pt = "Registro permanente não encontrado: {contact}"
    en = "Permanent contact not found: {contact}"


class AddressNotFound(NotFound):
    code = "address-not-found"
    pt = "Endereço não encontrado: {id}"
    en = "Address not found: {id}"


class AdministratorNotFound(NotFound):
    code = "administrator-not-found"
    pt = "Administrador não encontrado: {login}"
    en = "Administrator not found: {login}"


class IntegratorNotFound(NotFound):
    code = "integrator-not-found"
    pt = "Integrador não encontrado: {login}"
    en = "Integrator not found: {login}"


class ProviderNotFound(NotFound):
    code = "provider-not-found"
    pt = "Provedor não encontrado: {provider}"
    en = "Provider not found: {provider}"


class GatewayNotFound(NotFound):
    code = "gateway-not-found"
    pt = "Gateway não encontrado: {gateway}"
    en = "Gateway not found: {gateway}"


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


class WhiteListed(AlreadyExists):
    code = "white-listed"
    pt = "Número já está na white list: {number}"
    en = "Number already in the white list: {number}"


class RateExists(AlreadyExists):
    code = "rate-exists"
    pt = "Tarifa já existe: rateId {rate_id}, prefix {prefix}"
    en = "Rate already exists: rateId {rate_id}, prefix {prefix}"


class RateRepeated(AlreadyExists):
    code = "rate-repeated"
    pt = "Tarifa repetida, igual à da linha {row}: rateId {rate_id}, prefix {prefix}"
    en = "Rate repeated, same as row {row}: rateId {rate_id}, prefix {prefix}"


class ResellerExists(AlreadyExists):
    code = "reseller-exists"
    pt = "Revenda já existe: {reseller}"
    en = "Reseller already exists: {reseller}"


class ResellerLoginTaken(AlreadyExists):
    code = "reseller-login-taken"
    pt = "Usuário do portal já em uso: username {username}"
    en = "Portal user already in use: username {username}"


class InAccountGroup(AlreadyExists):
    code = "in-account-group"
    pt = "Conta já pertence a outro grupo: {account}"
    en = "Account already belongs to another group: {account}"


class LocationExists(AlreadyExists):
    code = "location-exists"
    pt = "Registro já existe: {contact}"
    en = "Contact already registered: {contact}"


class AddressTaken(AlreadyExists):
    code = "address-taken"
    pt = "Endereço já em uso: {address}"
    en = "Address already in use: {address}"


class ResellerInUse(DomainError):
    code = "reseller-in-use"
    pt = "Revenda em uso por {subscribers} assinante(s)"
    en = "Reseller in use by {subscribers} subscriber(s)"


class RatePlanInUse(DomainError):
    code = "rate-plan-in-use"
    pt = "Plano de tarifas em uso por {subscribers} assinante(s) e {resellers} revenda(s)"
    en = "Rate plan in use by {subscribers} subscriber(s) and {resellers} reseller(s)"


class RowRefused(DomainError):
    """One row of many is wrong, so that none is stored; rows count from 1."""

    code = "row-refused"
    pt = "Linha {row}: "
    en = "Row {row}: "

    def __init__(self, row: int, reason: DomainError) -> None:
        super().__init__(row=row)
        self.reason = reason

    def message(self, language: str) -> str:
        return super().message(language) + self.reason.message(language)


class IntegratorExists(AlreadyExists):
    code = "integrator-exists"
    pt = "Integrador já existe: {login}"
    en = "Integrator already exists: {login}"


class ProviderExists(AlreadyExists):
    code = "provider-exists"
    pt = "Provedor já existe: {provider}"
    en = "Provider already exists: {provider}"


class GatewayExists(AlreadyExists):
    code = "gateway-exists"
    pt = "Gateway já existe: {gateway}"
    en = "Gateway already exists: {gateway}"


class ProviderInUse(DomainError):
    code = "provider-in-use"
    pt = "O provedor tem gateways: {provider}"
    en = "The provider has gateways: {provider}"


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


class ProxyFailed(DomainError):
    """A SIP proxy did not do what it was told; `failures`: its name, the reason in pt and en."""

    code = "proxy-failed"
    pt = "Falha no proxy SIP {failures}"
    en = "SIP proxy failed: {failures}"

    def __init__(self, failures: Sequence[tuple[str, str, str]]) -> None:
        super().__init__(failures=failures)
        self.failures = failures

    def message(self, language: str) -> str:
        reasons = (f"{name} {en if language == 'en' else pt}" for name, pt, en in self.failures)
        text = self.en if language == "en" else self.pt
        return text.format(failures="; ".join(reasons))


class InternalError(DomainError):
    code = "internal-error"
    pt = "Erro interno do servidor (requisição {request_id})"
    en = "Internal server error (request {request_id})"


class DatabaseUnavailable(DomainError):
    code = "database-unavailable"
    pt = "Banco de dados indisponível, tente novamente (requisição {request_id})"
    en = "Database unavailable, try again (request {request_id})"


class DatabaseFull(DomainError):
    code = "database-full"
    pt = "Banco de dados sem espaço, nada foi alterado (requisição {request_id})"
    en = "The database is full, nothing was changed (request {request_id})"


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
