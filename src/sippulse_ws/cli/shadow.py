"""`sippulse-ws shadow` and `sippulse-ws replay`: compare servers before the switch."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.live import Live
from rich.table import Table

from sippulse_ws.cli.session import (
    AsJson,
    console,
    current_language,
    errors,
    fail,
    password_from_stdin,
    print_json,
    print_table,
)
from sippulse_ws.cli.texts import Said
from sippulse_ws.cutover.shadow.judge import JudgeOptions
from sippulse_ws.cutover.shadow.mirror import Mirror
from sippulse_ws.cutover.shadow.relay import (
    BadAddress,
    ServerAddress,
    listening_address,
    server_address,
)
from sippulse_ws.cutover.shadow.replay import Replay, ReplayOptions
from sippulse_ws.cutover.shadow.report import heads, summary_rows, write_reports
from sippulse_ws.cutover.shadow.report_texts import word
from sippulse_ws.cutover.shadow.scrubbing import KeyTrouble, load_key
from sippulse_ws.cutover.shadow.shadow import (
    COMPARING_ENDED,
    LEFT_OUT,
    STILL_WAITING,
    ShadowOptions,
    now,
    run_shadow,
)
from sippulse_ws.cutover.shadow.tally import Findings

REPLAY_REPORT = "replay"
_MEGABYTE = 1024 * 1024

_WARNINGS = {
    COMPARING_ENDED: Said.COMPARING_DIED,
    STILL_WAITING: Said.STILL_COMPARING,
    LEFT_OUT: Said.NOT_WAITED_FOR,
}

_Ignore = Annotated[
    list[str] | None,
    typer.Option(help="A field that may differ: FIELD, or OPERATION.FIELD; repeatable."),
]
_FaultTexts = Annotated[
    bool, typer.Option("--fault-texts", help="The texts of faults count as well.")
]
_MapIds = Annotated[
    bool, typer.Option("--map-ids", help="Ids were not kept: learn them from lists too.")
]
_KeyFile = Annotated[
    Path | None,
    typer.Option(
        dir_okay=False, help="File with the pseudonyms' key, created if missing; not in DIR."
    ),
]
_Insecure = Annotated[
    bool, typer.Option("--insecure", help="Do not check the servers' certificates.")
]
_Listen = Annotated[str, typer.Option(metavar="H:P", help="Where clients connect to.")]
_Old = Annotated[str, typer.Option(metavar="URL", help="The old server.")]
_New = Annotated[str, typer.Option(metavar="URL", help="sippulse-ws.")]
_Record = Annotated[
    Path, typer.Option(metavar="DIR", file_okay=False, help="Folder for recording and report.")
]
_MirrorWrites = Annotated[
    bool, typer.Option("--mirror-writes", help="Writes go to the other server too.")
]
_LearnLogins = Annotated[
    bool, typer.Option("--learn-logins", help="Collect accepted logins, with password hashes.")
]
_Switch = Annotated[bool, typer.Option("--switch", help="Clients are answered by the new server.")]
_RecordLimit = Annotated[int, typer.Option(min=1, help="Most MB of the recording.")]
_BacklogLimit = Annotated[
    int, typer.Option(min=1, help="Most MB on the disk for what waits to be compared.")
]
_Certificate = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="PEM, to listen with TLS.")
]
_CertificateKey = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="Its private key.")
]
_ReadsOnly = Annotated[bool, typer.Option("--reads-only", help="Send no writes.")]
_PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read its password from standard input.")
]
_Concurrency = Annotated[
    int, typer.Option(min=1, max=256, help="Simultaneous requests to the other server.")
]


def shadow(  # noqa: PLR0913, PLR0917 - each is an option
    listen: _Listen,
    old: _Old,
    new: _New,
    record: _Record,
    mirror_writes: _MirrorWrites = False,
    learn_logins: _LearnLogins = False,
    switch: _Switch = False,
    ignore: _Ignore = None,
    fault_texts: _FaultTexts = False,
    map_ids: _MapIds = False,
    key_file: _KeyFile = None,
    concurrency: _Concurrency = 8,
    record_limit: _RecordLimit = 2048,
    backlog_limit: _BacklogLimit = 1024,
    certificate: _Certificate = None,
    certificate_key: _CertificateKey = None,
    insecure: _Insecure = False,
) -> None:
    """Run a proxy before the old server, and compare the new server's answers."""
    os.umask(0o077)
    language = current_language()
    if switch and learn_logins:
        raise fail(Said.LEARN_FROM_OLD.text(language))
    if (certificate is None) != (certificate_key is None):
        raise fail(Said.CERTIFICATE_WITH_KEY.text(language))
    host, port = _listening(listen)
    judge = JudgeOptions(
        record, mirror_writes, learn_logins, frozenset(ignore or ()), fault_texts, map_ids,
        record_limit * _MEGABYTE,
    )  # fmt: skip
    tls = (certificate, certificate_key) if certificate and certificate_key else None
    servers = _address(old), _address(new)
    record.mkdir(parents=True, exist_ok=True, mode=0o700)
    options = ShadowOptions(
        host, port, *servers, judge, language, switch, _key(key_file, record), concurrency,
        not insecure, tls, backlog_limit * _MEGABYTE,
    )  # fmt: skip
    _run(options, listen)


