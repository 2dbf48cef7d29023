"""The catalogue of errors of requests: a class per error.

Each has a stable code, which tests and the audit use, and its message as a Wording.
A message names the field, never a password.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sippulse_ws.domain.reasons import Reason
from sippulse_ws.wording import Wording


class DomainError(Exception):
    """Base of the catalogue. Keyword arguments fill the message."""

    code: ClassVar[str]
    wording: ClassVar[Wording]

    def __init__(self, **values: object) -> None:
        super().__init__(self.code, values)
        self.values = values

    def message(self, language: str) -> str:
        return self.wording.text(language, **self.values)


class LoginFailed(DomainError):
    """Unknown login, wrong password, disabled, or too many guesses: clients see no difference."""

    code = "login-failed"
    wording = Wording("Usuário ou senha inválidos", "Invalid login or password")


class AccessDenied(DomainError):
    """The domain is not granted or does not exist: clients see no difference."""

    code = "access-denied"
    wording = Wording("Acesso negado ao domínio {domain}", "Access to domain {domain} denied")


class MissingField(DomainError):
    code = "missing-field"
    wording = Wording(
        "Campo obrigatório ausente ou ilegível: {field}",
        "Required field missing or unreadable: {field}",
    )


class InvalidField(DomainError):
    code = "invalid-field"
    wording = Wording(
        "Valor inválido no campo {field}: {reason}",
        "Invalid value in field {field}: {reason}",
    )

    def __init__(self, field: str, reason: Reason, **values: object) -> None:
        super().__init__(field=field, reason=reason.value.fill(**values))


class UnreadableValue(DomainError):
    """In strict lexical mode, a value that is not of its type."""

    code = "unreadable-value"
    wording = Wording("Valor ilegível no campo {field}", "Unreadable value in field {field}")


class NotFound(DomainError):
    """Base for objects that do not exist, or that the administrator may not see."""


class DomainNotFound(NotFound):
    code = "domain-not-found"
    wording = Wording("Domínio não encontrado: {domain}", "Domain not found: {domain}")


class SubscriberNotFound(NotFound):
    code = "subscriber-not-found"
    wording = Wording("Assinante não encontrado: {account}", "Subscriber not found: {account}")


class ProfileNotFound(NotFound):
    code = "profile-not-found"
    wording = Wording("Perfil não encontrado: {profile}", "Profile not found: {profile}")


class RatePlanNotFound(NotFound):
    code = "rate-plan-not-found"
    wording = Wording(
        "Plano de tarifas não encontrado no domínio: {field} {id}",
        "Rate plan not found in the domain: {field} {id}",
    )


class ResellerNotFound(NotFound):
    code = "reseller-not-found"
    wording = Wording("Revenda não encontrada: {reseller}", "Reseller not found: {reseller}")


class DidNotFound(NotFound):
    code = "did-not-found"
    wording = Wording("DID não encontrado: {id}", "DID not found: {id}")


class AliasNotFound(NotFound):
    code = "alias-not-found"
    wording = Wording("Alias não encontrado: {id}", "Alias not found: {id}")


class HuntGroupNotFound(NotFound):
    code = "hunt-group-not-found"
    wording = Wording("Grupo de busca não encontrado: {id}", "Hunt group not found: {id}")


class WhiteListNotFound(NotFound):
    code = "white-list-not-found"
    wording = Wording(
        "Número da white list não encontrado: {id}", "White list number not found: {id}"
    )


class RateNotFound(NotFound):
    code = "rate-not-found"
    wording = Wording("Tarifa não encontrada: {id}", "Rate not found: {id}")


class DialplanNotFound(NotFound):
    code = "dialplan-not-found"
    wording = Wording("Plano de discagem não encontrado: {id}", "Dial plan not found: {id}")


class AccountGroupNotFound(NotFound):
    code = "account-group-not-found"
    wording = Wording(
        "Grupo de contas não encontrado: {account}", "Account group not found: {account}"
    )


class NotInAccountGroup(NotFound):
    code = "not-in-account-group"
    wording = Wording("Conta fora do grupo: {account}", "Account not in the group: {account}")


class LocationNotFound(NotFound):
    code = "location-not-found"
    wording = Wording(
        "Registro permanente não encontrado: {contact}", "Permanent contact not found: {contact}"
    )


class AddressNotFound(NotFound):
    code = "address-not-found"
    wording = Wording("Endereço não encontrado: {id}", "Address not found: {id}")


class AdministratorNotFound(NotFound):
    code = "administrator-not-found"
    wording = Wording("Administrador não encontrado: {login}", "Administrator not found: {login}")


class IntegratorNotFound(NotFound):
    code = "integrator-not-found"
    wording = Wording("Integrador não encontrado: {login}", "Integrator not found: {login}")


class ProviderNotFound(NotFound):
    code = "provider-not-found"
    wording = Wording("Provedor não encontrado: {provider}", "Provider not found: {provider}")


class GatewayNotFound(NotFound):
    code = "gateway-not-found"
    wording = Wording("Gateway não encontrado: {gateway}", "Gateway not found: {gateway}")


class AlreadyExists(DomainError):
    """Base for names and numbers that are taken."""


class SubscriberExists(AlreadyExists):
    code = "subscriber-exists"
    wording = Wording("Assinante já existe: {account}", "Subscriber already exists: {account}")


class AliasTaken(AlreadyExists):
    code = "alias-taken"
    wording = Wording("Alias já em uso: {alias}", "Alias already in use: {alias}")


class DidTaken(AlreadyExists):
    code = "did-taken"
    wording = Wording("DID já em uso: {number}", "DID already in use: {number}")


class DomainExists(AlreadyExists):
    code = "domain-exists"
    wording = Wording("Domínio já existe: {domain}", "Domain already exists: {domain}")


class ProfileExists(AlreadyExists):
    code = "profile-exists"
    wording = Wording("Perfil já existe: {profile}", "Profile already exists: {profile}")


class AdministratorExists(AlreadyExists):
    code = "administrator-exists"
    wording = Wording("Administrador já existe: {login}", "Administrator already exists: {login}")


class WhiteListed(AlreadyExists):
    code = "white-listed"
    wording = Wording(
        "Número já está na white list: {number}", "Number already in the white list: {number}"
    )


class RateExists(AlreadyExists):
    code = "rate-exists"
    wording = Wording(
        "Tarifa já existe: rateId {rate_id}, prefix {prefix}",
        "Rate already exists: rateId {rate_id}, prefix {prefix}",
    )


class RateRepeated(AlreadyExists):
    code = "rate-repeated"
    wording = Wording(
        "Tarifa repetida, igual à da linha {row}: rateId {rate_id}, prefix {prefix}",
        "Rate repeated, same as row {row}: rateId {rate_id}, prefix {prefix}",
    )


class ResellerExists(AlreadyExists):
    code = "reseller-exists"
    wording = Wording("Revenda já existe: {reseller}", "Reseller already exists: {reseller}")


class ResellerLoginTaken(AlreadyExists):
    code = "reseller-login-taken"
    wording = Wording(
        "Usuário do portal já em uso: username {username}",
        "Portal user already in use: username {username}",
    )


class InAccountGroup(AlreadyExists):
    code = "in-account-group"
    wording = Wording(
        "Conta já pertence a outro grupo: {account}",
        "Account already belongs to another group: {account}",
    )


class LocationExists(AlreadyExists):
    code = "location-exists"
    wording = Wording("Registro já existe: {contact}", "Contact already registered: {contact}")


class AddressTaken(AlreadyExists):
    code = "address-taken"
    wording = Wording("Endereço já em uso: {address}", "Address already in use: {address}")


class ResellerInUse(DomainError):
    code = "reseller-in-use"
    wording = Wording(
        "Revenda em uso por {subscribers} assinante(s)",
        "Reseller in use by {subscribers} subscriber(s)",
    )


class RatePlanInUse(DomainError):
    code = "rate-plan-in-use"
    wording = Wording(
        "Plano de tarifas em uso por {subscribers} assinante(s) e {resellers} revenda(s)",
        "Rate plan in use by {subscribers} subscriber(s) and {resellers} reseller(s)",
    )


class RowRefused(DomainError):
    """One row of many is wrong, so none is stored; rows are counted from 1."""

    code = "row-refused"
    wording = Wording("Linha {row}: ", "Row {row}: ")

    def __init__(self, row: int, reason: DomainError) -> None:
        super().__init__(row=row)
        self.reason = reason

    def message(self, language: str) -> str:
        return super().message(language) + self.reason.message(language)


class IntegratorExists(AlreadyExists):
    code = "integrator-exists"
    wording = Wording("Integrador já existe: {login}", "Integrator already exists: {login}")


class ProviderExists(AlreadyExists):
    code = "provider-exists"
    wording = Wording("Provedor já existe: {provider}", "Provider already exists: {provider}")


class GatewayExists(AlreadyExists):
    code = "gateway-exists"
    wording = Wording("Gateway já existe: {gateway}", "Gateway already exists: {gateway}")


class ProviderInUse(DomainError):
    code = "provider-in-use"
    wording = Wording(
        "O provedor tem gateways: {provider}", "The provider has gateways: {provider}"
    )


class WrongPassword(DomainError):
    code = "wrong-password"
    wording = Wording("Senha atual incorreta", "Wrong current password")


class PasswordsDiffer(DomainError):
    code = "passwords-differ"
    wording = Wording(
        "A confirmação difere da nova senha", "The confirmation differs from the new password"
    )


class NoPassword(DomainError):
    code = "no-password"
    wording = Wording("Assinante sem senha: {field}", "Subscriber without password: {field}")


class ProxyFailed(DomainError):
    """SIP proxies failed; `failures` has the name of each, and the reason."""

    code = "proxy-failed"
    wording = Wording("Falha no proxy SIP {failures}", "SIP proxy failed: {failures}")

    def __init__(self, failures: Sequence[tuple[str, Wording]]) -> None:
        super().__init__(failures=failures)
        self.failures = failures

    def message(self, language: str) -> str:
        reasons = (f"{name} {reason.text(language)}" for name, reason in self.failures)
        return self.wording.text(language, failures="; ".join(reasons))


class InternalError(DomainError):
    code = "internal-error"
    wording = Wording(
        "Erro interno do servidor (requisição {request_id})",
        "Internal server error (request {request_id})",
    )


class DatabaseUnavailable(DomainError):
    code = "database-unavailable"
    wording = Wording(
        "Banco de dados indisponível, tente novamente (requisição {request_id})",
        "Database unavailable, try again (request {request_id})",
    )


class DatabaseFull(DomainError):
    code = "database-full"
    wording = Wording(
        "Banco de dados sem espaço, nada foi alterado (requisição {request_id})",
        "The database is full, nothing was changed (request {request_id})",
    )


class OutcomeUnknown(DomainError):
    """The connection was lost during the commit; if done, the audit trail has the request."""

    code = "outcome-unknown"
    wording = Wording(
        "Conexão com o banco de dados perdida ao concluir: confira se a alteração foi feita "
        "antes de repeti-la (requisição {request_id})",
        "The connection to the database was lost at the end: check whether the change was made "
        "before repeating it (request {request_id})",
    )
