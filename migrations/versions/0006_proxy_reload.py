"""Queue of reloads for SIP proxies."""

import sqlalchemy as sa
from alembic import op

from sippulse_ws.models.base import MYSQL_OPTIONS
from sippulse_ws.models.types import Key, UtcDateTime

revision = "0006"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proxy_reload",
        sa.Column("proxy", Key(length=128), nullable=False),
        sa.Column("table", Key(length=16), nullable=False),
        sa.Column("requests", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("proxy", "table", name="pk_proxy_reload"),
        **MYSQL_OPTIONS,
    )


def downgrade() -> None:
    op.drop_table("proxy_reload")
