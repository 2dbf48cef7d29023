"""The schema that a SIP proxy reads: views of its shape, its version table, and its account.

Everything stands in a schema of the proxy's own, so that its stock configuration finds the table
names it knows; only MariaDB and MySQL can do this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select
from sqlalchemy.dialects.mysql import dialect as mysql
from sqlalchemy.exc import DBAPIError

from sippulse_ws.charging.proxy_functions import create_statements, drop_statements
from sippulse_ws.db.connections.failures import error_number
from sippulse_ws.db.statements import Session
from sippulse_ws.models.proxy_views import (
    INTEGERS,
    KAMAILIO,
    KAMAILIO_VERSIONS,
    OPENSIPS,
    OPENSIPS_VERSIONS,
    PROXY_SCHEMA,
    as_int,
)
from sippulse_ws.ops.rights import schema_scope

_DENIED = 1044

VERSION = """
CREATE TABLE IF NOT EXISTS {schema}.version (
  table_name VARCHAR(32) NOT NULL PRIMARY KEY,
  table_version INT UNSIGNED NOT NULL DEFAULT 0)"""

# What a function returns is sent as its type; casts cannot make an INT.
AS_INT = """
CREATE FUNCTION {schema}.sippulse_int(value BIGINT)
RETURNS INT DETERMINISTIC NO SQL RETURN value"""

# Kamailio and OpenSIPS refuse a whole dial plan for one expression that cannot be compiled, or one
# \N in a replacement without its group: here the database compiles them first.
IS_RULE = """
CREATE FUNCTION {schema}.sippulse_is_rule(
  op INT, matching VARCHAR(64), searched VARCHAR(64), replacement VARCHAR(256))
RETURNS BOOLEAN DETERMINISTIC NO SQL
BEGIN
  DECLARE ignored BOOLEAN;
  DECLARE n INT DEFAULT 9;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION RETURN FALSE;
  IF op = 1 THEN
    SET ignored = ('' REGEXP matching);
  END IF;
  IF searched <> '' THEN
    SET ignored = ('' REGEXP searched);
  END IF;
  WHILE n > 0 DO
    IF LOCATE(CONCAT(CHAR(92), n), replacement) THEN
      SET ignored = ('' REGEXP CONCAT('(?:', searched, ')', CHAR(92), n));
    END IF;
    SET n = n - 1;
  END WHILE;
  RETURN TRUE;
END"""

FUNCTIONS = {"sippulse_int": AS_INT, "sippulse_is_rule": IS_RULE}

# OpenSIPS counts `expires` in seconds and numbers contacts itself: it has a table of its own, and
# triggers show its registrations in ours.
OPENSIPS_LOCATION = """
CREATE TABLE IF NOT EXISTS {schema}.location (
  contact_id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL,
  username CHAR(64) DEFAULT '' NOT NULL,
  domain CHAR(64) DEFAULT NULL,
  contact VARCHAR(512) NOT NULL,
  received VARCHAR(128) DEFAULT NULL,
  path VARCHAR(512) DEFAULT NULL,
  expires INT UNSIGNED NOT NULL,
  q FLOAT(10,2) DEFAULT 1.0 NOT NULL,
  callid VARCHAR(255) DEFAULT 'Default-Call-ID' NOT NULL,
  cseq INT DEFAULT 13 NOT NULL,
  last_modified DATETIME DEFAULT '1900-01-01 00:00:01' NOT NULL,
  flags INT DEFAULT 0 NOT NULL,
  cflags VARCHAR(255) DEFAULT NULL,
  user_agent VARCHAR(255) DEFAULT '' NOT NULL,
  socket VARCHAR(64) DEFAULT NULL,
  methods INT DEFAULT NULL,
  sip_instance VARCHAR(255) DEFAULT NULL,
  kv_store TEXT DEFAULT NULL,
  attr VARCHAR(255) DEFAULT NULL)"""
_GONE = "DELETE FROM {base}.location WHERE ruid = CONCAT('opensips-', OLD.contact_id)"
_COME = """
INSERT INTO {base}.location (ruid, username, domain, contact, received, path, expires, q, callid,
  cseq, last_modified, user_agent, socket, methods, instance)
