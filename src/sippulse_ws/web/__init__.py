"""Answers other than SOAP: pages, JSON API and its descriptions, health."""
