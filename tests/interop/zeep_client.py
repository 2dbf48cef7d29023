"""Does what scenario.py says, with zeep pointed at our WSDLs."""

import json
import sys
from collections.abc import Callable
from typing import Any

import zeep


def main(url: str, domain: str, login: str, password: str, *names: str) -> None:
    username, partner, number = names
    principal = {"login": login, "password": password}

    def service(name: str) -> Any:
        return zeep.Client(f"{url}{name}?wsdl").service  # type: ignore[no-untyped-call]

    def insert(name: str) -> Any:
        return subscribers.insertSubscriber(subscriber(name, domain), principal)

    domains = service("DomainWS").listDomains(principal)
    subscribers = service("SubscriberWS")
    subscriber_id = insert(username)
    insert(partner)
    read = subscribers.retrieveSubscriber(username, domain, principal)

    dids = service("DidWS")
    did = {
        "aliasUsername": number,
        "username": username,
        "domain": domain,
        "accountCode": read.accountCode,
        "monthlySubscription": 1.25,
        "didToRuri": False,
        "reverseBilling": False,
    }
    dids.insertDid(did, principal)
    group = service("HuntGroupWS").insertHuntGroup(
        {
            "description": f"Vendas {username}",
            "domain": domain,
            "groupList": f"{username};{partner}",
            "method": "serial",
            "timeout": 20,
        },
        principal,
    )
    wrong = {"login": login, "password": "wrong"}
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


def subscriber(username: str, domain: str) -> dict[str, Any]:
    required = dict.fromkeys(
        (
            "addServiceHeader",
            "blockAnonymousCalls",
            "blockEntry0303",
            "callsOnlyByIp",
            "copyPassertedRpid",
            "lowCreditNotification",
            "softphoneAllowed",
            "validateSource0303",
            "voicemail",
        ),
        False,
    )
    return {
        **required,
        "resellerBillingType": 0,
        "resellerMarkup": 0.0,
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
