"""Rated calls remember their raw record, how they were rated and what they cost at first."""

import sqlalchemy as sa
from alembic import op

from sippulse_ws.db.schema.frozen import MoneyColumn

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

RECORD = ("raw_id", "rating", "first_price", "first_reseller_price")


def upgrade() -> None:
    op.add_column("cdr", sa.Column("raw_id", sa.BigInteger(), nullable=True))
    op.add_column("cdr", sa.Column("rating", sa.Text(), nullable=True))
    op.add_column("cdr", sa.Column("first_price", MoneyColumn(), nullable=True))
    op.add_column("cdr", sa.Column("first_reseller_price", MoneyColumn(), nullable=True))
    op.add_column("credit_ledger", sa.Column("raw_id", sa.BigInteger(), nullable=True))
    op.add_column("credit_ledger", sa.Column("corrects_id", sa.BigInteger(), nullable=True))
    op.create_index("ix_credit_ledger_raw_id", "credit_ledger", ["raw_id"])


def downgrade() -> None:
    op.drop_index("ix_credit_ledger_raw_id", table_name="credit_ledger")
    for column in ("raw_id", "corrects_id"):
        op.drop_column("credit_ledger", column)
    for column in RECORD:
        op.drop_column("cdr", column)
