"""Does what scenario.py says, with zeep pointed at our WSDLs."""

import json
import sys
from collections.abc import Callable
from typing import Any

import zeep

# Required by the WSDL, and so by zeep.
SUBSCRIBER_DEFAULTS: dict[str, Any] = {
    "addServiceHeader": False,
    "blockAnonymousCalls": False,
    "blockEntry0303": False,
    "callsOnlyByIp": False,
    "copyPassertedRpid": False,
    "lowCreditNotification": False,
    "resellerBillingType": 0,
    "resellerMarkup": 0.0,
    "softphoneAllowed": False,
    "validateSource0303": False,
    "voicemail": False,
}
DID_DEFAULTS = {"didToRuri": False, "reverseBilling": False}


def main(url: str, domain: str, login: str, password: str, *names: str) -> None:
    username, partner, number = names
    principal = {"login": login, "password": password}
    wrong = {"login": login, "password": "wrong"}
    subscribers, dids = service(url, "SubscriberWS"), service(url, "DidWS")

    def insert(name: str) -> Any:
        return subscribers.insertSubscriber(subscriber(name, domain), principal)

    domains = service(url, "DomainWS").listDomains(principal)
    subscriber_id = insert(username)
    insert(partner)
    read = subscribers.retrieveSubscriber(username, domain, principal)
    dids.insertDid(did(number, read), principal)
    group = service(url, "HuntGroupWS").insertHuntGroup(
        hunt_group(domain, username, partner), principal
    )
    seen = {
        "domains": [item.domain for item in domains],
        "subscriberId": subscriber_id,
        "accountCode": read.accountCode,
        "firstName": read.firstName,
        "lastName": read.lastName,
        "mobile": read.mobile,
        "callLimit": read.callLimit,
        "lowCreditLimit": read.lowCreditLimit,
        "activeOutgoingCalls": read.activeOutgoingCalls,
        "dids": [item.aliasUsername for item in dids.listByAcc(read.accountCode, principal)],
        "huntGroupId": group.id,
        "groupList": group.groupList,
        "uri": group.uri,
        "duplicateFault": fault(lambda: insert(username)),
        "loginFault": fault(lambda: subscribers.retrieveSubscriber(username, domain, wrong)),
    }
    print(json.dumps(seen))


def service(url: str, name: str) -> Any:
    return zeep.Client(f"{url}{name}?wsdl").service  # type: ignore[no-untyped-call]


def subscriber(username: str, domain: str) -> dict[str, Any]:
    return SUBSCRIBER_DEFAULTS | {
        "username": username,
        "domain": domain,
        "password": f"segredo-{username}",
        "profile": "interop",
        "firstName": "João & Filhos <Ltda>",
        "mobile": 5511987654321,
        "callLimit": 3,
        "lowCreditLimit": 10.5,
        "activeIncomingCalls": True,
        "activeOutgoingCalls": True,
    }


def did(number: str, owner: Any) -> dict[str, Any]:
    return DID_DEFAULTS | {
        "aliasUsername": number,
        "username": owner.username,
        "domain": owner.domain,
        "accountCode": owner.accountCode,
        "monthlySubscription": 1.25,
    }


def hunt_group(domain: str, username: str, partner: str) -> dict[str, Any]:
    return {
        "description": f"Vendas {username}",
        "domain": domain,
        "groupList": f"{username};{partner}",
        "method": "serial",
        "timeout": 20,
    }


def fault(call: Callable[[], Any]) -> str | None:
    """The faultMessage of the WSException that the call ends in."""
    try:
        call()
    except zeep.exceptions.Fault as error:
        message: str | None = error.detail.findtext("{*}WSException/faultMessage")
        return message
    return None


if __name__ == "__main__":
    main(*sys.argv[1:])
