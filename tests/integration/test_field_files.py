"""Small files that showed a fault once, each with its right outcome.

The tests of this module share a database; each file has a rate table or a kind of its own.
"""

import gzip
import shutil
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.models import Acc, Cdr, Did, Rate
from tests.fixtures.server import Cli

FIELD = Path(__file__).parents[1] / "data" / "field"


@pytest.fixture
def select(installed_url: str) -> Any:
    def run(statement: Any) -> list[tuple[Any, ...]]:
        database = Database(installed_url)
        try:
            with database.reading() as db:
                return [tuple(row) for row in db.execute(statement)]
        finally:
            database.close()

    return run


def rates(select: Any, rate_id: int) -> list[tuple[Any, ...]]:
    query = sa.select(Rate.prefix, Rate.name, Rate.rate_value).where(Rate.rate_id == rate_id)
    return [(prefix, name, str(value)) for prefix, name, value in select(query)]


def refused_lines(result: Any) -> list[int]:
    return [int(line.rpartition(".csv:")[2].split(":")[0]) for line in result.stderr.splitlines()]


def run(cli: Cli, kind: str, name: str, *options: str, status: int = 1) -> Any:
    return cli("import", kind, str(FIELD / name), *options, status=status)


def test_an_unquoted_decimal_comma_is_no_call_for_free(cli: Cli, select: Any) -> None:
    result = run(cli, "rates", "dec_comma.csv")
    assert refused_lines(result) == [2, 3, 4]
    assert "6 fields, not 5" in result.stderr
    assert rates(select, 31001) == [("5548", "FLORIANOPOLIS", "0.080000")]
    result = run(cli, "rates", "dec_comma.csv", "--decimal", ",")
    assert refused_lines(result) == [2, 3, 5]  # 0.08 has no comma now
    assert ("5521", "RIO DE JANEIRO", "0.090000") in rates(select, 31001)


def test_columns_that_nobody_knows_or_that_are_there_twice_are_named(cli: Cli, select: Any) -> None:
    result = run(cli, "rates", "opt.csv")
    for text in ("cadence", "txConnection, tx_conn", "twice"):
        assert text in result.stderr
    assert rates(select, 31003) == []
    ignoring = ("--ignore-column", "cadence", "--ignore-column", "tx_conn")
    run(cli, "rates", "opt.csv", *ignoring, status=0)
    assert select(sa.select(Rate.tx_connection).where(Rate.rate_id == 31003)) == [(30,)]


def test_a_brazilian_excels_file_is_read(cli: Cli, select: Any) -> None:
    result = run(cli, "rates", "excel_ptbr8.csv", status=0)
    assert "UTF-8 BOM, delimiter ;, decimal sign ," in result.stdout
    assert rates(select, 31002) == [("5511", "SÃO PAULO FIXO", "0.080000")]


def test_odd_numbers_are_refused_with_what_they_look_like(cli: Cli, select: Any) -> None:
    result = run(cli, "dids", "dids.csv")
    assert refused_lines(result) == [2, 3, 4, 6, 7, 8]
    for text in ("5.54E+12 is a number that a spreadsheet", "punctuation", "row 5", "3 fields"):
        assert text in result.stderr
    query = sa.select(Did.alias_username).where(Did.alias_username.startswith("55483025808"))
    assert select(query) == [("554830258081",)]


def test_prefixes_in_other_forms_are_refused_and_a_dialled_one_is_told(
    cli: Cli, select: Any
) -> None:
    result = run(cli, "rates", "forms.csv")
    assert sorted(refused_lines(result)) == [2, 3, 4, 5, 6, 8]
    assert "forms.csv:6: prefix: 005571 was stored" in result.stderr
    assert "5 refused" in result.stdout
    assert {("005571", "E", "0.080000"), ("5581", "F", "0.010000")} <= set(rates(select, 31004))


def test_a_second_leg_with_the_calls_identity_is_named(cli: Cli, select: Any) -> None:
    result = run(cli, "cdrs", "legs.csv")
    assert refused_lines(result) == [3]
    assert "same record as row 2" in result.stderr
    query = sa.select(Cdr.duration).where(Cdr.sip_call_id == "1706369600.6")
    assert sorted(select(query)) == [(12,), (60,)]


