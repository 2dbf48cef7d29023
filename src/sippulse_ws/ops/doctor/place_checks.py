"""Checks around the database: disks, the certificate of the public address, SIP proxies."""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from sippulse_ws.db import Database
from sippulse_ws.db.statements import Session
from sippulse_ws.domain.proxies import CONTACT, TABLES, Proxies, difference
from sippulse_ws.ops.doctor.findings import Finding, error, fine, warning
from sippulse_ws.wording import reason_of

LEAST_FREE = 512  # MiB
LEAST_PERCENT = 5
CERTIFICATE_DAYS = 14
_SECONDS = 5.0


def check_disk(database: Database) -> Iterator[Finding]:
    """Free space for SQLite's file, and for the temporary files of long answers and imports."""
    folders = {Path(tempfile.gettempdir())}
    if database.is_sqlite:
        folders.add(Path(str(database.url.database)).resolve().parent)
    short = False
    for folder in sorted(one for one in folders if one.is_dir()):
        total, _, free = shutil.disk_usage(folder)
        mebibytes, percent = free // 2**20, round(100 * free / total)
        if mebibytes < LEAST_FREE or percent < LEAST_PERCENT:
            short = True
            told = {"folder": folder, "free": mebibytes, "percent": percent}
            yield warning("disk", "disk", **told)
    if not short:
        yield fine("disk")


def check_certificate(public_url: str | None) -> Iterator[Finding]:
    if not public_url:
        yield fine("certificate", "not-needed")
        return
    parts = urlsplit(public_url)
    host, port = parts.hostname or "", parts.port or 443
    if parts.scheme != "https":
        yield warning("certificate", "public-plain")
        return
    try:
        ends = _certificate_end(host, port)
    except (OSError, ValueError) as trouble:
        yield error("certificate", "certificate-away", host=host, reason=str(trouble))
        return
    days = (ends - dt.datetime.now(dt.UTC)).days
    if days < CERTIFICATE_DAYS:
        yield warning("certificate", "certificate-ends", host=host, days=days)
    else:
        yield fine("certificate", "is", what=f"{ends:%Y-%m-%d}")


def _certificate_end(host: str, port: int) -> dt.datetime:
    """OSError when the host does not answer, or its certificate is not valid."""
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), _SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        told = secure.getpeercert() or {}
    ends = ssl.cert_time_to_seconds(str(told["notAfter"]))
    return dt.datetime.fromtimestamp(ends, dt.UTC)


def check_proxies(db: Session, proxies: Proxies) -> Iterator[Finding]:
    if not proxies:
        yield fine("proxies", "not-needed")
    for proxy in proxies:
        try:
            proxy.ping()
            behind = [table for table in (*TABLES, CONTACT) if difference(db, proxy, table)]
        except OSError as trouble:
            yield error("proxies", "proxy-away", proxy=proxy.name, reason=reason_of(trouble))
            continue
        if behind:
            told = {"proxy": proxy.name, "table": ", ".join(behind)}
            yield warning("proxies", "proxy-out-of-step", **told)
        else:
            yield fine("proxies", "is", what=proxy.name)
