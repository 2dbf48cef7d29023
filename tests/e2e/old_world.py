"""An installation to be taken over: something of everything, with ids that a new one has not."""

from tests.fixtures.server import Server

ACCOUNTS = [str(number) for number in range(1000, 1012)]
DOMAIN = "example.com"
KEY = f"<username>{{}}</username><domain>{DOMAIN}</domain>"


def ask(server: Server, service: str, operation: str, body: str) -> None:
    answer = server.post(service, operation, body)
    assert answer.status_code == 200, answer.text


def fill(server: Server) -> None:
    for number in range(3):
        ask(
            server,
            "RatePlanWS",
            "insertRatePlan",
            f"<ratePlan><domain>{DOMAIN}</domain>"
            f"<name>P{number}</name><rateId>{number + 7}</rateId><markup>1.5</markup></ratePlan>",
        )
    ask(server, "RatePlanWS", "removeRatePlan", "<idRatePlan>1</idRatePlan>")
    for rate_id, prefix in (("8", "55"), ("8", "5511"), ("9", "1")):
        ask(
            server,
            "RateWS",
            "insertRates",
            f"<rate><domain>{DOMAIN}</domain><name>BR</name><prefix>{prefix}</prefix>"
            f"<rateId>{rate_id}</rateId><rateValue>0.123456</rateValue></rate>",
        )
    for account in ["999", *ACCOUNTS]:
        fill_account(server, account)
    ask(server, "SubscriberWS", "removeSubscriber", KEY.format("999"))
    fill_services(server)
    fill_groups(server)


def fill_account(server: Server, account: str) -> None:
    """What every account has."""
    ask(server, "SubscriberWS", "insertSubscriber", f"<subscriber>{KEY.format(account)}"
        f"<password>sécret-{account}</password><passwordPortal>portal{account}</passwordPortal>"
        "<profile>DEFAULT</profile><firstName>João € 😀</firstName><ratePlanId>2</ratePlanId>"
        "<voicemail>true</voicemail><callLimit>3</callLimit><mobile>5511987654321</mobile>"
        "</subscriber>")  # fmt: skip
    ask(
        server,
        "SubscriberWS",
        "addCredit",
        f"{KEY.format(account)}<value>{account}.000001</value><obs>PIX</obs>",
    )
    ask(
        server,
        "DidWS",
        "insertDid",
        f"<did><accountCode>{account}@{DOMAIN}</accountCode>"
        f"<aliasUsername>5548{account}</aliasUsername><domain>{DOMAIN}</domain></did>",
    )
    ask(
        server,
        "WhiteListWS",
        "insertWhiteList",
        f"<whiteList>{KEY.format(account)}<prefix>0800</prefix></whiteList>",
    )
    ask(
        server,
        "AddressWS",
        "insertAddress",
        f"<address>{KEY.format(account)}"
        f"<ipAddress>198.51.100.{int(account) % 200}</ipAddress><mask>32</mask>"
        "<method>iponly</method><port>0</port><protocol>any</protocol></address>",
    )


def fill_services(server: Server) -> None:
    """What few accounts have."""
    ask(
        server,
        "SubscriberWS",
        "insertDBAliases",
        f"<dbAliases>{KEY.format(1001)}"
        f"<aliasUsername>ana</aliasUsername><aliasDomain>{DOMAIN}</aliasDomain></dbAliases>",
    )
    ask(
        server,
        "SubscriberWS",
        "updateDailyQuota",
        f"<dailyQuotaDTO>{KEY.format(1002)}"
        "<dailyQuota>true</dailyQuota><dailyQuotaLimit>9.5</dailyQuotaLimit>"
        "<dailyQuotaType>V</dailyQuotaType></dailyQuotaDTO>",
    )
    ask(
        server,
        "SubscriberWS",
        "updateSubscriberClassV",
        f"<subscriber>{KEY.format(1003)}"
        "<pinCode>1234</pinCode><callFwd>5548999990000</callFwd></subscriber>",
    )
    ask(
        server,
        "UserLocationWS",
        "addUserLocation",
        f"{KEY.format(1004)}<contact>sip:1004@203.0.113.9</contact>",
    )
    for operation in ("blockSubscriber", "activatePrivacyCalls", "activateTopologyHiding"):
        ask(server, "SubscriberWS", operation, KEY.format(1008))


def fill_groups(server: Server) -> None:
    """Of hunting, of billing, and a reseller."""
    ask(
        server,
        "HuntGroupWS",
        "insertHuntGroup",
        f"<huntGroup><domain>{DOMAIN}</domain>"
        "<description>Vendas</description><groupList>1005;1001</groupList><method>serial</method>"
        "<timeout>20</timeout></huntGroup>",
    )
    ask(
        server,
        "AccountGroupWS",
        "addAccountGroup",
        f"<accountManager>1006@{DOMAIN}</accountManager>"
        f"<managerProfile>DEFAULT</managerProfile><account>1007@{DOMAIN}</account>",
    )
    ask(
        server,
        "ResellerWS",
        "insertReseller",
        f"<reseller><domain>{DOMAIN}</domain><name>Norte</name><manager>Rui</manager>"
        "<email>rui@example.net</email><username>norte</username><password>portal-Norte</password>"
        "<credit>77.7</credit></reseller>",
    )
