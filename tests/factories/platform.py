"""Builders of what a test needs to be there, with values that do not matter filled in."""

from decimal import Decimal
from itertools import count
from typing import Any

import sqlalchemy as sa

from sippulse_ws.db import Session
from sippulse_ws.domain import administrators, domains, new_subscribers, profiles
from sippulse_ws.domain.authentication import Authenticator
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import Base, Did, Rate, RatePlan, Reseller, Subscriber

DOMAIN = "example.com"
PASSWORD = "s3nha-do-assinante"


class Platform:
    """One domain with a profile, and a superuser; more on demand."""

    def __init__(self, db: Session) -> None:
        self.db = db
        self._numbers = count(1)
        self._authenticator = Authenticator()
        self.domain(DOMAIN)
        self.principal = self.administrator("root", superuser=True)

    def domain(self, name: str) -> str:
        domains.create_domain(self.db, name)
        profiles.create_profile(self.db, name, "DEFAULT")
        return name

    def profile(self, name: str, domain: str = DOMAIN) -> int:
        return profiles.create_profile(self.db, domain, name)

    def administrator(self, login: str, *granted: str, superuser: bool = False) -> dict[str, str]:
        """A principal, ready to be sent."""
        password = f"password of {login}"
        administrators.create_administrator(
            self.db, self._authenticator, login, password, superuser=superuser
        )
        for domain in granted:
            administrators.grant_domain(self.db, login, domain)
        return {"login": login, "password": password}

    def subscriber(self, username: str = "1000", domain: str = DOMAIN, **values: Any) -> int:
        return new_subscribers.insert_subscriber(
            self.db,
            Vault(),
            {"password": PASSWORD, "profile": "DEFAULT"}
            | values
            | {"username": username, "domain": domain},
        )

    def rate_plan(self, domain: str = DOMAIN, **values: Any) -> int:
        return self.insert(RatePlan, **{"domain": domain, "name": "Plan", "rate_id": 1} | values)

    def rate(self, prefix: str, domain: str = DOMAIN, **values: Any) -> int:
        filled = {"rate_id": 1, "name": f"Rate {prefix}", "rate_value": Decimal("0.1")} | values
        return self.insert(Rate, domain=domain, prefix=prefix, **filled)

    def reseller(self, name: str = "ACME", domain: str = DOMAIN, **values: Any) -> int:
        filled = {"username": f"reseller{next(self._numbers)}"} | values
        return self.insert(Reseller, domain=domain, name=name, **filled)

    def free_number(self, number: str, domain: str = DOMAIN) -> int:
        return self.insert(Did, alias_username=number, inventory_domain=domain)

    def did(self, number: str, username: str, domain: str = DOMAIN, **values: Any) -> int:
        """A number of a subscriber, delivered to the same."""
        owner = self.one(Subscriber, username=username, domain=domain)
        filled = {"subscriber_id": owner.id, "username": username, "domain": domain} | values
        return self.insert(Did, alias_username=number, **filled)

    def insert(self, model: type[Base], **values: Any) -> int:
        return insert_row(self.db, model, values)

    def update(self, model: type[Base], **values: Any) -> None:
        """Change every row of a table."""
        self.db.execute(sa.update(model).values(values))

    def one(self, model: type[Base], **key: Any) -> Any:
        """The only row of a table with these values."""
        return self.db.execute(self._select(model, key)).one()

    def find(self, model: type[Base], **key: Any) -> Any:
        return self.db.execute(self._select(model, key)).one_or_none()

    def rows(self, model: type[Base], **key: Any) -> list[Any]:
        return list(self.db.execute(self._select(model, key)).all())

    def _select(self, model: type[Base], key: dict[str, Any]) -> Any:
        return sa.select(*model.__table__.columns).filter_by(**key)
