"""What is known of a call that holds money: whether it ended, is lost, or should have been heard of."""

import sqlalchemy as sa
from alembic import op

from sippulse_ws.db.schema.frozen import KeyColumn, UtcDateTimeColumn

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None
# Programs that know only the schema before this one serve on it too.
additive = True


def upgrade() -> None:
    op.add_column(
        "call_hold",
        sa.Column("service", KeyColumn(length=32), server_default=sa.text("''"), nullable=False),
    )
    op.add_column("call_hold", sa.Column("due_at", UtcDateTimeColumn(), nullable=True))
    op.add_column("call_hold", sa.Column("ended_at", UtcDateTimeColumn(), nullable=True))
    op.add_column("call_hold", sa.Column("lost_at", UtcDateTimeColumn(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("call_hold") as table:
        for name in ("due_at", "ended_at", "lost_at", "service"):
            table.drop_column(name)
