"""The client of suds-community: suds_client.py URL DOMAIN LOGIN PASSWORD USERNAME."""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from suds import WebFault
from suds.client import Client

URL, DOMAIN, LOGIN, PASSWORD, USERNAME = sys.argv[1:6]
ACCOUNT = f"{USERNAME}@{DOMAIN}"
PRINCIPAL = {"login": LOGIN, "password": PASSWORD}


def service(name: str) -> Any:
    return Client(f"{URL}{name}?wsdl", cache=None)


def refused(call: Callable[[], Any]) -> str:
    try:
        call()
    except WebFault as fault:
        return str(fault.fault.detail.WSException.faultMessage)
    raise AssertionError("no fault")


def subscriber(seen: dict[str, Any]) -> None:
    client = service("SubscriberWS")
    new = client.factory.create("subscriberDTO")
    new.username, new.domain, new.password, new.profile = USERNAME, DOMAIN, "pç-secret", "interop"
    new.firstName = "João & ‹Ñ> €"  # noqa: RUF001
    seen["inserted"] = client.service.insertSubscriber(new, PRINCIPAL)
    seen["duplicate"] = refused(lambda: client.service.insertSubscriber(new, PRINCIPAL))
    seen["firstName"] = client.service.retrieveSubscriber(USERNAME, DOMAIN, PRINCIPAL).firstName
    client.service.addCredit(USERNAME, DOMAIN, 0.1, "ç", PRINCIPAL)
    seen["credit"] = client.service.retrieveCredit(USERNAME, DOMAIN, PRINCIPAL)
    wrong = PRINCIPAL | {"password": "wrong"}
    seen["wrongPassword"] = refused(lambda: client.service.retrieveCredit(USERNAME, DOMAIN, wrong))


def lists() -> list[int]:
    client, sizes = service("DidWS"), []
    for number in range(4):
        sizes.append(len(client.service.listByAcc(ACCOUNT, PRINCIPAL) or []))
        did = {
            "accountCode": ACCOUNT,
            "aliasUsername": f"5548{USERNAME}{number}",
            "username": USERNAME,
            "domain": DOMAIN,
        }
        client.service.insertDid(did, PRINCIPAL)
    return sizes


def main() -> None:
    seen: dict[str, Any] = {"typed": False, "services": 0}
    for name in json.loads(os.environ["ZOO_SERVICES"]):
        seen["services"] += bool(str(service(name)))
    subscriber(seen)
    seen["lists"] = lists()
    group = {
        "description": f"Ç {USERNAME}",
        "domain": DOMAIN,
        "method": "serial",
        "groupList": USERNAME,
        "timeout": 20,
    }
    made = service("HuntGroupWS").service.insertHuntGroup(group, PRINCIPAL)
    seen |= {"groupId": made.id, "uri": made.uri}
    locations = service("UserLocationWS").service
    locations.addUserLocation(USERNAME, DOMAIN, f"sip:{USERNAME}@203.0.113.9", PRINCIPAL)
    (location,) = locations.listUserLocations(USERNAME, DOMAIN, PRINCIPAL)
    seen["moment"] = location.lastModified.isoformat()
    print(json.dumps(seen))


main()
