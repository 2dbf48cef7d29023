"""Rows that two requests both change: on a Galera cluster locks end at each node."""

import sqlalchemy as sa
from alembic import op

from sippulse_ws.db.schema.frozen import TABLE_OPTIONS, KeyColumn

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None
# Programs that know only the schema before this one serve on it too.
additive = True


def upgrade() -> None:
    op.create_table(
        "guard",
        sa.Column("name", KeyColumn(length=64), nullable=False),
        sa.Column("touched", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_guard"),
        **TABLE_OPTIONS,
    )


def downgrade() -> None:
    op.drop_table("guard")
