"""Sends mails through the server of SIPPULSE_SMTP_URL."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

_SECONDS = 20
PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


class MailServer:
    """Schemes: `smtp` (STARTTLS required), `smtps` (TLS from the start), `smtp+plain` (none)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._scheme = parts.scheme
        self._host = parts.hostname or ""
        self._port = parts.port or PORTS[parts.scheme]
        self._login = unquote(parts.username or "")
        self._password = unquote(parts.password or "")

    def send(self, mail: EmailMessage) -> None:
        """Raises OSError or SMTPException if the server accepts the mail for no recipient."""
        context = ssl.create_default_context()
        if self._scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=_SECONDS)
        with server:
            if self._scheme == "smtp":
                server.starttls(context=context)
            if self._login:
                server.login(self._login, self._password)
            server.send_message(mail)
