"""Call records, acc, providers and gateways, integrators' accounts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from sippulse_ws.db.schema.frozen import (
    TABLE_OPTIONS,
    BigIdColumn,
    KeyColumn,
    MoneyColumn,
    UtcDateTimeColumn,
    WallTimeColumn,
)

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None

GATEWAY_NUMBER = sa.Integer().with_variant(mysql.INTEGER(display_width=10), "mysql", "mariadb")

# Columns and order are the document's. {open}…{close} make a double of money.
VI_CDRS = """
CREATE VIEW vi_cdrs AS SELECT
    c.id, c.call_start_time, c.src_uri, c.dst_uri, c.caller_domain, c.caller_id,
    c.sip_call_id, c.sip_from_tag, c.sip_to_tag,
    CAST(c.duration AS CHAR(255)) AS duration,
    {open}c.rate{close} AS rate, {open}c.price{close} AS price,
    c.accountcode, c.service,
    p.rateplan_name, p.rateplan_tx_conn, p.rateplan_cadency, p.rateplan_markup,
    p.rateplan_prepaid, p.rateplan_rateid,
    r.reseller_id, r.reseller_name, c.reseller_rateplan_id,
    g.gwid, g.gw_address, g.gw_name, g.gw_rateid,
    v.providerid, v.provider_name, v.provider_tx_conn, v.provider_cadency,
    c.profile, c.user_agent, c.src_ip, c.matched_prefix, c.matched_prefix_name,
    {open}c.reseller_rate{close} AS reseller_rate, {open}c.reseller_price{close} AS reseller_price,
    c.reseller_matched_prefix, c.reseller_matched_prefix_name,
    {open}c.cost{close} AS cost, {open}c.cost_price{close} AS cost_price
