"""Account codes that were somebody else's before: calls of then are not the new owner's."""

import sqlalchemy as sa
from alembic import op

from sippulse_ws.db.schema.frozen import TABLE_OPTIONS, KeyColumn, UtcDateTimeColumn

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None
# Programs that know only the schema before this one serve on it too.
additive = True


def upgrade() -> None:
    op.create_table(
        "former_name",
        sa.Column("digest", KeyColumn(length=64), nullable=False),
        sa.Column("until", UtcDateTimeColumn(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("digest", "until", "subscriber_id", name="pk_former_name"),
        **TABLE_OPTIONS,
    )


def downgrade() -> None:
    op.drop_table("former_name")
