"""The client of zeep, strict: zeep_client.py URL DOMAIN LOGIN PASSWORD USERNAME."""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from zeep import Client, Settings
from zeep.exceptions import Fault

URL, DOMAIN, LOGIN, PASSWORD, USERNAME = sys.argv[1:6]
ACCOUNT = f"{USERNAME}@{DOMAIN}"
PRINCIPAL = {"login": LOGIN, "password": PASSWORD}
# zeep refuses to send an object without what the WSDL requires
REQUIRED: dict[str, Any] = dict.fromkeys(
    "addServiceHeader blockAnonymousCalls blockEntry0303 callsOnlyByIp copyPassertedRpid"
    " lowCreditNotification softphoneAllowed validateSource0303 voicemail".split(),
    False,
)
REQUIRED |= {"activeIncomingCalls": True, "activeOutgoingCalls": True}
REQUIRED |= {"lowCreditLimit": 0, "resellerBillingType": 0, "resellerMarkup": 0}


def service(name: str) -> Any:
    url = f"{URL}{name}?wsdl"
    return Client(url, settings=Settings(strict=True)).service  # type: ignore[no-untyped-call]


def refused(call: Callable[[], Any]) -> str:
    try:
        call()
    except Fault as fault:
        return str(fault.detail.findtext(".//faultMessage"))
    raise AssertionError("no fault")


def subscriber(seen: dict[str, Any]) -> None:
    subscribers = service("SubscriberWS")
    new = REQUIRED | {"username": USERNAME, "domain": DOMAIN, "password": "pç-secret"}
    new |= {"profile": "interop", "firstName": "João & ‹Ñ> €"}  # noqa: RUF001
    seen["inserted"] = subscribers.insertSubscriber(new, PRINCIPAL)
    seen["duplicate"] = refused(lambda: subscribers.insertSubscriber(new, PRINCIPAL))
    seen["firstName"] = subscribers.retrieveSubscriber(USERNAME, DOMAIN, PRINCIPAL).firstName
    subscribers.addCredit(USERNAME, DOMAIN, 0.1, "ç", PRINCIPAL)
    seen["credit"] = subscribers.retrieveCredit(USERNAME, DOMAIN, PRINCIPAL)
    wrong = PRINCIPAL | {"password": "wrong"}
    seen["wrongPassword"] = refused(lambda: subscribers.retrieveCredit(USERNAME, DOMAIN, wrong))


def lists() -> list[int]:
    dids, sizes = service("DidWS"), []
    for number in range(4):
        sizes.append(len(dids.listByAcc(ACCOUNT, PRINCIPAL)))
        did = {
            "accountCode": ACCOUNT,
            "aliasUsername": f"5548{USERNAME}{number}",
            "username": USERNAME,
            "domain": DOMAIN,
            "didToRuri": False,
            "reverseBilling": False,
        }
        dids.insertDid(did, PRINCIPAL)
    return sizes


def main() -> None:
    seen: dict[str, Any] = {"typed": False, "services": 0}
    for name in json.loads(os.environ["ZOO_SERVICES"]):
        seen["services"] += service(name) is not None
    subscriber(seen)
    seen["lists"] = lists()
    group = {
        "description": f"Ç {USERNAME}",
        "domain": DOMAIN,
        "method": "serial",
        "groupList": USERNAME,
        "timeout": 20,
    }
    made = service("HuntGroupWS").insertHuntGroup(group, PRINCIPAL)
    seen |= {"groupId": made.id, "uri": made.uri}
    locations = service("UserLocationWS")
    locations.addUserLocation(USERNAME, DOMAIN, f"sip:{USERNAME}@203.0.113.9", PRINCIPAL)
    (location,) = locations.listUserLocations(USERNAME, DOMAIN, PRINCIPAL)
    seen["moment"] = location.lastModified.isoformat()
    print(json.dumps(seen))


main()
