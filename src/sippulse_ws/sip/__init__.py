"""Clients of the SIP proxies: what to tell them when something was provisioned."""
