"""Mails: written from templates that an operator can replace, sent by SMTP."""
