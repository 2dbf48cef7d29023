"""The operations that are timed.

`{any}`, `{tenth}` and `{new}` in a request are filled in anew each time, see wrk/soap.lua.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench import checks
from bench.checks import Check
from bench.database import DOMAIN, LOGIN, PASSWORD, RATE_ID, RATES, BenchDatabase, username
from bench.soap import envelope, xml

SUBSCRIBER = {
    "activeIncomingCalls": "true", "activeOutgoingCalls": "true", "addServiceHeader": "false",
    "address": "Rua das Palmeiras", "areaCode": "48", "blockAnonymousCalls": "false",
    "blockCollectCalls": "true", "blockEntry0303": "false", "callLimit": "2",
    "callsOnlyByIp": "false", "city": "Florianópolis", "contractNumber": "C1",
    "copyPassertedRpid": "false", "countryCode": "55", "document": "00000000191",
    "domain": DOMAIN, "emailAddress": f"novo@{DOMAIN}", "firstName": "João",
    "lastName": "da Conceição", "lowCreditLimit": "5.5", "lowCreditNotification": "true",
    "mobile": "5548999990000", "number": "100", "password": "s3nha-nova",
    "passwordPortal": "p0rtal", "phone": "554833330000", "profile": "DEFAULT",
    "quarter": "Centro", "ratePlanId": "1", "resellerBillingType": "0", "resellerId": "1",
    "resellerMarkup": "0.0", "softphoneAllowed": "true", "state": "SC",
    "username": "554810{new}", "validateSource0303": "false", "voicemail": "false",
    "zip": "88010-000",
}  # fmt: skip
KEY = {"username": "{any}", "domain": DOMAIN}


def principal(login: str = LOGIN, password: str = PASSWORD) -> str:
    return f"<principal>{xml({'login': login, 'password': password})}</principal>"


def rates() -> str:
    return "".join(
        "<rate>"
        + xml(
            {
                "cadency": "6",
                "domain": DOMAIN,
                "name": f"LOCALIDADE {number}",
                "prefix": f"55{10000 + number}",
                "rateId": "{new}",
                "rateValue": f"{0.003 * number:.3f}",
                "serviceType": "FIXO",
                "txConnection": "30",
            }
        )
        + "</rate>"
        for number in range(1, RATES + 1)
    )


@dataclass(frozen=True, slots=True)
class Case:
    """An operation under load; those that take milliseconds each get fewer connections."""

    name: str
    service: str
    body: str  # empty: a GET
    check: Check
    connections: int = 16
    query: str = ""
    status: int = 200
    least_seconds: int = 1  # of load, when an answer takes long
    # (database, the first new number, how many): sees to it that they are there
    prepare: Callable[[BenchDatabase, int, int], None] | None = None

    @property
    def path(self) -> str:
        return f"/SipPulse/{self.service}{self.query}"

    def filled(self, number: int, new: int) -> str:
        """The request about this subscriber and this new number."""
        values = {"any": username(number), "tenth": username(number), "new": str(new)}
        body = self.body
        for name, value in values.items():
            body = body.replace("{" + name + "}", value)
        return body


RETRIEVE_SUBSCRIBER = Case(
    "retrieveSubscriber",
    "SubscriberWS",
    envelope("retrieveSubscriber", xml(KEY), principal()),
    checks.retrieve_subscriber,
)
ADD_CREDIT = Case(
    "addCredit",
    "SubscriberWS",
    envelope("addCredit", xml(KEY | {"value": "10.5", "obs": "recarga"}), principal()),
    checks.add_credit,
)
INSERT_SUBSCRIBER = Case(
    "insertSubscriber",
    "SubscriberWS",
    envelope("insertSubscriber", f"<subscriber>{xml(SUBSCRIBER)}</subscriber>", principal()),
    checks.insert_subscriber,
)
REMOVE_SUBSCRIBER = Case(
    "removeSubscriber",
    "SubscriberWS",
    envelope("removeSubscriber", xml({"username": "gone{new}", "domain": DOMAIN}), principal()),
    checks.remove_subscriber,
    prepare=BenchDatabase.add_victims,
)
UPDATE_SUBSCRIBER = Case(
    "updateSubscriber (1 field)",
    "SubscriberWS",
    envelope(
        "updateSubscriber",
        f"<subscriber>{xml(KEY | {'city': 'Cidade {new}'})}</subscriber>",
        principal(),
    ),
    checks.update_subscriber,
)
ACTIVATE_SUBSCRIBER = Case(
    "activateSubscriber",
    "SubscriberWS",
    envelope("activateSubscriber", xml(KEY), principal()),
    checks.activate_subscriber,
)
LIST_BY_ACC = Case(
    "listByAcc (3)",
    "DidWS",
    envelope("listByAcc", xml({"accountCode": "{tenth}@" + DOMAIN}), principal()),
    checks.list_by_acc,
)
LIST_RATES = Case(
    f"listRatesByParams ({RATES:,})",
    "RateWS",
    envelope("listRatesByParams", xml({"domain": DOMAIN, "rateId": str(RATE_ID)}), principal()),
    checks.list_rates,
    connections=4,
)
INSERT_RATES = Case(
    f"insertRates ({RATES:,})",
    "RateWS",
    envelope("insertRates", rates(), principal()),
    checks.insert_rates,
    connections=4,
)
# Every login is another one, so that each password is hashed.
BAD_LOGIN = Case(
    "bad login, hashed",
    "SubscriberWS",
    envelope("retrieveSubscriber", xml(KEY), principal("nobody{new}")),
    checks.login_refused,
    connections=2,
    status=500,
    least_seconds=4,
)
BAD_LOGIN_AGAIN = Case(
    "bad login, delayed",
    "SubscriberWS",
    envelope("retrieveSubscriber", xml(KEY), principal("guesser")),
    checks.login_refused,
    status=500,
    prepare=lambda db, _new, _count: db.delay_login("guesser"),
)
WSDL = Case("GET ?wsdl", "SubscriberWS", "", checks.wsdl, query="?wsdl")

ALL = (
    RETRIEVE_SUBSCRIBER,
    ADD_CREDIT,
    INSERT_SUBSCRIBER,
    REMOVE_SUBSCRIBER,
    UPDATE_SUBSCRIBER,
    ACTIVATE_SUBSCRIBER,
    LIST_BY_ACC,
    LIST_RATES,
    INSERT_RATES,
    BAD_LOGIN,
    BAD_LOGIN_AGAIN,
    WSDL,
)
