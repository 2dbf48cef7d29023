"""Raw call records, holds, routes, errors of admission, settings that SIP proxies obey.

An installation that already has domains may have a rating engine of its own: charging is off there
until the operator turns it on. A new one begins with charging on.
"""

import sqlalchemy as sa
from alembic import op

from sippulse_ws.db.schema.frozen import (
    TABLE_OPTIONS,
    BigIdColumn,
    KeyColumn,
    MoneyColumn,
    UtcDateTimeColumn,
)

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

EMPTY = sa.text("''")
ZERO = sa.text("0")


def upgrade() -> None:
    _create_call_raw()
    _create_call_hold()
    _create_route()
    op.create_table(
        "admission_error",
        sa.Column("id", BigIdColumn, nullable=False),
        sa.Column("at", UtcDateTimeColumn(), nullable=False),
        sa.Column("account", KeyColumn(length=129), nullable=False),
        sa.Column("number", KeyColumn(length=64), nullable=False),
        sa.Column("call_id", KeyColumn(length=255), nullable=False),
        sa.Column("error", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_admission_error"),
        **TABLE_OPTIONS,
    )
    settings = op.create_table(
        "stored_setting",
        sa.Column("name", KeyColumn(length=64), nullable=False),
        sa.Column("value", sa.String(length=1024), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_stored_setting"),
        **TABLE_OPTIONS,
    )
    for table in ("subscriber", "reseller"):
        op.add_column(table, sa.Column("held", MoneyColumn(), server_default=ZERO, nullable=False))
    in_use = op.get_bind().execute(sa.text("SELECT COUNT(*) FROM domain")).scalar()
    value = "off" if in_use else "on"
    op.bulk_insert(settings, [{"name": "charging", "value": value}])


def _create_call_raw() -> None:
    op.create_table(
        "call_raw",
        sa.Column("id", BigIdColumn, nullable=False),
        sa.Column("received_at", UtcDateTimeColumn(), nullable=False),
        sa.Column("proxy", KeyColumn(length=64), server_default=EMPTY, nullable=False),
        sa.Column("call_id", KeyColumn(length=255), nullable=False),
        sa.Column("from_tag", KeyColumn(length=192), server_default=EMPTY, nullable=False),
        sa.Column("to_tag", KeyColumn(length=192), server_default=EMPTY, nullable=False),
        sa.Column("leg", sa.SmallInteger(), server_default=ZERO, nullable=False),
        sa.Column("started", UtcDateTimeColumn(), nullable=False),
        sa.Column("ended", UtcDateTimeColumn(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("account", KeyColumn(length=129), nullable=True),
        sa.Column("basis", sa.String(length=16), server_default=EMPTY, nullable=False),
        sa.Column("caller_domain", KeyColumn(length=255), server_default=EMPTY, nullable=False),
        sa.Column("caller_id", KeyColumn(length=255), nullable=True),
        sa.Column("src_uri", sa.String(length=255), nullable=True),
        sa.Column("dst_uri", sa.String(length=255), nullable=True),
        sa.Column("number", KeyColumn(length=64), server_default=EMPTY, nullable=False),
        sa.Column("service", sa.String(length=32), nullable=True),
        sa.Column("gateway_id", sa.Integer(), nullable=True),
        sa.Column("gateway_address", KeyColumn(length=64), nullable=True),
        sa.Column("profile", KeyColumn(length=64), nullable=True),
        sa.Column("user_agent", sa.String(length=255), nullable=True),
        sa.Column("src_ip", KeyColumn(length=45), nullable=True),
        sa.Column("dst_ip", KeyColumn(length=45), nullable=True),
        sa.Column("hold_id", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=8), nullable=True),
        sa.Column("state", sa.SmallInteger(), server_default=ZERO, nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("rated_at", UtcDateTimeColumn(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_call_raw"),
        sa.UniqueConstraint(
            "call_id", "from_tag", "to_tag", "proxy", "leg", "started", name="uq_call_raw_call"
        ),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_call_raw_state_id", "call_raw", ["state", "id"])
    op.create_index("ix_call_raw_account_started", "call_raw", ["account", "started"])
    if op.get_bind().dialect.name != "sqlite":
        op.execute("ALTER TABLE call_raw DROP PRIMARY KEY, ADD PRIMARY KEY (id, started)")
        op.execute(
            "ALTER TABLE call_raw PARTITION BY RANGE COLUMNS (started) "
            "(PARTITION p_future VALUES LESS THAN (MAXVALUE))"
        )


def _create_call_hold() -> None:
    def side(prefix: str) -> list[sa.Column]:
        blocks = ("first_block", "next_block", "delay", "discard")
        return [
            *(
                sa.Column(prefix + name, sa.Integer(), server_default=ZERO, nullable=False)
                for name in blocks
            ),
            sa.Column(prefix + "tariff", sa.Numeric(56, 24), server_default=ZERO, nullable=False),
            sa.Column(prefix + "amount", MoneyColumn(), server_default=ZERO, nullable=False),
        ]

    op.create_table(
        "call_hold",
        sa.Column("id", BigIdColumn, nullable=False),
        sa.Column("created_at", UtcDateTimeColumn(), nullable=False),
        sa.Column("proxy", KeyColumn(length=64), server_default=EMPTY, nullable=False),
        sa.Column("hash_entry", sa.BigInteger(), nullable=False),
        sa.Column("hash_id", sa.BigInteger(), nullable=False),
        sa.Column("call_id", KeyColumn(length=255), nullable=False),
        sa.Column("from_tag", KeyColumn(length=192), server_default=EMPTY, nullable=False),
        sa.Column("account", KeyColumn(length=129), nullable=False),
        sa.Column("number", KeyColumn(length=64), nullable=False),
        sa.Column("prefix", KeyColumn(length=20), nullable=True),
        sa.Column("rate", MoneyColumn(), server_default=ZERO, nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        *side(""),
        sa.Column("reseller_id", sa.Integer(), nullable=True),
        *side("reseller_"),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("answered_at", UtcDateTimeColumn(), nullable=True),
        sa.Column("cut_at", UtcDateTimeColumn(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_call_hold"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_call_hold_call_id", "call_hold", ["call_id"])
    op.create_index("ix_call_hold_subscriber_id", "call_hold", ["subscriber_id"])
    dialog = ["proxy", "hash_entry", "hash_id"]
    op.create_index("ix_call_hold_proxy_hash_entry_hash_id", "call_hold", dialog)
    op.create_index("ix_call_hold_proxy_cut_at", "call_hold", ["proxy", "cut_at"])


def _create_route() -> None:
    op.create_table(
        "route",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("domain", KeyColumn(length=64), nullable=True),
        sa.Column("rate_plan_id", sa.Integer(), nullable=True),
        sa.Column("prefix", KeyColumn(length=20), server_default=EMPTY, nullable=False),
        sa.Column("gateway_id", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), server_default=ZERO, nullable=False),
        sa.Column("weight", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(
            ["domain"],
            ["domain.domain"],
            name="fk_route_domain",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["rate_plan_id"], ["rate_plan.id"], name="fk_route_rate_plan_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["gateway_id"], ["gateway.id"], name="fk_route_gateway_id"),
        sa.PrimaryKeyConstraint("id", name="pk_route"),
        **TABLE_OPTIONS,
    )
    for column in ("domain", "rate_plan_id", "prefix", "gateway_id"):
        op.create_index(f"ix_route_{column}", "route", [column])


def downgrade() -> None:
    for table in ("reseller", "subscriber"):
        op.drop_column(table, "held")
    for table in ("stored_setting", "admission_error", "route", "call_hold", "call_raw"):
        op.drop_table(table)
