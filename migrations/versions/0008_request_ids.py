"""What clients and proxies call a request, beside our own name for it in the audit trail."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit", sa.Column("client_request_id", sa.String(length=64), nullable=True))
    op.add_column("audit", sa.Column("traceparent", sa.String(length=55), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("audit") as audit:
        audit.drop_column("traceparent")
        audit.drop_column("client_request_id")