@pytest.mark.parametrize("domain", [(), ("--domain", "example.com")])
def test_asterisks_master_csv_is_read(
    cli: Cli, select: Any, domain: tuple[str, ...], tmp_path: Path
) -> None:
    line = (FIELD / "Master.csv").read_text()
    file = tmp_path / "Master.csv"
    file.write_text(line + line.replace("ANSWERED", "NO ANSWER").replace("1.1", "1.2"))
    result = cli("import", "cdrs", "--profile", "asterisk", *domain, str(file))
    assert "1 left out" in result.stdout
    query = sa.select(Cdr.call_start_time, Cdr.src_uri, Cdr.dst_uri, Cdr.caller_id, Cdr.duration)
    (row,) = select(query.where(Cdr.sip_call_id == "1.1"))
    assert (str(row[0]), *row[1:]) == (
        "2026-03-24 09:27:20",
        "sip:5548999990000@example.com",
        "sip:554830258080@example.com",
        "5548999990000",
        55,
    )


def test_a_stock_proxys_acc_is_read(cli: Cli, select: Any, tmp_path: Path) -> None:
    run(cli, "acc", "opensips_acc.csv", "--profile", "opensips", status=0)
    columns = Acc.callid, Acc.sip_code, Acc.sip_reason, Acc.from_tag, Acc.to_tag
    assert select(sa.select(*columns)) == [("c1", "486", "Busy Here", "ft", "tt")]
    dump = tmp_path / "acc.tsv"
    dump.write_text(
        "id\tmethod\tfrom_tag\tto_tag\tcallid\tsip_code\tsip_reason\ttime\tsrc_user\tsrc_domain\n"
        "1\tINVITE\tf\tt\tc2\t404\tNot Found\t2026-03-24 09:27:20\t1000\texample.com\n"
        "2\tINVITE\tf\tt\tc3\t200\tOK\t2026-03-24 09:27:20\t1000\texample.com\n"
        "3\tINVITE\tf\tt\tc4\t404\tNot Found\t2026-03-24 09:27:20\tx\telsewhere.org\n"
        "4\tINVITE\tf\tt\tc5\t404\tNot Found\t2026-03-24 09:27:20\tNULL\tNULL\n"
    )
    result = cli("import", "acc", "--profile", "kamailio", str(dump))
    assert "3 stored, 0 known already, 0 refused, 1 left out" in result.stdout
    told = Acc.callid, Acc.src_uri, Acc.caller_id, Acc.caller_domain
    assert select(sa.select(*told).where(Acc.callid != "c1").order_by(Acc.callid)) == [
        ("c2", "sip:1000@example.com", "1000", "example.com"),
        ("c4", "sip:x@elsewhere.org", "x", None),
        ("c5", None, None, None),
    ]


def test_calls_with_odd_fields_are_named_and_the_others_exact(cli: Cli, select: Any) -> None:
    result = run(cli, "cdrs", "cdrs.csv")
    assert refused_lines(result) == [3, 4, 5, 6, 7, 8, 10, 11, 12, 13]
    columns = Cdr.sip_call_id, Cdr.duration, Cdr.user_agent, Cdr.caller_id
    query = sa.select(*columns).where(Cdr.user_agent.is_not(None)).order_by(Cdr.sip_call_id)
    assert [row for row in select(query) if row[0] in ("a1", "a8")] == [
        ("a1", 127, 'Blink "0.2", (Windows)', '"Ana, Souza" <600001>'),
        ("a8", 5, "😀 phone", None),
    ]


@pytest.mark.parametrize("name", ["dids.csv", "legs.csv", "forms.csv"])
def test_refused_lines_come_as_they_were_and_go_in_when_mended(
    cli: Cli, name: str, tmp_path: Path
) -> None:
    kind = {"dids.csv": "dids", "legs.csv": "cdrs", "forms.csv": "rates"}[name]
    file, rejects = tmp_path / name, tmp_path / "rejects.csv"
    shutil.copy(FIELD / name, file)
    result = cli("import", kind, str(file), "--rejects", str(rejects), status=1)
    head, *lines = rejects.read_text().splitlines()
    source = file.read_text().splitlines()
    assert head == source[0]
    remarks = [line for line in lines if line.startswith("#! ")]
    as_they_came = [line for line in lines if not line.startswith("#! ")]
    numbers = [int(one.removeprefix("#! ").partition(":")[0]) for one in remarks]
    assert [source[number - 1] for number in numbers] == as_they_came
    assert len(numbers) == int(result.stdout.rpartition(" refused")[0].split()[-1])
    assert rejects.stat().st_mode & 0o777 == 0o600


def test_mended_lines_go_in_and_those_left_are_refused_again(cli: Cli, tmp_path: Path) -> None:
    file, rejects, again = (tmp_path / name for name in ("a.csv", "b.csv", "c.csv.gz"))
    bad = "(48)3025-9999,example.com\n5.5E+3,example.com\n"
    file.write_text("number,domain\n" + bad)
    cli("import", "dids", str(file), "--rejects", str(rejects), status=2)
    rejects.write_text(rejects.read_text().replace("(48)3025-9999", "554830259999"))
    result = cli("import", "dids", str(rejects), "--rejects", str(again), status=1)
    assert "1 stored, 1 refused" in result.stdout
    left = gzip.decompress(again.read_bytes()).decode().splitlines()
    assert left[0] == "number,domain"
    assert left[1].startswith("#! 5: number: 5.5E+3")
    assert left[2:] == ["5.5E+3,example.com"]