VALUES (CONCAT('opensips-', NEW.contact_id), NEW.username, COALESCE(NEW.domain, ''), NEW.contact,
  NEW.received, NEW.path, TIMESTAMPADD(SECOND, NEW.expires, '1970-01-01'), NEW.q, NEW.callid,
  NEW.cseq, NEW.last_modified, NEW.user_agent, NEW.socket, NEW.methods, NEW.sip_instance)"""
OPENSIPS_TRIGGERS = {
    "location_insert": ("AFTER INSERT", (_COME,)),
    "location_update": ("AFTER UPDATE", (_GONE, _COME)),
    "location_delete": ("AFTER DELETE", (_GONE,)),
}


# Calls under way, which survive Kamailio's restart: its tables of versions 7 and 1, wide enough for
# whatever a phone sends, since a row that is refused would be a call forgotten.
DIALOG = """
CREATE TABLE IF NOT EXISTS {schema}.dialog (
  id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL,
  hash_entry INT UNSIGNED NOT NULL,
  hash_id INT UNSIGNED NOT NULL,
  callid VARCHAR(1024) NOT NULL,
  from_uri VARCHAR(1024) NOT NULL,
  from_tag VARCHAR(1024) NOT NULL,
  to_uri VARCHAR(1024) NOT NULL,
  to_tag VARCHAR(1024) NOT NULL,
  caller_cseq VARCHAR(20) NOT NULL,
  callee_cseq VARCHAR(20) NOT NULL,
  caller_route_set VARCHAR(2048),
  callee_route_set VARCHAR(2048),
  caller_contact VARCHAR(1024) NOT NULL,
  callee_contact VARCHAR(1024) NOT NULL,
  caller_sock VARCHAR(64) NOT NULL,
  callee_sock VARCHAR(64) NOT NULL,
  state INT UNSIGNED NOT NULL,
  start_time INT UNSIGNED NOT NULL,
  timeout INT UNSIGNED DEFAULT 0 NOT NULL,
  sflags INT UNSIGNED DEFAULT 0 NOT NULL,
  iflags INT UNSIGNED DEFAULT 0 NOT NULL,
  toroute_name VARCHAR(32),
  req_uri VARCHAR(1024) NOT NULL,
  xdata VARCHAR(512),
  KEY hash_idx (hash_entry, hash_id))"""
DIALOG_VARS = """
CREATE TABLE IF NOT EXISTS {schema}.dialog_vars (
  id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL,
  hash_entry INT UNSIGNED NOT NULL,
  hash_id INT UNSIGNED NOT NULL,
  dialog_key VARCHAR(128) NOT NULL,
  dialog_value VARCHAR(8192) NOT NULL,
  KEY hash_idx (hash_entry, hash_id))"""


@dataclass(frozen=True, slots=True)
class ProxySchema:
    """What a kind of proxy needs."""

    views: Mapping[str, Select[Any]]
    versions: Mapping[str, int]
    written: Mapping[str, str]  # tables and views that the proxy writes, and its rights on them
    tables: Mapping[str, str] = field(default_factory=dict)  # of the proxy's own
    triggers: Mapping[str, tuple[str, tuple[str, ...]]] | None = None
    charges: bool = False  # it calls the functions of charging


# a proxy only writes acc: integrators read it, proxies need not
_ALL = "SELECT, INSERT, UPDATE, DELETE"
WRITTEN = {"location": _ALL, "acc": "INSERT"}

SCHEMAS = {
    "kamailio": ProxySchema(
        KAMAILIO,
        KAMAILIO_VERSIONS,
        WRITTEN | {"dialog": _ALL, "dialog_vars": _ALL},
        {"dialog": DIALOG, "dialog_vars": DIALOG_VARS},
        charges=True,
    ),
    "opensips": ProxySchema(
        OPENSIPS,
        OPENSIPS_VERSIONS,
        WRITTEN | {"call_raw": "INSERT"},
        {"location": OPENSIPS_LOCATION},
        OPENSIPS_TRIGGERS,
    ),
}


@dataclass(frozen=True, slots=True)
class Account:
    """A database account `login`@`host`."""

    login: str
    host: str

    def __str__(self) -> str:
        return f"{_text(self.login)}@{_text(self.host)}"


def create(db: Session, kind: str, base: str, schema: str) -> None:
    """Make the proxy's schema, or bring it to this version. Every statement can be repeated."""
    names = {"schema": _name(schema), "base": _name(base)}
    proxy = SCHEMAS[kind]
    _run(db, f"CREATE DATABASE IF NOT EXISTS {names['schema']} CHARACTER SET utf8mb4")
    for statement in (VERSION, *proxy.tables.values()):
        _run(db, statement.format(**names))
    for name, function in FUNCTIONS.items():
        _run(db, f"DROP FUNCTION IF EXISTS {names['schema']}.{name}")
        _run(db, function.format(**names))
    for statement in create_statements(names["base"], names["schema"]) if proxy.charges else ():
        _run(db, statement)
    for name, query in proxy.views.items():
        select = _compiled(_with_integers(name, query), base).replace(
            f"`{PROXY_SCHEMA}`", names["schema"]
        )
        _run(db, f"CREATE OR REPLACE VIEW {names['schema']}.{_name(name)} AS {select}")
    for name, (moment, statements) in (proxy.triggers or {}).items():
        trigger = f"{names['schema']}.{_name(name)}"
        body = "; ".join(statement.format(**names) for statement in statements)
        _run(db, f"DROP TRIGGER IF EXISTS {trigger}")
        _run(
            db,
            f"CREATE TRIGGER {trigger} {moment} ON {names['schema']}.location "
            f"FOR EACH ROW BEGIN {body}; END",
        )
    for table, version in proxy.versions.items():
        row = f"({_text(table)}, {version})"
        _run(db, f"REPLACE INTO {names['schema']}.version VALUES {row}")  # noqa: S608 - quoted


