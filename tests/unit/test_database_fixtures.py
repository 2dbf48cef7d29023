"""The fixtures that every database test stands on."""

import pytest
import sqlalchemy as sa


def test_database_is_empty_and_of_the_asked_engine(
    empty_database_url: str, engine_kind: str
) -> None:
    engine = sa.create_engine(empty_database_url)
    try:
        assert sa.inspect(engine).get_table_names() == []
        with engine.connect() as connection:
            # MySQL stands in for MariaDB where the tests are told its URL
            probe = "SELECT sqlite_version()" if engine_kind == "sqlite" else "SELECT @@datadir"
            assert connection.scalar(sa.text(probe))
    finally:
        engine.dispose()


@pytest.mark.engines("mariadb")
def test_engines_marker_restricts_a_test(engine_kind: str) -> None:
    assert engine_kind == "mariadb"
