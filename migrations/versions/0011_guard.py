"""Who wrote a number, and failed logins counted in the audit trail."""

import sqlalchemy as sa
from alembic import op

from sippulse_ws.db.schema.frozen import KeyColumn

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("did") as table:
        origin = sa.Column(
            "origin", sa.String(16), server_default=sa.text("'administrator'"), nullable=False
        )
        table.add_column(origin)
    # They were reached by everybody until now; the operator is told which they are.
    op.execute("UPDATE did SET origin = 'upgrade' WHERE inventory_domain IS NULL")
    with op.batch_alter_table("audit") as table:
        table.add_column(
            sa.Column("times", sa.Integer(), server_default=sa.text("1"), nullable=False)
        )
        table.add_column(sa.Column("once", KeyColumn(length=40), nullable=True))
        table.create_unique_constraint("uq_audit_once", ["once"])


def downgrade() -> None:
    with op.batch_alter_table("audit") as table:
        table.drop_constraint("uq_audit_once", type_="unique")
        table.drop_column("once")
        table.drop_column("times")
    with op.batch_alter_table("did") as table:
        table.drop_column("origin")
