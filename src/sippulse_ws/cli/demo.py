"""Demo data: enough to try every service, created once with generated passwords."""

from __future__ import annotations

import os
import secrets
from decimal import Decimal
from pathlib import Path

from sqlalchemy import insert, select

from sippulse_ws.db import Database
from sippulse_ws.db.statements import Session
from sippulse_ws.domain import (
    account_groups,
    addresses,
    administrators,
    aliases,
    credit,
    dialplans,
    dids,
    domains,
    hunt_groups,
    locations,
    new_subscribers,
    profiles,
    rate_plans,
    resellers,
    white_lists,
)
from sippulse_ws.domain.access import EVERYTHING
from sippulse_ws.domain.authentication import Authenticator
from sippulse_ws.domain.errors_guard import DemoElsewhere
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import Did, Domain, Rate, RatePlan, Reseller
from sippulse_ws.wording import Wording

_DOMAINS = ("demo.example.com", "other.example.com")
ADMINISTRATORS = {"admin": (True, ()), "demo": (False, _DOMAINS[:1])}
_SUBSCRIBERS = (("1000", "Ana", "Souza"), ("1001", "Bruno", "Lima"), ("1002", "Carla", "Dias"))
FREE_NUMBERS = ("554830258080", "554830258081", "554830258082")
ASSIGNED_NUMBER = "554830258090"
TOLD = ("1000", "1001")
ACCOUNT = f"1000@{_DOMAINS[0]}"  # its password is printed, for phones and CustomerWS
RATE_ID = 20000
_PLAN = "PRÉ-BRONZE"  # data
RATES = (("5548", "FLORIANOPOLIS FIXO", "0.08"), ("55489", "FLORIANOPOLIS MOVEL", "0.35"))

DEFAULT_DATABASE = "sippulse.db"

HEADING = "# sippulse-ws demo logins\n"
# To be pasted into a shell, on a machine that has only Python.
CALL = """
python3 - <<'END'
from urllib.request import Request, urlopen
envelope = '''<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>
  <ns2:retrieveSubscriber xmlns:ns2="http://service.ws.sippulse.voffice.com.br/">
    <username>1000</username><domain>demo.example.com</domain>
    <principal><login>demo</login><password>{password}</password></principal>
  </ns2:retrieveSubscriber>
</S:Body></S:Envelope>'''
request = Request("{url}/SipPulse/SubscriberWS", envelope.encode(), {{"Content-Type": "text/xml"}})
print(urlopen(request).read().decode())
END
"""
_GONE = Wording(
    "Os dados de demonstração já estão lá; {path}, com os logins, não.",
    "The demo data is there; {path} with its logins is not.",
)
_LOGINS = Wording("Logins de demonstração (guardados em {path}):", "Demo logins (kept in {path}):")
_TRY = Wording("Experimente, em um segundo terminal:", "Try it, in a second terminal:")
_BROWSE = Wording("e em um navegador: {url}/SipPulse/", "and in a browser: {url}/SipPulse/")
URL = "http://127.0.0.1:8080"


def is_loaded(db: Session) -> bool:
    return db.execute(select(Domain.id).where(Domain.domain == _DOMAINS[0])).first() is not None


def require_empty(db: Session) -> None:
    """Make sure that the database is empty: demo logins must not get in among real ones."""
    if db.execute(select(Domain.id).limit(1)).first() is not None:
        raise DemoElsewhere


def logins_path(database: Database) -> Path:
    """The file of the logins: beside an SQLite file, else in var/, named after the database."""
    name = str(database.url.database)
    if not database.is_sqlite:
        return Path("var") / f"demo-logins-{name}.txt"
    path = Path(name)
    default = path.name == DEFAULT_DATABASE
    return path.with_name("demo-logins.txt" if default else f"{path.name}-demo-logins.txt")


def load(db: Session, vault: Vault) -> dict[str, str]:
    """Fill an empty database; returns the passwords of administrators and of one subscriber."""
    passwords = {login: secrets.token_urlsafe(12) for login in (*ADMINISTRATORS, ACCOUNT)}
    for domain in _DOMAINS:
        domains.create_domain(db, domain)
        for profile in ("DEFAULT", "PREMIUM"):
            profiles.create_profile(db, domain, profile)
    authenticator = Authenticator()
    for login, (superuser, granted) in ADMINISTRATORS.items():
        administrators.create_administrator(
            db, authenticator, login, passwords[login], superuser=superuser
        )
        for domain in granted:
            administrators.grant_domain(db, login, domain)
    for domain in _DOMAINS:
        _fill_domain(db, vault, domain, passwords)
    _load_dids(db)
    _load_services(db, vault)
    return passwords


