"""Requests at the same moment: exactly the allowed outcomes, never an internal error."""
