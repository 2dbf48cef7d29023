"""Requests that touch one object, by kind of object; `{…}` is filled with a world's names."""

KEY = "<username>{ana}</username><domain>{domain}</domain>"
OWNER = "<username>{caio}</username><domain>{domain}</domain>"


def subscriber(fields: str, name: str = "subscriber") -> str:
    return f"<{name}>{KEY}{fields}</{name}>"


def new_subscriber(fields: str = "", username: str = "novo{n}") -> str:
    needed = f"<username>{username}</username><domain>{{domain}}</domain><password>x</password>"
    return f"<subscriber>{needed}<profile>DEFAULT</profile>{fields}</subscriber>"


def password(new: str) -> str:
    change = f"<newPassword>{new}</newPassword><confirmNewPassword>{new}</confirmNewPassword>"
    return f"{KEY}<actualPassword>atual</actualPassword>{change}"


def did(number: str, owner: str = KEY, account: str = "{ana}") -> str:
    code = f"<accountCode>{account}@{{domain}}</accountCode>"
    return f"<did>{code}<aliasUsername>{number}</aliasUsername>{owner}</did>"


def alias(name: str, owner: str = KEY) -> str:
    return f"<dbAliases><aliasUsername>{name}</aliasUsername>{owner}</dbAliases>"


def white(number: str) -> str:
    return f"<whiteList>{KEY}<prefix>{number}</prefix></whiteList>"


def address(fields: str = "", ip: str = "{ip}", owner: str = KEY) -> str:
    told = f"<ipAddress>{ip}</ipAddress><mask>32</mask><method>iponly</method><port>0</port>"
    return f"<address>{owner}{told}<protocol>any</protocol>{fields}</address>"


def hunt_group(members: str, group: str = "<id>{group}</id>") -> str:
    told = "<description>y</description><method>serial</method><timeout>5</timeout>"
    where = "<domain>{domain}</domain>"
    return f"<huntGroup>{where}{group}{told}<groupList>{members}</groupList></huntGroup>"


def account_group(*accounts: str, manager: str = "{bia}") -> str:
    named = "".join(f"<account>{one}@{{domain}}</account>" for one in accounts)
    manager = f"<accountManager>{manager}@{{domain}}</accountManager>"
    return f"{manager}<managerProfile>DEFAULT</managerProfile>{named}"


def rate(fields: str) -> str:
    return f"<rate><domain>{{domain}}</domain>{fields}</rate>"


def new_rate(prefix: str) -> str:
    told = f"<name>BR</name><prefix>{prefix}</prefix><rateId>{{n}}</rateId>"
    return rate(told + "<rateValue>1</rateValue>")


QUOTA_ON = subscriber("<dailyQuota>true</dailyQuota>", "dailyQuotaDTO")
TYPE_SET = subscriber("<dailyQuotaType>V</dailyQuotaType>", "dailyQuotaDTO")
TYPE_GONE = subscriber("<dailyQuotaType></dailyQuotaType>", "dailyQuotaDTO")
GROUP_ID = "<huntGroupId>{group}</huntGroupId>"
PLAN = subscriber("<ratePlanId>{plan}</ratePlanId>")
RESELLER = subscriber("<resellerId>{reseller}</resellerId>")
REMOVE = ("SubscriberWS", "removeSubscriber", KEY)

