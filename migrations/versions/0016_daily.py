"""What runs by itself: quotas, low and expired credit, fees of DIDs, statistics."""

import sqlalchemy as sa
from alembic import op

from sippulse_ws.db.schema.frozen import (
    TABLE_OPTIONS,
    BigIdColumn,
    KeyColumn,
    MoneyColumn,
    UtcDateTimeColumn,
)

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ZERO = sa.text("0")
TABLES = ("daily_task", "low_credit_notice", "credit_expiry", "did_fee", "daily_statistics")


def upgrade() -> None:
    op.create_table(
        "daily_task",
        sa.Column("name", KeyColumn(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_daily_task"),
        **TABLE_OPTIONS,
    )
    _credit()
    op.create_table(
        "did_fee",
        sa.Column("did_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("value", MoneyColumn(), server_default=ZERO, nullable=False),
        sa.PrimaryKeyConstraint("did_id", "month", name="pk_did_fee"),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "daily_statistics",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("account_code", KeyColumn(length=129), nullable=False),
        sa.Column("service", KeyColumn(length=32), nullable=False),
        sa.Column("calls", sa.Integer(), server_default=ZERO, nullable=False),
        sa.Column("seconds", BigIdColumn, nullable=False),
        sa.Column("price", MoneyColumn(), server_default=ZERO, nullable=False),
        sa.Column("unrated", sa.Integer(), server_default=ZERO, nullable=False),
        sa.PrimaryKeyConstraint("day", "account_code", "service", name="pk_daily_statistics"),
        **TABLE_OPTIONS,
    )


def _credit() -> None:
    op.create_table(
        "low_credit_notice",
        sa.Column("subscriber_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ledger_id", BigIdColumn, nullable=False),
        sa.Column("at", UtcDateTimeColumn(), nullable=False),
        sa.Column("mailed_at", UtcDateTimeColumn(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=ZERO, nullable=False),
        sa.Column("due_at", UtcDateTimeColumn(), nullable=False),
        sa.Column("error", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name="fk_low_credit_notice_subscriber_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", name="pk_low_credit_notice"),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "credit_expiry",
        sa.Column("subscriber_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("expired_at", UtcDateTimeColumn(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name="fk_credit_expiry_subscriber_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "expired_at", name="pk_credit_expiry"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_subscriber_credit_expires_at", "subscriber", ["credit_expires_at"])


def downgrade() -> None:
    op.drop_index("ix_subscriber_credit_expires_at", table_name="subscriber")
    for table in reversed(TABLES):
        op.drop_table(table)