def _run(options: ShadowOptions, listen: str) -> None:
    language = options.language

    def started(url: str) -> None:
        told = {"url": url, "server": options.answering.url, "other": options.mirrored.url}
        console.print(Said.SHADOW_STARTED.text(language, **told), highlight=False, soft_wrap=True)

    def warn(what: str) -> None:
        errors.print(_WARNINGS[what].text(language))

    try:
        fine = run_shadow(options, started, _Shown(language), warn)
    except OSError as error:
        raise fail(f"{listen}: {error.strerror or error}") from None
    path = options.judge.folder / "report.html"
    console.print(Said.REPORT_WRITTEN.text(language, path=path), highlight=False, soft_wrap=True)
    if not fine:
        raise fail(Said.COMPARING_DIED.text(language))


class _Shown:
    """Shows the live summary: a table that is redrawn, or lines if there is no terminal."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._live: Live | None = None
        self._last = -1

    def __call__(self, findings: Findings, stopped: str) -> None:
        if console.is_terminal:
            if self._live is None:
                self._live = Live(console=console, auto_refresh=False)
                self._live.start()
            self._live.update(_table(findings, self._language), refresh=True)
            return
        totals = findings.totals
        if totals["requests"] != self._last:
            self._last = totals["requests"]
            told = {name.replace("-", "_"): totals[name] for name in _COUNTED}
            told["waiting"] = findings.waiting
            console.print(Said.SHADOW_LINE.text(self._language, **told), soft_wrap=True)


_COUNTED = ("requests", "equal", "different", "refused", "no-answer", "explained", "slower")


def _table(findings: Findings, language: str) -> Table:
    waiting = word("waiting", language, count=findings.waiting) if findings.waiting else None
    table = Table(*heads(findings, language), caption=waiting)
    for row in summary_rows(findings):
        table.add_row(*row)
    return table


def replay(  # noqa: PLR0913, PLR0917 - each is an option
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="The recording.")
    ],
    to: Annotated[str, typer.Option(metavar="URL", help="A test installation.")],
    login: Annotated[str, typer.Option(help="Login to use instead of the recorded ones.")],
    password_stdin: _PasswordStdin = False,
    reads_only: _ReadsOnly = False,
    ignore: _Ignore = None,
    fault_texts: _FaultTexts = False,
    map_ids: _MapIds = False,
    key_file: _KeyFile = None,
    concurrency: _Concurrency = 4,
    json: AsJson = False,
    insecure: _Insecure = False,
) -> None:
    """Send recorded requests again; exit status 1 if an answer differs."""
    os.umask(0o077)
    address, key = _address(to), _key(key_file, folder)
    password = password_from_stdin(password_stdin)
    options = ReplayOptions(
        folder, login, password, reads_only, frozenset(ignore or ()), fault_texts, map_ids, key
    )
    findings = Findings(str(folder), address.url, began=now())

    async def run() -> None:
        mirror = Mirror(address.url, concurrency, verify=not insecure)
        await Replay(options, mirror, findings).run()

    asyncio.run(run())
    findings.until = now()
    _report(findings, folder, json)
    if not findings.is_clean:
        raise typer.Exit(1)


def _report(findings: Findings, folder: Path, as_json: bool) -> None:
    language = current_language()
    write_reports(findings, folder, REPLAY_REPORT, language)
    if as_json:
        print_json(findings.as_json())
        return
    print_table(heads(findings, language), summary_rows(findings))
    path = folder / f"{REPLAY_REPORT}.html"
    console.print(Said.REPORT_WRITTEN.text(language, path=path), soft_wrap=True)


def _address(url: str) -> ServerAddress:
    try:
        return server_address(url)
    except BadAddress:
        raise fail(Said.BAD_SERVER.text(current_language(), url=url)) from None


def _listening(text: str) -> tuple[str, int]:
    try:
        return listening_address(text)
    except BadAddress:
        raise fail(Said.BAD_LISTEN.text(current_language(), text=text)) from None


def _key(file: Path | None, folder: Path) -> bytes | None:
    try:
        return None if file is None else load_key(file, folder)
    except KeyTrouble as error:
        raise fail(error.wording) from None
