"""What `calls show` prints of a call: its way, its rating step by step, its ledger rows."""

from __future__ import annotations

from sippulse_ws.cli.texts import Sentence
from sippulse_ws.wording import Wording


class CallSaid(Sentence):
    """A catalogue of lines and parts of lines, filled in by keyword arguments."""

    UNKNOWN = Wording(
        "nenhuma chamada com o call-id {call_id}", "no call with the call-id {call_id}"
    )
    TAGS = Wording(
        "chamada {call_id}, from-tag {from_tag}, to-tag {to_tag}",
        "call {call_id}, from-tag {from_tag}, to-tag {to_tag}",
    )
    ENDS = Wording(
        "  de {source} para {destination}, em {ip} com {agent}",
        "  from {source} to {destination}, at {ip} with {agent}",
    )
    ANSWERED = Wording(
        "  atendida {moment}Z, {seconds:.3f} s{ended}",
        "  answered {moment}Z, {seconds:.3f} s{ended}",
    )
    ENDED_BY_PROXY = Wording(", encerrada pelo proxy", ", ended by the proxy")
    ROUTE = Wording(
        "  proxy {proxy}, {gateway}, serviço {service}, número {number}",
        "  proxy {proxy}, {gateway}, service {service}, number {number}",
    )
    GATEWAY = Wording("gateway {id} ({address})", "gateway {id} ({address})")
    NO_GATEWAY = Wording("sem gateway", "no gateway")
    ACCOUNT = Wording(
        "  conta {account}, admitida como: {basis}", "  account {account}, admitted as: {basis}"
    )
    NOT_ASKED = Wording("não perguntado", "not asked")
    NOT_RATED = Wording("  ainda não tarifada", "  not rated yet")
    CHARGING_WAS_OFF = Wording(
        "  feita com a tarifação desligada, nunca tarifada",
        "  made while charging was off, never rated",
    )
    NO_RECORD = Wording("  sem registro próprio: {reason}", "  no record of its own: {reason}")
    WHOLE_SECONDS = Wording("  segundos inteiros: {seconds}", "  whole seconds: {seconds}")
    UNRATED = Wording("  não pôde ser tarifada: {reason}", "  could not be rated: {reason}")
    FREE = Wording("  grátis: {why}", "  free: {why}")
    FIRST_PRICE = Wording(
        "  de início custou {price:f}; tarifada de novo",
        "  at first it cost {price:f}; rated again",
    )
    SALE = Wording("preço", "price")
    RESELLER = Wording("preço da revenda", "reseller's price")
    COST = Wording("custo", "cost")
    PLAN = Wording("plano {plan}: ", "plan {plan}: ")
    MARKUP = Wording(" e {markup:g} por cento", " and {markup:g} per cent")
    DELAY = Wording(", carência de {seconds} s", ", delay of {seconds} s")
    DISCARD = Wording(", nada até {seconds} s", ", nothing up to {seconds} s")
    BY_RATE = Wording(
        "  {title}: {plan}prefixo {prefix} a {base} por minuto{markup}: {rate} por minuto",
        "  {title}: {plan}prefix {prefix} at {base} a minute{markup}: {rate} a minute",
    )
    BLOCKS = Wording(
        "    primeiro bloco {first} s, depois {next} s{waiting}: {billed} s cobrados, {price}",
        "    first block {first} s, then {next} s{waiting}: {billed} s charged, {price}",
    )
    LEDGER = Wording(
        "  livro-razão {id}: {kind} {account} {value:+f}, saldo {balance:f}{corrects}",
        "  ledger {id}: {kind} {account} {value:+f}, balance {balance:f}{corrects}",
    )
    CORRECTS = Wording(", corrige {id}", ", corrects {id}")
