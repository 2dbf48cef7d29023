"""Since when a reload waits, for the metrics."""

import sqlalchemy as sa
from alembic import op

from sippulse_ws.db.schema.frozen import UtcDateTimeColumn

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("proxy_reload", sa.Column("requested_at", UtcDateTimeColumn(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("proxy_reload") as table:
        table.drop_column("requested_at")
