"""Mails: texts out of templates that an operator can replace, sent by SMTP."""
