"""SOAP provisioning API of the SIPPulse PCRT softswitch, drop-in compatible."""

__version__ = "0.1.0"
