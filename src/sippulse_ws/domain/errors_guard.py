"""The catalogue of errors, continued: numbers, keys and passwords."""

from __future__ import annotations

from sippulse_ws.domain.errors import DomainError, NotFound
from sippulse_ws.wording import Wording


class DestinationNotFound(NotFound):
    """A number's destination is no subscriber, alias or hunt group of its domain."""

    code = "destination-not-found"
    wording = Wording(
        "Destino do DID não encontrado: {destination}",
        "Destination of the DID not found: {destination}",
    )


class NoNumberOutside(NotFound):
    code = "no-number-outside"
    wording = Wording(
        "Nenhum DID fora dos inventários: {number}", "No DID outside the inventories: {number}"
    )


class NotInInventory(NotFound):
    """The installation accepts only inventory numbers (SIPPULSE_DID_SOURCE)."""

    code = "not-in-inventory"
    wording = Wording(
        "O número não está no inventário do domínio: {number}",
        "The number is not in the inventory of the domain: {number}",
    )


class EmergencyNumber(DomainError):
    """An emergency number, which only a superuser may make a DID."""

    code = "emergency-number"
    wording = Wording(
        "Código de emergência ou de serviço não pode ser DID: {number}",
        "An emergency or service code cannot be a DID: {number}",
    )


class KeyMissing(DomainError):
    """Stored passwords are encrypted with a key that this process lacks."""

    code = "key-missing"
    wording = Wording(
        "SIPPULSE_PASSWORD_KEY: as senhas deste banco de dados estão cifradas com a chave {key}, "
        "que este processo não tem; veja docs/pt-BR/security.md",
        "SIPPULSE_PASSWORD_KEY: the passwords of this database are sealed with the key {key}, "
        "which this process has not; see docs/security.md",
    )


class WeakPassword(DomainError):
    """The password is weaker than the installation requires (SIPPULSE_PASSWORD_LENGTH)."""

    code = "weak-password"
    wording = Wording(
        "Senha fraca no campo {field}: pelo menos {length} caracteres, e sem o username "
        "(SIPPULSE_PASSWORD_LENGTH)",
        "Weak password in field {field}: at least {length} characters, and without the username "
        "(SIPPULSE_PASSWORD_LENGTH)",
    )


class DemoElsewhere(DomainError):
    code = "demo-elsewhere"
    wording = Wording(
        "O banco de dados tem outros domínios; os dados de demonstração ficam num banco próprio",
        "The database holds other domains; demo data belong into a database of their own",
    )
