"""Call records and failed calls as integrators know them, and CSV files of them."""

import csv
import io
from collections.abc import Iterable
from typing import Any

CALL = {
    "call_start_time": "2026-03-24 09:27:20",
    "src_uri": "sip:600002@example.com",
    "dst_uri": "sip:554830258080@192.0.2.11",
    "caller_domain": "example.com",
    "caller_id": "600002",
    "sip_call_id": "a84b4c76e66710@198.51.100.7",
    "sip_from_tag": "1928301774",
    "sip_to_tag": "a6c85cf",
    "duration": "127",
    "rate": "0.197",
    "price": "2.36",
    "accountcode": "600002@example.com",
    "service": "pstn",
    "rateplan_name": "PRÉ-BRONZE",
    "rateplan_tx_conn": "30",
    "rateplan_cadency": "6",
    "rateplan_markup": "20.5",
    "rateplan_prepaid": "1",
    "rateplan_rateid": "20000",
    "reseller_id": "1",
    "reseller_name": "Revenda ACME",
    "reseller_rateplan_id": "2000",
    "gwid": "12001",
    "gw_address": "201.64.23.11",
    "gw_name": "Gateway SP",
    "gw_rateid": "30000",
    "providerid": "2",
    "provider_name": "OperadoraSul",
    "provider_tx_conn": "30",
    "provider_cadency": "1",
    "profile": "DEFAULT",
    "user_agent": "Blink 0.2.7 (Windows)",
    "src_ip": "2001:db8:85a3:8d3:1319:8a2e:370:7348",
    "matched_prefix": "5511",
    "matched_prefix_name": "SAO PAULO FIXO",
    "reseller_rate": "0.15",
    "reseller_price": "1.25",
    "reseller_matched_prefix": "5517",
    "reseller_matched_prefix_name": "RIO DE JANEIRO",
    "cost": "0.23",
    "cost_price": "0.8",
}
# As rows of the view come back, without the id.
CALL_ROW: dict[str, Any] = CALL | {
    "rate": 0.197,
    "price": 2.36,
    "rateplan_tx_conn": 30,
    "rateplan_cadency": 6,
    "rateplan_markup": 20.5,
    "rateplan_prepaid": 1,
    "rateplan_rateid": 20000,
    "reseller_id": 1,
    "reseller_rateplan_id": 2000,
    "gwid": 12001,
    "gw_rateid": 30000,
    "providerid": 2,
    "provider_tx_conn": 30,
    "provider_cadency": 1,
    "reseller_rate": 0.15,
    "reseller_price": 1.25,
    "cost": 0.23,
    "cost_price": 0.8,
}
FAILED_CALL = {
    "time": "2026-03-24 09:27:20",
    "sip_code": "408",
    "sip_reason": "Request Timeout",
    "src_uri": "sip:600002@example.com",
    "dst_uri": "sip:554830258080@192.0.2.11",
    "caller_domain": "example.com",
    "caller_id": "600002",
    "callid": "a84b4c76e66710@198.51.100.7",
    "from_tag": "1928301774",
    "to_tag": "",
    "accountcode": "600002@example.com",
    "service": "pstn",
    "gwid": "12001",
    "profile": "DEFAULT",
    "user_agent": "Blink 0.2.7 (Windows)",
    "src_ip": "189.4.123.226",
    "poippi_origem": "4801",
    "poippi_destino": "4802",
    "eot_origem": "AAA",
    "eot_destino": "BBB",
    "direction": "outbound",
    "descritor": "LOCAL",
}


def call(number: int = 1, **values: str) -> dict[str, str]:
    """A call record; another number is another call."""
    return CALL | {"sip_call_id": f"call-{number}@198.51.100.7"} | values


def failed_call(number: int = 1, **values: str) -> dict[str, str]:
    return FAILED_CALL | {"callid": f"call-{number}@198.51.100.7"} | values


def csv_text(rows: Iterable[dict[str, str]]) -> str:
    """A file with the columns of the first row."""
    rows = list(rows)
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()
