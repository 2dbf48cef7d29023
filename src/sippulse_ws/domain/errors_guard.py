"""The catalogue of errors, continued: what keeps domains, numbers and logins apart."""

from __future__ import annotations

from sippulse_ws.domain.errors import DomainError, NotFound


class DestinationNotFound(NotFound):
    """A number must lead to a subscriber, an alias or a hunt group of the domain it names."""

    code = "destination-not-found"
    pt = "Destino do DID não encontrado: {destination}"
    en = "Destination of the DID not found: {destination}"


class NoNumberOutside(NotFound):
    code = "no-number-outside"
    pt = "Nenhum DID fora dos inventários: {number}"
    en = "No DID outside the inventories: {number}"


class NotInInventory(NotFound):
    """The installation takes numbers of inventories only (SIPPULSE_DID_SOURCE)."""

    code = "not-in-inventory"
    pt = "O número não está no inventário do domínio: {number}"
    en = "The number is not in the inventory of the domain: {number}"


class EmergencyNumber(DomainError):
    """An emergency or service code, which only a superuser may make a DID."""

    code = "emergency-number"
    pt = "Código de emergência ou de serviço não pode ser DID: {number}"
    en = "An emergency or service code cannot be a DID: {number}"
