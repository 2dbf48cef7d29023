"""Engines and the connections that threads hold."""