FROM cdr c
LEFT JOIN cdr_rate_plan p ON p.id = c.cdr_rate_plan_id
LEFT JOIN cdr_reseller r ON r.id = c.cdr_reseller_id
LEFT JOIN cdr_gateway g ON g.id = c.cdr_gateway_id
LEFT JOIN cdr_provider v ON v.id = c.cdr_provider_id
"""


def view_text(dialect: str) -> str:
    """CREATE VIEW vi_cdrs; `db repair-views` runs it again where the view is missing."""
    start, end = ("", " / 1000000.0") if dialect == "sqlite" else ("CAST(", " AS DOUBLE)")
    return VI_CDRS.format(open=start, close=end)


def upgrade() -> None:
    _create_routing()
    _create_snapshots()
    _create_cdr()
    _create_acc()
    _create_integrators()
    dialect = op.get_bind().dialect.name
    op.execute(view_text(dialect))
    if dialect == "sqlite":
        return
    # INVISIBLE: SELECT * shows the document's columns; the proxy's accounting module writes it.
    op.execute("ALTER TABLE acc ADD COLUMN method VARCHAR(16) NOT NULL DEFAULT '' INVISIBLE")
    for table, column in (("cdr", "call_start_time"), ("acc", "time")):
        op.execute(f"ALTER TABLE {table} DROP PRIMARY KEY, ADD PRIMARY KEY (id, `{column}`)")
        op.execute(
            f"ALTER TABLE {table} PARTITION BY RANGE COLUMNS (`{column}`) "
            "(PARTITION p_future VALUES LESS THAN (MAXVALUE))"
        )


def _create_routing() -> None:
    op.create_table(
        "provider",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", KeyColumn(length=64), nullable=False),
        sa.Column("tx_connection", sa.Integer(), server_default=sa.text("60"), nullable=False),
        sa.Column("cadency", sa.Integer(), server_default=sa.text("60"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_provider"),
        sa.UniqueConstraint("name", name="uq_provider_name"),
        **TABLE_OPTIONS,
    )

    op.create_table(
        "gateway",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("name", KeyColumn(length=64), nullable=False),
        sa.Column("address", KeyColumn(length=64), nullable=False),
        sa.Column("rate_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name="fk_gateway_provider_id"),
        sa.PrimaryKeyConstraint("id", name="pk_gateway"),
        sa.UniqueConstraint("name", name="uq_gateway_name"),
        **TABLE_OPTIONS,
    )

    op.create_index("ix_gateway_provider_id", "gateway", ["provider_id"])


def _create_snapshots() -> None:
    op.create_table(
        "cdr_rate_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rateplan_name", KeyColumn(length=64), nullable=True),
        sa.Column("rateplan_tx_conn", sa.Integer(), nullable=True),
        sa.Column("rateplan_cadency", sa.Integer(), nullable=True),
        sa.Column("rateplan_markup", sa.Double(), nullable=True),
        sa.Column("rateplan_prepaid", sa.Boolean(), nullable=True),
        sa.Column("rateplan_rateid", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_cdr_rate_plan"),
        sa.UniqueConstraint(
            "rateplan_name",
            "rateplan_tx_conn",
            "rateplan_cadency",
            "rateplan_markup",
            "rateplan_prepaid",
            "rateplan_rateid",
            name="uq_cdr_rate_plan_contents",
        ),
        **TABLE_OPTIONS,
    )

    op.create_table(
        "cdr_reseller",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reseller_id", sa.Integer(), nullable=True),
        sa.Column("reseller_name", KeyColumn(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_cdr_reseller"),
        sa.UniqueConstraint("reseller_id", "reseller_name", name="uq_cdr_reseller_contents"),
        **TABLE_OPTIONS,
    )

    op.create_table(
        "cdr_gateway",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("gwid", GATEWAY_NUMBER, nullable=True),
        sa.Column("gw_address", KeyColumn(length=64), nullable=True),
        sa.Column("gw_name", KeyColumn(length=64), nullable=True),
        sa.Column("gw_rateid", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_cdr_gateway"),
        sa.UniqueConstraint(
            "gwid", "gw_address", "gw_name", "gw_rateid", name="uq_cdr_gateway_contents"
        ),
        **TABLE_OPTIONS,
    )

    op.create_table(
        "cdr_provider",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("providerid", sa.Integer(), nullable=True),
        sa.Column("provider_name", KeyColumn(length=64), nullable=True),
        sa.Column("provider_tx_conn", sa.Integer(), nullable=True),
        sa.Column("provider_cadency", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_cdr_provider"),
        sa.UniqueConstraint(
            "providerid",
            "provider_name",
            "provider_tx_conn",
            "provider_cadency",
            name="uq_cdr_provider_contents",
        ),
        **TABLE_OPTIONS,
    )


def _create_cdr() -> None:
    op.create_table(
        "cdr",
        sa.Column("id", BigIdColumn, nullable=False),
        sa.Column("call_start_time", WallTimeColumn, nullable=False),
        sa.Column("src_uri", sa.String(length=255), nullable=True),
        sa.Column("dst_uri", sa.String(length=255), nullable=True),
        sa.Column("caller_domain", KeyColumn(length=255), nullable=False),
        sa.Column("caller_id", KeyColumn(length=255), nullable=True),
        sa.Column(
            "sip_call_id", KeyColumn(length=255), server_default=sa.text("''"), nullable=False
        ),
        sa.Column(
            "sip_from_tag", KeyColumn(length=255), server_default=sa.text("''"), nullable=False
        ),
        sa.Column(
            "sip_to_tag", KeyColumn(length=255), server_default=sa.text("''"), nullable=False
        ),
        sa.Column("duration", sa.Integer(), nullable=False),
        sa.Column("rate", MoneyColumn(), nullable=True),
        sa.Column("price", MoneyColumn(), nullable=True),
        sa.Column("accountcode", KeyColumn(length=129), nullable=True),
        sa.Column("service", sa.String(length=32), nullable=True),
        sa.Column("cdr_rate_plan_id", sa.Integer(), nullable=True),
        sa.Column("cdr_reseller_id", sa.Integer(), nullable=True),
        sa.Column("reseller_rateplan_id", sa.Integer(), nullable=True),
        sa.Column("cdr_gateway_id", sa.Integer(), nullable=True),
        sa.Column("cdr_provider_id", sa.Integer(), nullable=True),
        sa.Column("profile", KeyColumn(length=64), nullable=True),
        sa.Column("user_agent", sa.String(length=255), nullable=True),
        sa.Column("src_ip", KeyColumn(length=45), nullable=True),
        sa.Column("matched_prefix", KeyColumn(length=20), nullable=True),
        sa.Column("matched_prefix_name", sa.String(length=128), nullable=True),
        sa.Column("reseller_rate", MoneyColumn(), nullable=True),
        sa.Column("reseller_price", MoneyColumn(), nullable=True),
        sa.Column("reseller_matched_prefix", KeyColumn(length=20), nullable=True),
        sa.Column("reseller_matched_prefix_name", sa.String(length=128), nullable=True),
        sa.Column("cost", MoneyColumn(), nullable=True),
        sa.Column("cost_price", MoneyColumn(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_cdr"),
        sa.UniqueConstraint(
            "sip_call_id", "sip_from_tag", "sip_to_tag", "call_start_time", name="uq_cdr_call"
        ),
        **TABLE_OPTIONS,
    )

    op.create_index(
        "ix_cdr_accountcode_service_call_start_time",
        "cdr",
        ["accountcode", "service", "call_start_time"],
    )
    op.create_index(
        "ix_cdr_caller_domain_call_start_time", "cdr", ["caller_domain", "call_start_time"]
    )


def _create_acc() -> None:
    op.create_table(
        "acc",
        sa.Column("id", BigIdColumn, nullable=False),
        sa.Column("time", WallTimeColumn, nullable=False),
        sa.Column("sip_code", sa.String(length=3), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "sip_reason", sa.String(length=128), server_default=sa.text("''"), nullable=False
        ),
        sa.Column("src_uri", sa.String(length=255), nullable=True),
        sa.Column("dst_uri", sa.String(length=255), nullable=True),
        sa.Column("caller_domain", KeyColumn(length=255), nullable=True),
        sa.Column("caller_id", KeyColumn(length=255), nullable=True),
        sa.Column("callid", KeyColumn(length=255), server_default=sa.text("''"), nullable=False),
        sa.Column("from_tag", KeyColumn(length=255), server_default=sa.text("''"), nullable=False),
        sa.Column("to_tag", KeyColumn(length=255), server_default=sa.text("''"), nullable=False),
        sa.Column("accountcode", KeyColumn(length=129), nullable=True),
        sa.Column("service", sa.String(length=32), nullable=True),
        sa.Column("gwid", GATEWAY_NUMBER, nullable=True),
        sa.Column("profile", KeyColumn(length=64), nullable=True),
        sa.Column("user_agent", sa.String(length=255), nullable=True),
        sa.Column("src_ip", KeyColumn(length=45), nullable=True),
        sa.Column("poippi_origem", sa.String(length=10), nullable=True),
        sa.Column("poippi_destino", sa.String(length=10), nullable=True),
        sa.Column("eot_origem", sa.String(length=3), nullable=True),
        sa.Column("eot_destino", sa.String(length=3), nullable=True),
        sa.Column("direction", sa.String(length=8), nullable=True),
        sa.Column("descritor", sa.String(length=5), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_acc"),
        **TABLE_OPTIONS,
    )

    op.create_index("ix_acc_accountcode_time", "acc", ["accountcode", "time"])
    op.create_index("ix_acc_caller_domain_time", "acc", ["caller_domain", "time"])
    op.create_index("ix_acc_callid", "acc", ["callid"])


def _create_integrators() -> None:
    op.create_table(
        "integrator",
        sa.Column("login", KeyColumn(length=32), nullable=False),
        sa.Column("host", KeyColumn(length=255), nullable=False),
        sa.Column("schema_name", KeyColumn(length=64), nullable=True),
        sa.Column("created_at", UtcDateTimeColumn(), nullable=False),
        sa.PrimaryKeyConstraint("login", name="pk_integrator"),
        sa.UniqueConstraint("schema_name", name="uq_integrator_schema_name"),
        **TABLE_OPTIONS,
    )

    op.create_table(
        "integrator_domain",
        sa.Column("login", KeyColumn(length=32), nullable=False),
        sa.Column("domain", KeyColumn(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["domain"], ["domain.domain"], name="fk_integrator_domain_domain", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("login", "domain", name="pk_integrator_domain"),
        **TABLE_OPTIONS,
    )

    op.create_index("ix_integrator_domain_domain", "integrator_domain", ["domain"])


def downgrade() -> None:
    op.execute("DROP VIEW vi_cdrs")
    for table in (
        "integrator_domain",
        "integrator",
        "acc",
        "cdr",
        "cdr_provider",
        "cdr_gateway",
        "cdr_reseller",
        "cdr_rate_plan",
        "gateway",
        "provider",
    ):
        op.drop_table(table)
