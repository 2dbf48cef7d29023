"""Reloads that are asked for at the same time, on whatever server: they share one."""

import sqlalchemy as sa
from alembic import op

from sippulse_ws.db.schema.frozen import TABLE_OPTIONS, KeyColumn

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None
# Programs that know only the schema before this one serve on it too.
additive = True


def upgrade() -> None:
    op.create_table(
        "reload_turn",
        sa.Column("proxy", KeyColumn(length=128), nullable=False),
        sa.Column("table", KeyColumn(length=16), nullable=False),
        sa.Column("begun", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("ended", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(length=2000), nullable=True),
        sa.PrimaryKeyConstraint("proxy", "table", name="pk_reload_turn"),
        **TABLE_OPTIONS,
    )


def downgrade() -> None:
    op.drop_table("reload_turn")
