"""What holds for a new installation and what for one that is upgraded."""

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.db.schema.migrate import upgrade
from sippulse_ws.domain.local_time import find_timezone
from sippulse_ws.domain.stored_settings import CHARGING, TIMEZONE, find_stored


@pytest.mark.parametrize(
    ("used", "timezone", "charging"),
    [(False, "America/Sao_Paulo", "on"), (True, "UTC", "off")],
)
def test_an_upgrade_changes_nothing_by_itself(
    empty_database_url: str, used: bool, timezone: str, charging: str
) -> None:
    database = Database(empty_database_url)
    upgrade(database, "0006")
    if used:
        with database.writing() as db:
            db.execute(sa.text("INSERT INTO domain (domain) VALUES ('example.com')"))
    upgrade(database)
    with database.reading() as db:
        assert find_stored(db, TIMEZONE) == timezone
        assert find_stored(db, CHARGING) == charging
        assert find_timezone(db, None).key == timezone
        assert find_timezone(db, "Europe/Lisbon").key == "Europe/Lisbon"
    database.close()
