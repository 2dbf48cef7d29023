"""Imports and exports of tables as files: one engine, and a declaration per kind of record."""
