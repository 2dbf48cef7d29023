"""`sippulse-ws calls …`: calls that were rated, could not be, or were rated wrongly."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Annotated, Any

import typer

from sippulse_ws.charging.rerating import (
    Rerated,
    Selection,
    find_call,
    list_unrated,
    queue_unrated,
    rerate,
)
from sippulse_ws.cli.session import (
    AsJson,
    fail,
    get_settings,
    open_database,
    print_rows,
    print_table,
    reading,
    record_command,
    say,
    writing,
)
from sippulse_ws.cli.texts import Said
from sippulse_ws.domain.local_time import find_timezone, start_of_day

app = typer.Typer(no_args_is_help=True)

_DAY = ["%Y-%m-%d"]


@app.callback()
def calls() -> None:
    """Rated calls, and raw records that could not be rated."""


@app.command()
def unrated(
    account: Annotated[str | None, typer.Option(help="Only this account's.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 1000,
    again: Annotated[
        bool, typer.Option("--again", help="Let the background process rate them again.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Show the calls that could not be rated, and why; the exit status is 1 when there are some."""
    if again:
        with writing("calls unrated --again", account=account) as db:
            count = queue_unrated(db, account)
        say(Said.RATED_AGAIN, count=count)
        return
    with reading() as db:
        rows = list_unrated(db, account, limit)
    print_rows(
        ["started", "account", "number", "service", "seconds", "call_id", "reason"]
        if json
        else ["started (UTC)", "account", "number", "service", "seconds", "call-id", "reason"],
        [
            [
                f"{row.started:%Y-%m-%d %H:%M:%S}",
                row.account or "",
                row.number,
                row.service or "",
                row.duration_ms // 1000,
                row.call_id,
                row.reason or "",
            ]
            for row in rows
        ],
        as_json=json,
    )
    if rows:
        raise typer.Exit(1)


@app.command("rerate")
def rerate_calls(
    start: Annotated[dt.datetime, typer.Option("--from", formats=_DAY, help="First day.")],
    last: Annotated[dt.datetime, typer.Option("--to", formats=_DAY, help="Last day, included.")],
    account: Annotated[str | None, typer.Option(help="Only calls of this account.")] = None,
    plan: Annotated[
        str | None, typer.Option(help="Only calls that this plan prices: its id or name.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the differences only.")] = False,
) -> None:
    """Rate calls again by the rates and plans of now, and correct the balances.

    Records keep what they cost at first; each correction is a ledger row that points at the first.
    """
    settings = get_settings()
    with open_database(settings) as database:
        with database.reading() as db:
            zone = find_timezone(db, settings.timezone)
        which = Selection(
            start_of_day(start.date(), zone),
            start_of_day(last.date() + dt.timedelta(days=1), zone),
            account,
            plan,
        )
        found = list(rerate(database, which, dry_run=dry_run))
        if not dry_run:
            told = {"from": start.date(), "to": last.date(), "account": account, "plan": plan}
            with database.writing() as db:
                record_command(db, "calls rerate", told)
    _tell_differences(found, dry_run)


