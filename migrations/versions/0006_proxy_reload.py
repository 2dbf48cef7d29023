"""Queue of reloads for SIP proxies."""

import sqlalchemy as sa
from alembic import op

from sippulse_ws.db.schema.frozen import TABLE_OPTIONS, KeyColumn, UtcDateTimeColumn

revision = "0006"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proxy_reload",
        sa.Column("proxy", KeyColumn(length=128), nullable=False),
        sa.Column("table", KeyColumn(length=16), nullable=False),
        sa.Column("requests", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", UtcDateTimeColumn(), nullable=False),
        sa.PrimaryKeyConstraint("proxy", "table", name="pk_proxy_reload"),
        **TABLE_OPTIONS,
    )


def downgrade() -> None:
    op.drop_table("proxy_reload")