def _fill_domain(db: Session, vault: Vault, domain: str, passwords: dict[str, str]) -> None:
    values = {"domain": domain, "name": _PLAN, "rate_id": RATE_ID, "prepaid": True}
    plan = insert_row(db, RatePlan, values)
    for prefix, name, value in RATES:
        db.execute(
            insert(Rate).values(
                domain=domain, rate_id=RATE_ID, prefix=prefix, name=name, rate_value=Decimal(value)
            )
        )
    portal = f"revenda-{domain.partition('.')[0]}"
    reseller = insert_row(
        db,
        Reseller,
        {"domain": domain, "name": "Revenda ACME", "username": portal, "email": f"acme@{domain}"},
    )
    for username, first_name, last_name in _SUBSCRIBERS:
        told = domain == _DOMAINS[0] and username in TOLD
        password = passwords[ACCOUNT] if told else secrets.token_urlsafe(12)
        values = {
            "username": username,
            "domain": domain,
            "password": password,
            "password_portal": password,
            "profile": "DEFAULT",
            "rate_plan_id": plan,
            "reseller_id": reseller if username == "1002" else 0,
            "first_name": first_name,
            "last_name": last_name,
            "country_code": 55,
            "area_code": 48,
            "call_limit": 2,
        }
        new_subscribers.insert_subscriber(db, vault, values)
        account = credit.get_account(db, username, domain)
        credit.add_credit(db, "demo", account, 50.0, "demo")


def _load_dids(db: Session) -> None:
    domain = _DOMAINS[0]
    for number in (*FREE_NUMBERS, ASSIGNED_NUMBER):
        insert_row(db, Did, {"alias_username": number, "inventory_domain": domain})
    values = {
        "account_code": f"1000@{domain}",
        "alias_username": ASSIGNED_NUMBER,
        "username": "1000",
        "domain": domain,
    }
    dids.insert_did(db, EVERYTHING, values)


def _load_services(db: Session, vault: Vault) -> None:
    """Load what the pages' examples refer to: one of everything that has an id."""
    domain = _DOMAINS[0]
    owner = {"username": "1000", "domain": domain}
    hunt_groups.insert_hunt_group(
        db,
        {
            "domain": domain,
            "description": "Vendas",
            "group_list": "1000;1001",
            "method": "serial",
            "timeout": 20,
        },
    )
    alias = {"alias_username": "ana", "alias_domain": domain}
    aliases.insert_alias(db, EVERYTHING, owner | alias)
    white_lists.insert_number(db, owner | {"prefix": "0800771234"})
    address = {"account": ACCOUNT, "ip_address": "192.0.2.20", "mask": 32, "port": 0}
    addresses.insert_address(db, EVERYTHING, address | {"method": "iponly", "protocol": "any"})
    account_groups.add_account_group(db, ACCOUNT, "DEFAULT", [f"1002@{domain}"])
    locations.add_permanent(db, (), "1000", domain, "sip:1000@192.0.2.30:5060")
    rate_plans.insert_rate_plan(db, {"domain": domain, "name": "PRATA", "rate_id": RATE_ID})
    reseller = {"name": "Revenda Norte", "manager": "Rui Prado", "email": "norte@example.com"}
    portal = {"username": "revenda-norte", "password": secrets.token_urlsafe(12)}
    resellers.insert_reseller(db, vault, "demo", reseller | portal | {"domain": domain})
    dialplans.create_dialplan(
        db,
        {
            "domain": domain,
            "dpid": 1,
            "pr": 1,
            "match_op": 1,
            "match_exp": "^0[1-9][1-9]",
            "subst_exp": "^0(.*)$",
            "repl_exp": "55\\1",
        },
    )


def write_logins(path: Path, passwords: dict[str, str]) -> None:
    """Write the passwords into a file that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # of an earlier database
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(HEADING)
        file.writelines(f"{login} {password}\n" for login, password in passwords.items())


def describe(path: Path, language: str, url: str = URL) -> str:
    """The text with the logins and a call that works with them."""
    if not path.exists():
        return _GONE.text(language, path=path)
    lines = path.read_text(encoding="utf-8").splitlines()
    logins = dict(line.split(" ", 1) for line in lines if line and not line.startswith("#"))
    return "\n".join(
        [
            _LOGINS.text(language, path=path),
            *(f"  {login}  {password}" for login, password in logins.items()),
            "",
            _TRY.text(language),
            CALL.format(password=logins.get("demo", ""), url=url),
            _BROWSE.text(language, url=url),
        ]
    )