REQUESTS: dict[str, list[tuple[str, str, str]]] = {
    "subscriber": [
        REMOVE,
        ("SubscriberWS", "addCredit", KEY + "<value>5</value>"),
        ("SubscriberWS", "changePassword", password("nova-1")),
        ("SubscriberWS", "changePassword", password("nova-2")),
        ("SubscriberWS", "blockSubscriber", KEY),
        ("SubscriberWS", "updateSubscriber", PLAN),
        ("SubscriberWS", "updateDailyQuota", TYPE_SET),
        ("SubscriberWS", "updateDailyQuota", QUOTA_ON),
        ("SubscriberWS", "insertDBAliases", alias("outro{n}")),
        ("DidWS", "insertDid", did("551177{n}")),
        ("DidWS", "insertDid", did("551100{n}")),
        ("WhiteListWS", "insertWhiteList", white("99{n}")),
        ("AddressWS", "insertAddress", address(ip="{ip2}")),
        ("UserLocationWS", "addUserLocation", KEY + "<contact>sip:a@192.0.2.1</contact>"),
        ("HuntGroupWS", "insertHuntGroup", hunt_group("{ana}", "")),
        ("AccountGroupWS", "addAccountGroup", account_group("{caio}", manager="{ana}")),
        ("AccountGroupWS", "addAccountGroup", account_group("{ana}", manager="{caio}")),
    ],
    "new subscriber": [
        ("SubscriberWS", "insertSubscriber", new_subscriber()),
        ("SubscriberWS", "insertDBAliases", alias("novo{n}")),
        ("SubscriberWS", "insertDBAliases", alias("novo{n}", OWNER)),
    ],
    "quota": [
        ("SubscriberWS", "updateDailyQuota", QUOTA_ON),
        ("SubscriberWS", "updateDailyQuota", TYPE_SET),
        ("SubscriberWS", "updateDailyQuota", TYPE_GONE),
    ],
    "did": [
        REMOVE,
        ("DidWS", "deleteDid", "<didId>{did}</didId>"),
        ("DidWS", "deleteDid", "<didId>{stocked}</didId>"),
        ("DidWS", "insertDid", did("551100{n}")),
        ("DidWS", "insertDid", did("551100{n}", OWNER, "{caio}")),
        ("DidWS", "insertDid", did("551198{n}", OWNER, "{caio}")),
        ("DidWS", "insertDid", did("551199{n}", OWNER, "{caio}")),
    ],
    "alias": [
        REMOVE,
        ("SubscriberWS", "deleteDBAliases", "<dbAliases>{alias}</dbAliases>"),
        ("SubscriberWS", "insertDBAliases", alias("alias{n}", OWNER)),
        ("SubscriberWS", "insertSubscriber", new_subscriber(username="alias{n}")),
    ],
    "white list": [
        REMOVE,
        ("WhiteListWS", "deleteWhiteList", "<whiteListId>{white}</whiteListId>"),
        ("WhiteListWS", "insertWhiteList", white("55{n}")),
    ],
    "address": [
        REMOVE,
        ("AddressWS", "insertAddress", address(owner=OWNER)),
        ("AddressWS", "updateAddress", address("<id>{address}</id>", owner=OWNER)),
        ("AddressWS", "updateAddress", "<address><id>{address}</id><port>7</port></address>"),
        ("AddressWS", "removeAddress", "<domain>{domain}</domain><addressId>{address}</addressId>"),
    ],
    "location": [
        REMOVE,
        ("UserLocationWS", "addUserLocation", KEY + "<contact>sip:a@192.0.2.1</contact>"),
        ("UserLocationWS", "removeUserLocation", KEY + "<contact>sip:b@192.0.2.1</contact>"),
    ],
    "hunt group": [
        REMOVE,
        ("HuntGroupWS", "updateHuntGroup", hunt_group("{ana};{caio}")),
        ("HuntGroupWS", "updateHuntGroup", hunt_group("{bia};{caio};{bia}")),
        ("HuntGroupWS", "removeHuntGroup", "<domain>{domain}</domain>" + GROUP_ID),
    ],
    "account group": [
        REMOVE,
        ("SubscriberWS", "removeSubscriber", KEY.replace("ana", "bia")),
        ("AccountGroupWS", "addAccountGroup", account_group("{caio}")),
        ("AccountGroupWS", "addAccountGroup", account_group("{ana}", "{caio}")),
        ("AccountGroupWS", "addAccountGroup", account_group("{bia}", manager="{caio}")),
        ("AccountGroupWS", "removeAccountGroup", account_group("{ana}")),
        ("AccountGroupWS", "removeAccountGroup", account_group()),
    ],
    "rate plan": [
        ("RatePlanWS", "removeRatePlan", "<idRatePlan>{plan}</idRatePlan>"),
        ("RatePlanWS", "updateRatePlan", "<ratePlan><id>{plan}</id><name>z</name></ratePlan>"),
        ("SubscriberWS", "updateSubscriber", PLAN),
        ("SubscriberWS", "insertSubscriber", new_subscriber("<ratePlanId>{plan}</ratePlanId>")),
    ],
    "reseller": [
        ("ResellerWS", "deleteReseller", "<resellerId>{reseller}</resellerId>"),
        (
            "ResellerWS",
            "addResellerCredit",
            "<resellerName>reseller{n}</resellerName><domain>{domain}</domain><value>5</value>",
        ),
        ("SubscriberWS", "updateSubscriber", RESELLER),
        ("SubscriberWS", "insertSubscriber", new_subscriber("<resellerId>{reseller}</resellerId>")),
    ],
    "rate": [
        ("RateWS", "removeRate", "<id>{rate}</id>"),
        ("RateWS", "updateRate", rate("<id>{rate}</id><name>y</name>")),
        ("RateWS", "updateRate", rate("<id>{rate}</id><prefix>56</prefix>")),
        ("RateWS", "insertRates", new_rate("55")),
        ("RateWS", "insertRates", new_rate("56")),
        ("RateWS", "removeAllRatesByRateId", "<domain>{domain}</domain><rateId>{n}</rateId>"),
    ],
}