@app.command("show")
def calls_show(
    call_id: Annotated[str, typer.Argument(help="Its SIP call-id.", metavar="CALL-ID")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show a call: its way, its rating step by step, what it did to balances."""
    with reading() as db:
        found = find_call(db, call_id)
    if not found:
        raise fail(f"no call with the call-id {call_id}")
    if as_json:
        typer.echo(json.dumps([_plain(*one) for one in found], ensure_ascii=False, indent=2))
        return
    for raw, record, ledger in found:
        lines = [*_way(raw), *_steps(raw, record), *_ledger(ledger)]
        typer.echo("\n".join(lines))


def _tell_differences(found: list[Rerated], dry_run: bool) -> None:
    print_table(
        "started (UTC);account;number;seconds;before;after;difference;call-id".split(";"),
        [_difference(one) for one in found],
    )
    priced = [one for one in found if one.missing is None]
    total = sum((one.difference for one in priced), Decimal(0))
    done = Said.CALLS_WOULD_CHANGE if dry_run else Said.CALLS_CHANGED
    say(done, count=len(priced), total=f"{total:f}")
    if missing := len(found) - len(priced):
        say(Said.CALLS_WITHOUT_RATE, count=missing)


def _difference(one: Rerated) -> list[object]:
    after = one.missing if one.after is None else f"{one.after:f}"
    return [
        f"{one.started:%Y-%m-%d %H:%M:%S}",
        one.account or "",
        one.number,
        one.seconds,
        f"{one.before:f}",
        after,
        f"{one.difference:f}",
        one.call_id,
    ]


def _way(raw: Any) -> list[str]:
    gateway = (
        f"gateway {raw.gateway_id} ({raw.gateway_address})" if raw.gateway_id else "no gateway"
    )
    ended = ", ended by the proxy" if raw.ended_by == "proxy" else ""
    return [
        f"call {raw.call_id}, from-tag {raw.from_tag}, to-tag {raw.to_tag}",
        f"  from {raw.src_uri} to {raw.dst_uri}, at {raw.src_ip} with {raw.user_agent}",
        f"  answered {raw.started:%Y-%m-%d %H:%M:%S.%f}"[:-3]
        + f"Z, {raw.duration_ms / 1000:.3f} s{ended}",
        f"  proxy {raw.proxy}, {gateway}, service {raw.service}, number {raw.number}",
        f"  account {raw.account}, admitted as: {raw.basis or 'not asked'}",
    ]


def _steps(raw: Any, record: Any) -> list[str]:
    if raw.state == 0:
        return ["  not rated yet"]
    if raw.state == 3:
        return ["  made while charging was off, never rated"]
    if record is None or record.raw_id != raw.id:
        return [f"  no record of its own: {raw.reason}"]
    said = json.loads(record.rating or "{}")
    lines = [f"  whole seconds: {said.get('seconds', record.duration)}"]
    if missing := said.get("missing"):
        lines.append(f"  could not be rated: {missing}")
    elif "sale" not in said:
        lines.append(f"  free: {raw.service} {raw.basis}".rstrip())
    for side, title in (("sale", "price"), ("reseller", "reseller's price"), ("cost", "cost")):
        if side in said:
            lines += _side(title, said[side])
    if record.first_price is not None and record.first_price != record.price:
        lines.append(f"  at first it cost {record.first_price:f}; rated again")
    return lines


def _side(title: str, said: dict[str, Any]) -> list[str]:
    plan = f"plan {said['plan']}: " if "plan" in said else ""
    markup = f" and {said['markup']:g} per cent" if "markup" in said else ""
    waiting = "".join(
        f", {text} {said[name]} s"
        for name, text in (("delay", "delay of"), ("discard", "nothing up to"))
        if said[name]
    )
    by = f"{plan}prefix {said['prefix']} at {said['base']} a minute{markup}"
    blocks = f"first block {said['first']} s, then {said['next']} s{waiting}"
    return [
        f"  {title}: {by}: {said['rate']} a minute",
        f"    {blocks}: {said['billed']} s charged, {said['price']}",
    ]


def _ledger(rows: list[Any]) -> list[str]:
    return [
        f"  ledger {row.id}: {row.kind} {row.account} {row.value:+f}, balance {row.balance:f}"
        + (f", corrects {row.corrects_id}" if row.corrects_id else "")
        for row in rows
    ]


def _plain(raw: Any, record: Any, ledger: list[Any]) -> dict[str, Any]:
    def values(row: Any) -> dict[str, Any] | None:
        if row is None:
            return None
        return {
            name: str(value) if isinstance(value, Decimal | dt.datetime) else value
            for name, value in row._mapping.items()
        }

    said = values(record)
    if said is not None and said["rating"]:
        said["rating"] = json.loads(said["rating"])
    return {"raw": values(raw), "record": said, "ledger": [values(row) for row in ledger]}
