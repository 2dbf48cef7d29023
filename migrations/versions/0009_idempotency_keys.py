"""Outcomes of requests that came with an idempotency key."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from sippulse_ws.db.schema.frozen import TABLE_OPTIONS, KeyColumn, UtcDateTimeColumn

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "idempotency_key",
        sa.Column("token", KeyColumn(length=64), nullable=False),
        sa.Column("digest", KeyColumn(length=64), nullable=False),
        sa.Column("at", UtcDateTimeColumn(), nullable=False),
        sa.Column("login", KeyColumn(length=160), nullable=False),
        sa.Column("operation", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column(
            "answer",
            sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb"),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("token", name="pk_idempotency_key"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_idempotency_key_at", "idempotency_key", ["at"])


def downgrade() -> None:
    op.drop_table("idempotency_key")
