"""Rights are read out of SHOW GRANTS, however a schema's name is written there."""

import pytest

from sippulse_ws.ops.rights import ON_EVERY_SCHEMA, read_grants

ACCOUNT = "TO `op`@`%`"


@pytest.mark.parametrize(
    ("line", "schema"),
    [
        (f"GRANT SELECT, INSERT ON `sippulse`.* {ACCOUNT}", "sippulse"),
        (f"GRANT SELECT, INSERT ON `sip\\_pulse`.* {ACCOUNT}", "sip_pulse"),
        (f"GRANT SELECT, INSERT ON `pulse novo é`.* {ACCOUNT}", "pulse novo é"),
        (f"GRANT SELECT, INSERT ON `pulse.2026`.* {ACCOUNT}", "pulse.2026"),
        (f"GRANT SELECT, INSERT ON `a``b TO c`.* {ACCOUNT}", "a`b TO c"),
        (f'GRANT SELECT, INSERT ON "pulse novo".* {ACCOUNT}', "pulse novo"),
        (f"GRANT ALL PRIVILEGES ON `pulse %`.* {ACCOUNT} WITH GRANT OPTION", "pulse 2026"),
        ("GRANT SELECT, INSERT ON *.* TO 'a b'@'%'", "any at all"),
    ],
)
def test_a_right_on_a_schema_is_found(line: str, schema: str) -> None:
    granted = read_grants([line])
    assert granted.has("INSERT", schema)
    assert granted.has("INSERT", "others") == ("*.*" in line)
    assert granted.has("GRANT OPTION", schema) == ("WITH GRANT OPTION" in line)


def test_only_the_most_exact_name_counts() -> None:
    exact, wide, wider = r"`sip\_pulse`", "`sip_pulse`", "`si%`"
    granted = read_grants(
        [
            f"GRANT DELETE ON {wider}.* {ACCOUNT}",
            f"GRANT INSERT ON {exact}.* {ACCOUNT}",
            f"GRANT SELECT ON {wide}.* {ACCOUNT}",
        ]
    )
    rights = ("SELECT", "INSERT", "DELETE")
    for schema, right in (("sip_pulse", "INSERT"), ("sipxpulse", "SELECT"), ("sip", "DELETE")):
        assert [one for one in rights if granted.has(one, schema)] == [right]


def test_a_right_on_one_table_is_none_on_the_schema() -> None:
    granted = read_grants([f"GRANT SELECT ON `pulse novo`.`a table` {ACCOUNT}"])
    assert not granted.has("SELECT", "pulse novo")
    assert not granted.has("SELECT", ON_EVERY_SCHEMA)
