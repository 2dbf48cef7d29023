"""The operator's clock, at the last changes of summer time in Brazil and elsewhere."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from sippulse_ws.config import ConfigurationError, load_settings
from sippulse_ws.domain.local_time import (
    local_day,
    start_of_day,
    start_of_month,
    wall_time,
)

BRAZIL = ZoneInfo("America/Sao_Paulo")


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2026-03-24 12:27:20", "2026-03-24 09:27:20"),
        # the last beginning of summer time, on 4 November 2018: 0 h became 1 h
        ("2018-11-04 02:59:59", "2018-11-03 23:59:59"),
        ("2018-11-04 03:00:00", "2018-11-04 01:00:00"),
        ("2018-12-31 12:00:00", "2018-12-31 10:00:00"),
        # its last end, on 17 February 2019: 24 h became 23 h
        ("2019-02-17 01:30:00", "2019-02-16 23:30:00"),
        ("2019-02-17 02:30:00", "2019-02-16 23:30:00"),
        ("2019-02-17 03:00:00", "2019-02-17 00:00:00"),
        # and none began in the years after
        ("2019-11-03 12:00:00", "2019-11-03 09:00:00"),
        ("2020-01-15 12:00:00", "2020-01-15 09:00:00"),
    ],
)
def test_what_a_clock_shows(moment: str, shown: str) -> None:
    assert wall_time(utc(moment), BRAZIL) == dt.datetime.fromisoformat(shown)


def test_parts_of_a_second_are_not_shown() -> None:
    moment = utc("2026-03-24 12:27:20.999999")
    assert str(wall_time(moment, ZoneInfo("UTC"))) == "2026-03-24 12:27:20"


@pytest.mark.parametrize(
    ("day", "began"),
    [
        ("2026-03-24", "2026-03-24 03:00:00"),
        ("2018-11-03", "2018-11-03 03:00:00"),
        ("2018-11-04", "2018-11-04 03:00:00"),  # at one o'clock
        ("2018-11-05", "2018-11-05 02:00:00"),
        ("2019-02-16", "2019-02-16 02:00:00"),
        ("2019-02-17", "2019-02-17 03:00:00"),  # the day before had 25 hours
    ],
)
def test_when_a_day_begins(day: str, began: str) -> None:
    moment = start_of_day(dt.date.fromisoformat(day), BRAZIL)
    assert moment == utc(began)
    assert local_day(moment, BRAZIL) == dt.date.fromisoformat(day)
    a_moment_before = moment - dt.timedelta(microseconds=1)
    assert local_day(a_moment_before, BRAZIL) < dt.date.fromisoformat(day)


def test_a_month_begins_in_the_zone() -> None:
    assert start_of_month(dt.date(2018, 11, 30), BRAZIL) == utc("2018-11-01 03:00:00")
    assert start_of_month(dt.date(2019, 2, 28), BRAZIL) == utc("2019-02-01 02:00:00")


@pytest.mark.parametrize("name", ["Brasilia", "../etc/passwd", "America", "/etc/localtime"])
def test_a_zone_that_is_none_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIPPULSE_TIMEZONE", name)
    with pytest.raises(ConfigurationError, match="SIPPULSE_TIMEZONE: not a time zone"):
        load_settings()
