"""`sippulse-ws calls …`: calls that were rated, could not be, or were rated wrongly."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from decimal import Decimal
from typing import Annotated, Any

import typer

from sippulse_ws.charging.rated_call import REMOVED_ACCOUNT
from sippulse_ws.charging.rerating import (
    Rerated,
    Selection,
    find_call,
    list_unrated,
    queue_unrated,
    rerate,
)
from sippulse_ws.charging.rows import CallLedgerRow, RawCallRow, WholeRecord
from sippulse_ws.charging.terms import NO_RATE
from sippulse_ws.cli.call_texts import CallSaid
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
    told,
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
    limit: Annotated[int, typer.Option(min=1, help="Show at most this many.")] = 1000,
    again: Annotated[
        bool, typer.Option("--again", help="Let the background process rate them again.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Show the calls that could not be rated, and why; the exit status is 1 if there are any."""
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
    """Rate calls again by present rates and plans, and correct the balances.

    Records keep their first price too; each correction is a ledger row that refers to the first.
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
            given = {"from": start.date(), "to": last.date(), "account": account, "plan": plan}
            with database.writing() as db:
                record_command(db, "calls rerate", given)
    _tell_differences(found, dry_run)


@app.command("show")
def calls_show(
    call_id: Annotated[str, typer.Argument(help="Its SIP call-id.", metavar="CALL-ID")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a call: its way, its rating step by step, and its effect on balances."""
    with reading() as db:
        found = find_call(db, call_id)
    if not found:
        raise fail(CallSaid.UNKNOWN, call_id=call_id)
    if as_json:
        typer.echo(json.dumps([_plain(*one) for one in found], ensure_ascii=False, indent=2))
        return
    for raw, record, ledger in found:
        lines = [*_way(raw), *_steps(raw, record), *_ledger(ledger)]
        typer.echo("\n".join(lines))


_UNPRICED = {NO_RATE: Said.CALLS_WITHOUT_RATE, REMOVED_ACCOUNT: Said.CALLS_OF_REMOVED}


def _tell_differences(found: list[Rerated], dry_run: bool) -> None:
    print_table(
        "started (UTC);account;number;seconds;before;after;difference;call-id".split(";"),
        [_difference(one) for one in found],
    )
    priced = [one for one in found if one.missing is None]
    total = sum((one.difference for one in priced), Decimal(0))
    done = Said.CALLS_WOULD_CHANGE if dry_run else Said.CALLS_CHANGED
    say(done, count=len(priced), total=f"{total:f}")
    for reason, count in Counter(one.missing for one in found if one.missing).items():
        say(_UNPRICED.get(reason, Said.CALLS_WITHOUT_PRICE), count=count, reason=reason)


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


def _way(raw: RawCallRow) -> list[str]:
    gateway = (
        CallSaid.GATEWAY.value.fill(id=raw.gateway_id, address=raw.gateway_address)
        if raw.gateway_id
        else CallSaid.NO_GATEWAY.value
    )
    ended = CallSaid.ENDED_BY_PROXY.value if raw.ended_by == "proxy" else ""
    moment, seconds = f"{raw.started:%Y-%m-%d %H:%M:%S.%f}"[:-3], raw.duration_ms / 1000
    basis = raw.basis or CallSaid.NOT_ASKED.value
    return [
        told(CallSaid.TAGS, call_id=raw.call_id, from_tag=raw.from_tag, to_tag=raw.to_tag),
        told(
            CallSaid.ENDS,
            source=raw.src_uri,
            destination=raw.dst_uri,
            ip=raw.src_ip,
            agent=raw.user_agent,
        ),
        told(CallSaid.ANSWERED, moment=moment, seconds=seconds, ended=ended),
        told(
            CallSaid.ROUTE,
            proxy=raw.proxy,
            gateway=gateway,
            service=raw.service,
            number=raw.number,
        ),
        told(CallSaid.ACCOUNT, account=raw.account, basis=basis),
    ]


def _steps(raw: RawCallRow, record: WholeRecord | None) -> list[str]:
    if raw.state == 0:
        return [told(CallSaid.NOT_RATED)]
    if raw.state == 3:
        return [told(CallSaid.CHARGING_WAS_OFF)]
    if record is None or record.raw_id != raw.id:
        return [told(CallSaid.NO_RECORD, reason=raw.reason)]
    said = json.loads(record.rating or "{}")
    lines = [told(CallSaid.WHOLE_SECONDS, seconds=said.get("seconds", record.duration))]
    if missing := said.get("missing"):
        lines.append(told(CallSaid.UNRATED, reason=missing))
    elif "sale" not in said:
        why = f"{raw.service} {raw.basis}".rstrip()
        lines.append(told(CallSaid.FREE, why=why).rstrip())
    for side, title in _SIDES.items():
        if side in said:
            lines += _side(title, said[side])
    if record.first_price is not None and record.first_price != record.price:
        lines.append(told(CallSaid.FIRST_PRICE, price=record.first_price))
    return lines


_SIDES = {"sale": CallSaid.SALE, "reseller": CallSaid.RESELLER, "cost": CallSaid.COST}


def _side(title: CallSaid, said: dict[str, Any]) -> list[str]:
    waiting = "".join(
        told(part, seconds=said[name])
        for name, part in (("delay", CallSaid.DELAY), ("discard", CallSaid.DISCARD))
        if said[name]
    )
    return [
        told(
            CallSaid.BY_RATE,
            title=title.value,
            plan=told(CallSaid.PLAN, plan=said["plan"]) if "plan" in said else "",
            prefix=said["prefix"],
            base=said["base"],
            markup=told(CallSaid.MARKUP, markup=said["markup"]) if "markup" in said else "",
            rate=said["rate"],
        ),
        told(
            CallSaid.BLOCKS,
            first=said["first"],
            next=said["next"],
            waiting=waiting,
            billed=said["billed"],
            price=said["price"],
        ),
    ]


def _ledger(rows: list[CallLedgerRow]) -> list[str]:
    return [
        told(
            CallSaid.LEDGER,
            id=row.id,
            kind=row.kind,
            account=row.account,
            value=row.value,
            balance=row.balance,
            corrects=told(CallSaid.CORRECTS, id=row.corrects_id) if row.corrects_id else "",
        )
        for row in rows
    ]


def _plain(
    raw: RawCallRow, record: WholeRecord | None, ledger: list[CallLedgerRow]
) -> dict[str, Any]:
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
