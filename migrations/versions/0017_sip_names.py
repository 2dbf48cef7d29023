"""One owner for each name of a domain, subscriber or alias.

Where an old race left a subscriber and an alias of the same name, both stay, and the name is the
subscriber's.
"""

import sqlalchemy as sa
from alembic import op

from sippulse_ws.db.schema.frozen import TABLE_OPTIONS, KeyColumn

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sip_name",
        sa.Column("username", KeyColumn(length=64), nullable=False),
        sa.Column("domain", KeyColumn(length=64), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=True),
        sa.Column("db_alias_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("username", "domain", name="pk_sip_name"),
        sa.ForeignKeyConstraint(
            ["domain"], ["domain.domain"], name="fk_sip_name_domain", onupdate="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name="fk_sip_name_subscriber_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["db_alias_id"], ["db_alias.id"], name="fk_sip_name_db_alias_id", ondelete="CASCADE"
        ),
        **TABLE_OPTIONS,
    )
    for column in ("domain", "subscriber_id", "db_alias_id"):
        op.create_index(f"ix_sip_name_{column}", "sip_name", [column])
    op.execute(
        "INSERT INTO sip_name (username, domain, subscriber_id) "
        "SELECT username, domain, id FROM subscriber"
    )
    op.execute(
        "INSERT INTO sip_name (username, domain, db_alias_id) "
        "SELECT alias_username, alias_domain, id FROM db_alias WHERE NOT EXISTS "
        "(SELECT 1 FROM subscriber WHERE username = alias_username AND domain = alias_domain)"
    )


def downgrade() -> None:
    op.drop_table("sip_name")
