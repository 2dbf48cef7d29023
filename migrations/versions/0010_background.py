"""The background process's lease and jobs, stored settings, outbox of events."""

import sqlalchemy as sa
from alembic import op

from sippulse_ws.db.schema.frozen import TABLE_OPTIONS, BigIdColumn, KeyColumn, UtcDateTimeColumn

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _background()
    _settings()
    _events()


def _background() -> None:
    lease = op.create_table(
        "background_lease",
        sa.Column("name", KeyColumn(length=32), nullable=False),
        sa.Column("holder", KeyColumn(length=128), nullable=True),
        sa.Column("beat", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("since", UtcDateTimeColumn(), nullable=True),
        sa.Column("beat_at", UtcDateTimeColumn(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_background_lease"),
        **TABLE_OPTIONS,
    )
    op.bulk_insert(lease, [{"name": "background"}])
    op.create_table(
        "background_job",
        sa.Column("name", KeyColumn(length=64), nullable=False),
        sa.Column("succeeded_at", UtcDateTimeColumn(), nullable=True),
        sa.Column("failed_at", UtcDateTimeColumn(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_background_job"),
        **TABLE_OPTIONS,
    )


def _settings() -> None:
    """Whoever has domains has been running: for them nothing changes by itself."""
    names = [sa.column("name", sa.String()), sa.column("value", sa.String())]
    old = op.get_bind().execute(sa.text("SELECT 1 FROM domain LIMIT 1")).first() is not None
    zone = "UTC" if old else "America/Sao_Paulo"
    op.bulk_insert(sa.table("stored_setting", *names), [{"name": "timezone", "value": zone}])


def _events() -> None:
    op.create_table(
        "event",
        sa.Column("id", BigIdColumn, nullable=False),
        sa.Column("at", UtcDateTimeColumn(), nullable=False),
        sa.Column("kind", KeyColumn(length=64), nullable=False),
        sa.Column("account", KeyColumn(length=160), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("dispatched", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_event_dispatched_id", "event", ["dispatched", "id"])
    op.create_table(
        "event_delivery",
        sa.Column("event_id", BigIdColumn, autoincrement=False, nullable=False),
        sa.Column("endpoint", KeyColumn(length=64), nullable=False),
        sa.Column("account", KeyColumn(length=160), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", UtcDateTimeColumn(), nullable=False),
        sa.Column("done_at", UtcDateTimeColumn(), nullable=True),
        sa.Column("error", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name="fk_event_delivery_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "endpoint", name="pk_event_delivery"),
        **TABLE_OPTIONS,
    )
    op.create_index(
        "ix_event_delivery_endpoint_state_due_at",
        "event_delivery",
        ["endpoint", "state", "due_at"],
    )
    op.create_index(
        "ix_event_delivery_endpoint_account_state_event_id",
        "event_delivery",
        ["endpoint", "account", "state", "event_id"],
    )


def downgrade() -> None:
    op.execute("DELETE FROM stored_setting WHERE name = 'timezone'")
    for table in (
        "event_delivery",
        "event",
        "background_job",
        "background_lease",
    ):
        op.drop_table(table)