def test_without_refused_lines_there_is_no_file_of_them(cli: Cli, tmp_path: Path) -> None:
    file, rejects = tmp_path / "a.csv", tmp_path / "b.csv"
    file.write_text("number,domain\n554830259998,example.com\n")
    rejects.write_text("of another day")
    cli("import", "dids", str(file), "--rejects", str(rejects))
    assert not rejects.exists()


def test_what_is_said_of_a_file_is_saved_by_name(
    cli: Cli, select: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    file = tmp_path / "deck.csv"
    file.write_text("Prefixo;Destino;Tarifa;Obs\n5511;SÃO PAULO;0,08;x\n", encoding="cp1252")
    said: tuple[str, ...] = (
        "--map",
        "prefixo=prefix",
        "--map",
        "DESTINO=name",
        "--map",
        "tarifa=rateValue",
    )
    said = (*said, "--ignore-column", "obs", "--save-profile", "embratel")
    scope = ("--domain", "example.com", "--rate-id")
    assert "windows-1252" in cli("import", "rates", str(file), *said, *scope, "31010").stdout
    cli("import", "rates", "--profile", "embratel", str(file), *scope, "31011")
    assert rates(select, 31010) == rates(select, 31011) == [("5511", "SÃO PAULO", "0.080000")]
    refused = cli("import", "rates", "--profile", "embratl", str(file), *scope, "1", status=1)
    assert "embratel" in refused.stderr
    shipped = cli("import", "cdrs", str(FIELD / "cdrs.csv"), "--save-profile", "asterisk", status=1)
    assert "asterisk" in shipped.stderr


def test_decimal_signs_that_nothing_decides_refuse_the_file(
    cli: Cli, select: Any, tmp_path: Path
) -> None:
    file = tmp_path / "deck.csv"
    file.write_text("domain;rate_id;prefix;name;rate_value\nexample.com;31012;55;A;1.234\n")
    refused = cli("import", "rates", str(file), status=1)
    assert "1.234 (--decimal .) or 1234 (--decimal ,)" in refused.stderr
    assert rates(select, 31012) == []
    cli("import", "rates", str(file), "--decimal", ",")
    assert rates(select, 31012) == [("55", "A", "1234.000000")]
    piped = file.read_text().replace("31012", "31013").replace("1.234", "0,5")
    cli("import", "rates", "-", input=piped)
    assert rates(select, 31013) == [("55", "A", "0.500000")]


def test_missing_records_are_deleted_within_a_scope_when_asked(
    cli: Cli, select: Any, tmp_path: Path
) -> None:
    file = tmp_path / "table.csv"
    head = "domain,rate_id,prefix,name,rate_value\n"
    for table in (31014, 31015):
        file.write_text(head + "".join(f"example.com,{table},{n},N,1\n" for n in (1, 2, 3)))
        cli("import", "rates", str(file))
    file.write_text(head + "example.com,31014,2,N,1\n")
    missing = ("import", "rates", str(file), "--delete-missing")
    assert "--domain" in cli(*missing, status=1).stderr
    scope = ("--domain", "example.com", "--rate-id", "31014")
    shown = cli(*missing, *scope, "--dry-run")
    assert "2 records of example.com 31014" in shown.stderr
    cli(*missing, *scope, input="n\n", status=1)
    assert len(rates(select, 31014)) == 3
    assert "2 deleted" in cli(*missing, *scope, "--yes").stdout
    assert [row[0] for row in rates(select, 31014)] == ["2"]
    assert len(rates(select, 31015)) == 3
    file.write_text(head + "example.com,31015,x,N,1\nexample.com,31015,1,N,1\n")
    kept = cli(*missing, "--domain", "example.com", "--rate-id", "31015", "--yes", status=1)
    assert "nothing was deleted" in kept.stderr
    assert len(rates(select, 31015)) == 3


def test_ranges_and_punctuation_are_understood_when_asked(
    cli: Cli, select: Any, tmp_path: Path
) -> None:
    file = tmp_path / "dids.csv"
    file.write_text("number,domain\n554830259100-554830259104,example.com\n")
    refused = cli("import", "dids", str(file), status=2)
    assert "range" in refused.stderr
    assert "5 stored" in cli("import", "dids", str(file), "--ranges").stdout
    file.write_text("number,domain\n+55 (48) 3025-9104,example.com\n")
    assert "1 known" in cli("import", "dids", str(file), "--clean-numbers").stdout
