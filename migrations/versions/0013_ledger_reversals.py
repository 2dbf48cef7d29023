"""Ledger rows that take back another one; the ledger by account."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("credit_ledger", sa.Column("reverses", sa.BigInteger(), nullable=True))
    op.create_index("ix_credit_ledger_reverses", "credit_ledger", ["reverses"], unique=True)
    op.create_index("ix_credit_ledger_account_at", "credit_ledger", ["account", "at"])


def downgrade() -> None:
    op.drop_index("ix_credit_ledger_account_at", table_name="credit_ledger")
    op.drop_index("ix_credit_ledger_reverses", table_name="credit_ledger")
    with op.batch_alter_table("credit_ledger") as ledger:
        ledger.drop_column("reverses")
