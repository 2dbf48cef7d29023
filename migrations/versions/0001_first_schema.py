"""The first schema."""

import sqlalchemy as sa
from alembic import op

from sippulse_ws.db.schema.frozen import (
    TABLE_OPTIONS,
    BigIdColumn,
    KeyColumn,
    MoneyColumn,
    UtcDateTimeColumn,
)

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "administrator",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", KeyColumn(length=128), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("1"), nullable=False),
        sa.Column("superuser", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", UtcDateTimeColumn(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_administrator"),
        sa.UniqueConstraint("login", name="uq_administrator_login"),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "audit",
        sa.Column("id", BigIdColumn, nullable=False),
        sa.Column("at", UtcDateTimeColumn(), nullable=False),
        sa.Column("login", KeyColumn(length=160), nullable=False),
        sa.Column("address", KeyColumn(length=45), nullable=False),
        sa.Column("operation", sa.String(length=64), nullable=False),
        sa.Column("object", sa.String(length=255), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("error", sa.String(length=64), nullable=True),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_login_at", "audit", ["login", "at"])

    op.create_table(
        "credit_ledger",
        sa.Column("id", BigIdColumn, nullable=False),
        sa.Column("at", UtcDateTimeColumn(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("account", KeyColumn(length=160), nullable=False),
        sa.Column("value", MoneyColumn(), server_default=sa.text("0"), nullable=False),
        sa.Column("balance", MoneyColumn(), server_default=sa.text("0"), nullable=False),
        sa.Column("obs", sa.String(length=1024), nullable=True),
        sa.Column("administrator", KeyColumn(length=128), nullable=False),
        sa.Column("expires_at", UtcDateTimeColumn(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_credit_ledger"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_credit_ledger_at", "credit_ledger", ["at"])
    op.create_index(
        "ix_credit_ledger_kind_account_id_id", "credit_ledger", ["kind", "account_id", "id"]
    )

    op.create_table(
        "domain",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("domain", KeyColumn(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_domain"),
        sa.UniqueConstraint("domain", name="uq_domain_domain"),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "location",
        sa.Column("id", BigIdColumn, nullable=False),
        sa.Column("ruid", KeyColumn(length=64), nullable=False),
        sa.Column("username", KeyColumn(length=64), nullable=False),
        sa.Column("domain", KeyColumn(length=64), nullable=False),
        sa.Column("contact", KeyColumn(length=512), nullable=False),
        sa.Column("received", sa.String(length=128), nullable=True),
        sa.Column("path", sa.String(length=512), nullable=True),
        sa.Column(
            "expires",
            sa.DateTime(),
            server_default=sa.text("'2030-05-28 21:32:15'"),
            nullable=False,
        ),
        sa.Column("q", sa.Float(), server_default=sa.text("(1.0)"), nullable=False),
        sa.Column(
            "callid",
            sa.String(length=255),
            server_default=sa.text("'Default-Call-ID'"),
            nullable=False,
        ),
        sa.Column("cseq", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "last_modified",
            sa.DateTime(),
            server_default=sa.text("'2000-01-01 00:00:01'"),
            nullable=False,
        ),
        sa.Column("flags", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("cflags", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "user_agent", sa.String(length=255), server_default=sa.text("('')"), nullable=False
        ),
        sa.Column("socket", sa.String(length=64), nullable=True),
        sa.Column("methods", sa.Integer(), nullable=True),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.Column("reg_id", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("server_id", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("connection_id", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("keepalive", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("partition", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_location"),
        sa.UniqueConstraint("ruid", name="uq_location_ruid"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_location_expires", "location", ["expires"])
    op.create_index(
        "ix_location_username_domain_contact",
        "location",
        ["username", "domain", "contact"],
        mysql_length={"contact": 191},
    )

    op.create_table(
        "login_failure",
        sa.Column("realm", KeyColumn(length=16), nullable=False),
        sa.Column("login", KeyColumn(length=160), nullable=False),
        sa.Column("address", KeyColumn(length=45), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("blocked_until", UtcDateTimeColumn(), nullable=False),
        sa.PrimaryKeyConstraint("realm", "login", "address", name="pk_login_failure"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_login_failure_blocked_until", "login_failure", ["blocked_until"])

    op.create_table(
        "numbering",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("prefix", KeyColumn(length=64), nullable=False),
        sa.Column("city_code", sa.String(length=64), nullable=False),
        sa.Column("local_area", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_numbering"),
        sa.UniqueConstraint("prefix", name="uq_numbering_prefix"),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "administrator_domain",
        sa.Column("administrator_id", sa.Integer(), nullable=False),
        sa.Column("domain", KeyColumn(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["administrator_id"],
            ["administrator.id"],
            name="fk_administrator_domain_administrator_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["domain"],
            ["domain.domain"],
            name="fk_administrator_domain_domain",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("administrator_id", "domain", name="pk_administrator_domain"),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "dialplan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("domain", KeyColumn(length=64), nullable=False),
        sa.Column("dpid", sa.Integer(), nullable=False),
        sa.Column("pr", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("match_op", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("match_exp", sa.String(length=64), nullable=False),
        sa.Column("match_len", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "subst_exp", sa.String(length=64), server_default=sa.text("('')"), nullable=False
        ),
        sa.Column(
            "repl_exp", sa.String(length=255), server_default=sa.text("('')"), nullable=False
        ),
        sa.Column("attrs", sa.String(length=64), server_default=sa.text("('')"), nullable=False),
        sa.ForeignKeyConstraint(
            ["domain"], ["domain.domain"], name="fk_dialplan_domain", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_dialplan"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_dialplan_domain", "dialplan", ["domain"])

    op.create_table(
        "hunt_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("domain", KeyColumn(length=64), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("timeout", sa.Integer(), nullable=False),
        sa.Column("uri", KeyColumn(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["domain"], ["domain.domain"], name="fk_hunt_group_domain", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_hunt_group"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_hunt_group_domain", "hunt_group", ["domain"])

    op.create_table(
        "profile",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("domain", KeyColumn(length=64), nullable=False),
        sa.Column("profile", KeyColumn(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["domain"], ["domain.domain"], name="fk_profile_domain", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_profile"),
        sa.UniqueConstraint("domain", "profile", name="uq_profile_domain_profile"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_profile_domain", "profile", ["domain"])

    op.create_table(
        "rate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("domain", KeyColumn(length=64), nullable=False),
        sa.Column("rate_id", sa.Integer(), nullable=False),
        sa.Column("prefix", KeyColumn(length=20), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("rate_value", MoneyColumn(), server_default=sa.text("0"), nullable=False),
        sa.Column("service_type", sa.String(length=32), nullable=True),
        sa.Column("cadency", sa.Integer(), nullable=True),
        sa.Column("tx_connection", sa.Integer(), nullable=True),
        sa.Column("tx_delay", sa.Integer(), nullable=True),
        sa.Column("tx_discard", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["domain"], ["domain.domain"], name="fk_rate_domain", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_rate"),
        sa.UniqueConstraint("domain", "rate_id", "prefix", name="uq_rate_domain_rate_id_prefix"),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "rate_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("domain", KeyColumn(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("rate_id", sa.Integer(), nullable=False),
        sa.Column("prepaid", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("tx_connection", sa.Integer(), server_default=sa.text("(60)"), nullable=False),
        sa.Column("cadency", sa.Integer(), server_default=sa.text("(60)"), nullable=False),
        sa.Column("free_minutes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("markup", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "block_calls_without_rate", sa.Boolean(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column(
            "limit_to_credit_expires", sa.Integer(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("tx_delay", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("tx_discard", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["domain"], ["domain.domain"], name="fk_rate_plan_domain", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_rate_plan"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_rate_plan_domain", "rate_plan", ["domain"])

    op.create_table(
        "reseller",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("domain", KeyColumn(length=64), nullable=False),
        sa.Column("name", KeyColumn(length=64), nullable=False),
        sa.Column("manager", sa.String(length=255), nullable=True),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("phone", sa.String(length=64), nullable=True),
        sa.Column("mobile", sa.String(length=64), nullable=True),
        sa.Column("username", KeyColumn(length=64), nullable=False),
        sa.Column("password", sa.String(length=1024), nullable=True),
        sa.Column("credit", MoneyColumn(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["domain"], ["domain.domain"], name="fk_reseller_domain", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reseller"),
        sa.UniqueConstraint("domain", "name", name="uq_reseller_domain_name"),
        sa.UniqueConstraint("username", name="uq_reseller_username"),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "subscriber",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", KeyColumn(length=64), nullable=False),
        sa.Column("domain", KeyColumn(length=64), nullable=False),
        sa.Column("account_code", KeyColumn(length=129), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("1"), nullable=False),
        sa.Column("profile", KeyColumn(length=64), nullable=False),
        sa.Column("password", sa.String(length=1024), nullable=True),
        sa.Column("password_portal", sa.String(length=1024), nullable=True),
        sa.Column("ha1", KeyColumn(length=32), nullable=False),
        sa.Column("ha1b", KeyColumn(length=32), nullable=False),
        sa.Column("contract_number", sa.String(length=64), nullable=True),
        sa.Column("document", sa.String(length=64), nullable=True),
        sa.Column("first_name", sa.String(length=255), nullable=True),
        sa.Column("last_name", sa.String(length=255), nullable=True),
        sa.Column("address", sa.String(length=255), nullable=True),
        sa.Column("number", sa.String(length=64), nullable=True),
        sa.Column("complement", sa.String(length=255), nullable=True),
        sa.Column("quarter", sa.String(length=255), nullable=True),
        sa.Column("city", sa.String(length=255), nullable=True),
        sa.Column("state", sa.String(length=64), nullable=True),
        sa.Column("zip", sa.String(length=32), nullable=True),
        sa.Column("phone", sa.BigInteger(), nullable=True),
        sa.Column("mobile", sa.BigInteger(), nullable=True),
        sa.Column("email_address", sa.String(length=255), nullable=True),
        sa.Column("rate_plan_id", sa.Integer(), nullable=True),
        sa.Column("reseller_id", sa.Integer(), nullable=True),
        sa.Column("reseller_rate_plan_id", sa.Integer(), nullable=True),
        sa.Column(
            "reseller_billing_type", sa.Integer(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("reseller_markup", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("credit", MoneyColumn(), server_default=sa.text("0"), nullable=False),
        sa.Column("credit_expires_at", UtcDateTimeColumn(), nullable=True),
        sa.Column(
            "low_credit_notification", sa.Boolean(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("low_credit_limit", MoneyColumn(), server_default=sa.text("0"), nullable=False),
        sa.Column("daily_quota", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("daily_quota_type", sa.String(length=1), nullable=True),
        sa.Column("daily_quota_limit", MoneyColumn(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "daily_quota_consumed", MoneyColumn(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("monthly_quota", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("monthly_quota_type", sa.String(length=1), nullable=True),
        sa.Column(
            "monthly_quota_limit", MoneyColumn(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column(
            "monthly_quota_consumed", MoneyColumn(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column(
            "active_incoming_calls", sa.Boolean(), server_default=sa.text("1"), nullable=False
        ),
        sa.Column(
            "active_outgoing_calls", sa.Boolean(), server_default=sa.text("1"), nullable=False
        ),
        sa.Column("add_service_header", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "block_anonymous_calls", sa.Boolean(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("block_collect_calls", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("block_entry0303", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("validate_source0303", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("calls_only_by_ip", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("copy_passerted_rpid", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("daily_statistics", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("privacy_calls", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("softphone_allowed", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("topology_hiding", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("voicemail", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("voice_mail_password", sa.BigInteger(), nullable=True),
        sa.Column("call_limit", sa.Integer(), nullable=True),
        sa.Column("cps", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("keep_alive", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rings", sa.Integer(), nullable=True),
        sa.Column("rpid", sa.String(length=128), nullable=True),
        sa.Column("country_code", sa.Integer(), nullable=True),
        sa.Column("area_code", sa.Integer(), nullable=True),
        sa.Column("city_code", sa.String(length=64), nullable=True),
        sa.Column("local_area", sa.String(length=64), nullable=True),
        sa.Column("call_fwd", sa.String(length=255), nullable=True),
        sa.Column("fwd_busy", sa.String(length=255), nullable=True),
        sa.Column("no_answer", sa.String(length=255), nullable=True),
        sa.Column("call_group", sa.String(length=255), nullable=True),
        sa.Column("pickup_group", sa.String(length=255), nullable=True),
        sa.Column("pin_code", sa.String(length=64), nullable=True),
        sa.Column("boss_secretary", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["domain", "profile"],
            ["profile.domain", "profile.profile"],
            name="fk_subscriber_domain_profile",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["domain"], ["domain.domain"], name="fk_subscriber_domain", onupdate="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["rate_plan_id"], ["rate_plan.id"], name="fk_subscriber_rate_plan_id"
        ),
        sa.ForeignKeyConstraint(["reseller_id"], ["reseller.id"], name="fk_subscriber_reseller_id"),
        sa.ForeignKeyConstraint(
            ["reseller_rate_plan_id"], ["rate_plan.id"], name="fk_subscriber_reseller_rate_plan_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_subscriber"),
        sa.UniqueConstraint("account_code", name="uq_subscriber_account_code"),
        sa.UniqueConstraint("username", "domain", name="uq_subscriber_username_domain"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_subscriber_contract_number", "subscriber", ["contract_number"])
    op.create_index("ix_subscriber_domain", "subscriber", ["domain"])
    op.create_index("ix_subscriber_rate_plan_id", "subscriber", ["rate_plan_id"])
    op.create_index("ix_subscriber_reseller_id", "subscriber", ["reseller_id"])
    op.create_index("ix_subscriber_reseller_rate_plan_id", "subscriber", ["reseller_rate_plan_id"])

    op.create_table(
        "account_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("manager_id", sa.Integer(), nullable=False),
        sa.Column("manager_profile", KeyColumn(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["manager_id"],
            ["subscriber.id"],
            name="fk_account_group_manager_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_account_group"),
        sa.UniqueConstraint("manager_id", name="uq_account_group_manager_id"),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("ip_address", KeyColumn(length=45), nullable=False),
        sa.Column("mask", sa.Integer(), nullable=False),
        sa.Column("port", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("protocol", sa.String(length=8), server_default=sa.text("'any'"), nullable=False),
        sa.Column("method", KeyColumn(length=16), nullable=False),
        sa.Column(
            "tech_prefix", KeyColumn(length=32), server_default=sa.text("('')"), nullable=False
        ),
        sa.Column("group", sa.String(length=64), nullable=False),
        sa.Column("pattern", sa.String(length=255), nullable=True),
        sa.Column("context_info", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name="fk_address_subscriber_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_address"),
        sa.UniqueConstraint(
            "ip_address",
            "mask",
            "port",
            "tech_prefix",
            "method",
            name="uq_address_ip_address_mask_port_tech_prefix_method",
        ),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_address_subscriber_id", "address", ["subscriber_id"])

    op.create_table(
        "db_alias",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alias_username", KeyColumn(length=64), nullable=False),
        sa.Column("alias_domain", KeyColumn(length=64), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alias_domain"], ["domain.domain"], name="fk_db_alias_alias_domain", onupdate="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name="fk_db_alias_subscriber_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_db_alias"),
        sa.UniqueConstraint(
            "alias_username", "alias_domain", name="uq_db_alias_alias_username_alias_domain"
        ),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_db_alias_alias_domain", "db_alias", ["alias_domain"])
    op.create_index("ix_db_alias_subscriber_id", "db_alias", ["subscriber_id"])

    op.create_table(
        "did",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alias_username", KeyColumn(length=64), nullable=False),
        sa.Column("inventory_domain", KeyColumn(length=64), nullable=True),
        sa.Column("subscriber_id", sa.Integer(), nullable=True),
        sa.Column("username", KeyColumn(length=64), nullable=True),
        sa.Column("domain", KeyColumn(length=64), nullable=True),
        sa.Column("did_header", sa.String(length=255), nullable=True),
        sa.Column("did_to_ruri", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("gwid", sa.String(length=64), nullable=True),
        sa.Column("local_area", sa.String(length=64), nullable=True),
        sa.Column(
            "monthly_subscription", MoneyColumn(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("reverse_billing", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["domain"], ["domain.domain"], name="fk_did_domain", onupdate="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["inventory_domain"],
            ["domain.domain"],
            name="fk_did_inventory_domain",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name="fk_did_subscriber_id"),
        sa.PrimaryKeyConstraint("id", name="pk_did"),
        sa.UniqueConstraint("alias_username", name="uq_did_alias_username"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_did_domain", "did", ["domain"])
    op.create_index("ix_did_inventory_domain", "did", ["inventory_domain"])
    op.create_index("ix_did_subscriber_id", "did", ["subscriber_id"])

    op.create_table(
        "hunt_group_member",
        sa.Column("hunt_group_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hunt_group_id"],
            ["hunt_group.id"],
            name="fk_hunt_group_member_hunt_group_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name="fk_hunt_group_member_subscriber_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("hunt_group_id", "position", name="pk_hunt_group_member"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_hunt_group_member_subscriber_id", "hunt_group_member", ["subscriber_id"])

    op.create_table(
        "user_white_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("prefix", KeyColumn(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name="fk_user_white_list_subscriber_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_user_white_list"),
        sa.UniqueConstraint(
            "subscriber_id", "prefix", name="uq_user_white_list_subscriber_id_prefix"
        ),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "account_group_member",
        sa.Column("subscriber_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account_group_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_group_id"],
            ["account_group.id"],
            name="fk_account_group_member_account_group_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name="fk_account_group_member_subscriber_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", name="pk_account_group_member"),
        **TABLE_OPTIONS,
    )
    op.create_index(
        "ix_account_group_member_account_group_id", "account_group_member", ["account_group_id"]
    )


def downgrade() -> None:

    op.drop_table("account_group_member")
    op.drop_table("user_white_list")

    op.drop_table("hunt_group_member")

    op.drop_table("did")

    op.drop_table("db_alias")

    op.drop_table("address")
    op.drop_table("account_group")

    op.drop_table("subscriber")
    op.drop_table("reseller")

    op.drop_table("rate_plan")
    op.drop_table("rate")

    op.drop_table("profile")

    op.drop_table("hunt_group")

    op.drop_table("dialplan")
    op.drop_table("administrator_domain")
    op.drop_table("numbering")

    op.drop_table("login_failure")

    op.drop_table("location")
    op.drop_table("domain")

    op.drop_table("credit_ledger")

    op.drop_table("audit")
    op.drop_table("administrator")