def grant(db: Session, kind: str, schema: str, account: Account, password: str | None) -> None:
    """Make the proxy's account: it reads the schema, and writes what the proxy writes."""
    _run(db, f"CREATE USER IF NOT EXISTS {account}")
    if password is not None:
        _run(db, f"ALTER USER {account} IDENTIFIED BY {_text(password)}")
    for table in ("version", *SCHEMAS[kind].views):
        if table not in SCHEMAS[kind].written:
            _run(db, f"GRANT SELECT ON {_name(schema)}.{_name(table)} TO {account}")
    for table, rights in SCHEMAS[kind].written.items():
        _run(db, f"GRANT {rights} ON {_name(schema)}.{_name(table)} TO {account}")
    if SCHEMAS[kind].charges:
        _grant_execute(db, schema, account)


def _grant_execute(db: Session, schema: str, account: Account) -> None:
    """Grant on the unescaped name, in which `_` matches any character, as other grants may be.

    A grant on the escaped name would hide those. It is used if we may grant on that name only.
    """
    try:
        _run(db, f"GRANT EXECUTE ON {_name(schema)}.* TO {account}")
    except DBAPIError as error:
        if error_number(error.orig) != _DENIED:
            raise
        _run(db, f"GRANT EXECUTE ON {schema_scope(schema)} TO {account}")


def drop(db: Session, kind: str, schema: str, account: Account | None) -> None:
    """Take away what `create` and `grant` made; the schema stays if something else stands in it."""
    proxy = SCHEMAS[kind]
    name = _name(schema)
    if account is not None:
        _run(db, f"DROP USER IF EXISTS {account}")
    if not _exists(db, schema):
        return
    for view in proxy.views:
        _run(db, f"DROP VIEW IF EXISTS {name}.{_name(view)}")
    for table in proxy.tables:
        _run(db, f"DROP TABLE IF EXISTS {name}.{_name(table)}")
    for statement in drop_statements(name) if proxy.charges else ():
        _run(db, statement)
    for function in FUNCTIONS:
        _run(db, f"DROP FUNCTION IF EXISTS {name}.{function}")
    _run(db, f"DROP TABLE IF EXISTS {name}.version")
    left = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = "
    if not db.exec_driver_sql(left + _text(schema)).scalar():
        _run(db, f"DROP DATABASE {name}")


def _exists(db: Session, schema: str) -> bool:
    query = "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = "
    return bool(db.exec_driver_sql(query + _text(schema)).scalar())


def _with_integers(name: str, query: Select[Any]) -> Select[Any]:
    wanted = INTEGERS.get(name, ())
    columns = [
        as_int(getattr(one, "element", one)).label(one.name) if one.name in wanted else one
        for one in query.selected_columns
    ]
    return query.with_only_columns(*columns)


def _compiled(query: Select[Any], base: str) -> str:
    compiled = query.compile(
        dialect=mysql(),
        schema_translate_map={None: base},
        render_schema_translate=True,
        compile_kwargs={"literal_binds": True},
    )
    # doubled for drivers that fill in parameters; `_run` does that itself
    return str(compiled).replace("%%", "%")


def _run(db: Session, statement: str) -> None:
    db.exec_driver_sql(statement.replace("%", "%%"))


def _name(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
