"""Price lists that wait for their day, and those that were replaced."""

import sqlalchemy as sa
from alembic import op

from sippulse_ws.db.schema.frozen import TABLE_OPTIONS, KeyColumn, MoneyColumn, UtcDateTimeColumn

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "price_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("domain", KeyColumn(length=64), nullable=False),
        sa.Column("rate_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTimeColumn(), nullable=False),
        sa.Column("created_by", KeyColumn(length=160), nullable=False),
        sa.Column("source", sa.String(length=255), server_default=sa.text("''"), nullable=False),
        sa.Column("sha256", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("effective_at", UtcDateTimeColumn(), nullable=True),
        sa.Column("applied_at", UtcDateTimeColumn(), nullable=True),
        sa.Column("replaced_by", sa.Integer(), nullable=True),
        *(
            sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)
            for name in ("added", "removed", "changed")
        ),
        sa.ForeignKeyConstraint(
            ["domain"],
            ["domain.domain"],
            name="fk_price_list_domain",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_price_list"),
        **TABLE_OPTIONS,
    )
    op.create_index(
        "ix_price_list_domain_rate_id_state", "price_list", ["domain", "rate_id", "state"]
    )
    op.create_index("ix_price_list_state_effective_at", "price_list", ["state", "effective_at"])
    op.create_table(
        "price_list_row",
        sa.Column("price_list_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("prefix", KeyColumn(length=20), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("rate_value", MoneyColumn(), server_default=sa.text("0"), nullable=False),
        sa.Column("service_type", sa.String(length=32), nullable=True),
        sa.Column("cadency", sa.Integer(), nullable=True),
        sa.Column("tx_connection", sa.Integer(), nullable=True),
        sa.Column("tx_delay", sa.Integer(), nullable=True),
        sa.Column("tx_discard", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["price_list_id"],
            ["price_list.id"],
            name="fk_price_list_row_price_list_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("price_list_id", "prefix", name="pk_price_list_row"),
        **TABLE_OPTIONS,
    )


def downgrade() -> None:
    op.drop_table("price_list_row")
    op.drop_table("price_list")
