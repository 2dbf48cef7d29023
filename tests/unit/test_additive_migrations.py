"""What a migration may do that lets older programs go on serving."""

import pytest

from sippulse_ws.db.schema.additive import more_than_additions

HEAD = "additive = True\n\ndef upgrade():\n    "


@pytest.mark.parametrize(
    "added",
    [
        "op.create_table('t', sa.Column('a', sa.Integer(), nullable=False))",
        "op.add_column('t', sa.Column('a', sa.Integer(), nullable=True))",
        "op.add_column('t', sa.Column('a', sa.Integer(), nullable=False, server_default='0'))",
        "op.create_index('i', 't', ['a'])",
    ],
)
def test_additions_are_additive(added: str) -> None:
    assert more_than_additions(HEAD + added) == []


@pytest.mark.parametrize(
    "changed",
    [
        "op.add_column('t', sa.Column('a', sa.Integer(), nullable=False))",
        "op.create_index('i', 't', ['a'], unique=True)",
        "op.drop_column('t', 'a')",
        "op.execute('UPDATE t SET a = 1')",
        "op.create_foreign_key('f', 't', 'u', ['a'], ['b'])",
    ],
)
def test_what_older_programs_could_meet_is_not(changed: str) -> None:
    assert len(more_than_additions(HEAD + changed)) == 1
    assert more_than_additions((HEAD + changed).replace("additive = True", "")) == []
