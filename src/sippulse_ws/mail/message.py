"""Writes mails from templates, whose first line is the subject and the rest the text.

Templates are `NAME.LANGUAGE.txt`; one in the operator's folder replaces the package's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

_OWN = Path(__file__).with_name("templates")
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")


def addresses_of(text: str | None) -> list[str]:
    """The e-mail addresses in a subscriber's field, which may hold several."""
    return _ADDRESS.findall(text or "")


def write_mail(
    template: str,
    language: str,
    folder: Path | None,
    sender: str,
    recipients: list[str],
    values: Mapping[str, Any],
) -> EmailMessage:
    """The mail. Raises a jinja2 error if the template cannot be used."""
    text = _environment(folder).get_template(f"{template}.{language}.txt").render(values)
    subject, _, body = text.partition("\n")
    mail = EmailMessage()
    mail["Subject"] = " ".join(subject.split())
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Date"] = formatdate()
    mail["Message-ID"] = make_msgid(domain="sippulse-ws")
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(body)
    return mail


@cache
def _environment(folder: Path | None) -> SandboxedEnvironment:
    folders = [folder, _OWN] if folder else [_OWN]
    return SandboxedEnvironment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )
