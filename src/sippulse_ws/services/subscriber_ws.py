"""SubscriberWS: provisioning, flags, credit, quota, passwords, aliases."""

from typing import Any

from sippulse_ws.domain import aliases, credit, new_subscribers, passwords, quotas, subscribers
from sippulse_ws.domain.credit import CreditedAccount
from sippulse_ws.domain.subscriber_checks import NEW_SUBSCRIBER
from sippulse_ws.domain.subscribers import Flag, NamedSubscriber
from sippulse_ws.services.call import Call
from sippulse_ws.services.operation import BY_SCOPE, operation, within
from sippulse_ws.wire.fields import double, integer, long, nested, string
from sippulse_ws.wire.rpc import Published, Service
from sippulse_ws.wire.types.db_aliases import DbAliasesDto
from sippulse_ws.wire.types.subscriber import (
    SubscriberBillingInfoDto,
    SubscriberClassVDto,
    SubscriberDto,
    SubscriberServicesDto,
)
from sippulse_ws.wire.types.subscriber_quota import (
    SubscriberDailyQuotaDto,
    SubscriberMonthlyQuotaDto,
)

_Values = dict[str, Any]
_IN_DOMAIN = within("domain")
_OF_SUBSCRIBER = within("subscriber.domain")
_KEY = (string("username"), string("domain"))
PASSWORD_CHANGE = (
    string("actualPassword"),
    string("newPassword"),
    string("confirmNewPassword"),
)


def flag_operation(flag: Flag, *, to: bool) -> Published:
    """An operation that sets or clears one flag of a subscriber."""

    def set_flag(call: Call, username: str, domain: str) -> None:
        subscribers.set_flag(call.db, username, domain, flag, to)

    # proxies load the IP addresses of active subscribers only
    reloads = ("address",) if flag is Flag.ACTIVE else ()
    return operation(_IN_DOMAIN, *_KEY, writes=True, reloads=reloads)(set_flag)


def password_change(which: str) -> Published:
    """An operation that changes one password; `which` is passwords.SIP or passwords.PORTAL."""

    def change(
        call: Call,
        username: str,
        domain: str,
        actual_password: str,
        new_password: str,
        confirm_new_password: str,
    ) -> None:
        passwords.change_password(
            call.db,
            call.vault,
            username,
            domain,
            which,
            actual=actual_password,
            new=new_password,
            confirmation=confirm_new_password,
        )

    return operation(_IN_DOMAIN, *_KEY, *PASSWORD_CHANGE, writes=True)(change)


class SubscriberWS(Service):
    """Subscribers: provisioning, flags, credit, quota, passwords, aliases."""

    activateSubscriber = flag_operation(Flag.ACTIVE, to=True)
    blockSubscriber = flag_operation(Flag.ACTIVE, to=False)
    activateAnonymousCalls = flag_operation(Flag.BLOCK_ANONYMOUS_CALLS, to=False)
    blockAnonymousCalls = flag_operation(Flag.BLOCK_ANONYMOUS_CALLS, to=True)
    activateCallsOnlyByIp = flag_operation(Flag.CALLS_ONLY_BY_IP, to=True)
    blockCallsOnlyByIp = flag_operation(Flag.CALLS_ONLY_BY_IP, to=False)
    activateCollectCalls = flag_operation(Flag.BLOCK_COLLECT_CALLS, to=False)
    blockCollectCalls = flag_operation(Flag.BLOCK_COLLECT_CALLS, to=True)
    activateDailyStatistics = flag_operation(Flag.DAILY_STATISTICS, to=True)
    blockDailyStatistics = flag_operation(Flag.DAILY_STATISTICS, to=False)
    activateEntry0303 = flag_operation(Flag.BLOCK_ENTRY_0303, to=False)
    blockEntry0303 = flag_operation(Flag.BLOCK_ENTRY_0303, to=True)
    activateIncommingCalls = flag_operation(Flag.ACTIVE_INCOMING_CALLS, to=True)
    blockIncommingCalls = flag_operation(Flag.ACTIVE_INCOMING_CALLS, to=False)
    blockLowCreditNotification = flag_operation(Flag.LOW_CREDIT_NOTIFICATION, to=False)
    activateOutgoingCalls = flag_operation(Flag.ACTIVE_OUTGOING_CALLS, to=True)
    blockOutgoingCalls = flag_operation(Flag.ACTIVE_OUTGOING_CALLS, to=False)
    activatePrivacyCalls = flag_operation(Flag.PRIVACY_CALLS, to=True)
    blockPrivacyCalls = flag_operation(Flag.PRIVACY_CALLS, to=False)
    activateSoftphone = flag_operation(Flag.SOFTPHONE_ALLOWED, to=True)
    blockSoftphone = flag_operation(Flag.SOFTPHONE_ALLOWED, to=False)
    activateTopologyHiding = flag_operation(Flag.TOPOLOGY_HIDING, to=True)
    blockTopologyHiding = flag_operation(Flag.TOPOLOGY_HIDING, to=False)
    activateValidateSource0303 = flag_operation(Flag.VALIDATE_SOURCE_0303, to=True)
    disableValidateSource0303 = flag_operation(Flag.VALIDATE_SOURCE_0303, to=False)
    blockVoicemail = flag_operation(Flag.VOICEMAIL, to=False)

    @operation(_IN_DOMAIN, *_KEY, double("lowCreditLimit"), writes=True)
    def activateLowCreditNotification(
        call: Call, username: str, domain: str, low_credit_limit: float | None
    ) -> None:
        subscribers.activate_low_credit_notification(call.db, username, domain, low_credit_limit)

    @operation(
        _IN_DOMAIN,
        *_KEY,
        long("voicemailPassword"),
        writes=True,
    )
    def activateVoicemail(
        call: Call, username: str, domain: str, voicemail_password: int | None
    ) -> None:
        subscribers.activate_voicemail(call.db, username, domain, voicemail_password)

    @operation(
        _OF_SUBSCRIBER,
        nested(SubscriberDto, "subscriber"),
        returns=integer("subscriberId"),
        writes=True,
        reads=NEW_SUBSCRIBER,
    )
    def insertSubscriber(call: Call, subscriber: _Values) -> int:
        return new_subscribers.insert_subscriber(call.db, call.vault, subscriber, *call.found)

    @operation(
        _IN_DOMAIN,
        *_KEY,
        returns=nested(SubscriberDto, "return"),
        reads=subscribers.SUBSCRIBER,
        tagged=True,
    )
    def retrieveSubscriber(call: Call, username: str, domain: str) -> Any:
        row = subscribers.found(call.found, username, domain)
        if call.settings.retrieve_passwords:
            return passwords.opened(call.db, call.vault, row)
        return row

    @operation(
        _IN_DOMAIN,
        *_KEY,
        returns=nested(SubscriberClassVDto, "return"),
        reads=subscribers.SUBSCRIBER_CLASS_V,
        tagged=True,
    )
    def retrieveSubscriberClassV(call: Call, username: str, domain: str) -> Any:
        return subscribers.found(call.found, username, domain)

    @operation(
        _OF_SUBSCRIBER,
        nested(SubscriberDto, "subscriber"),
        writes=True,
        reads=subscribers.SENT,
        guarded_by=retrieveSubscriber,
    )
    def updateSubscriber(call: Call, subscriber: _Values) -> None:
        subscribers.update_subscriber(call.db, call.vault, call.found, subscriber)

    @operation(
        _OF_SUBSCRIBER,
        nested(SubscriberBillingInfoDto, "subscriber"),
        writes=True,
        guarded_by=retrieveSubscriber,
    )
    def updateSubscriberBillingInfo(call: Call, subscriber: _Values) -> None:
        subscribers.update_billing_info(call.db, subscriber)

    @operation(
        _OF_SUBSCRIBER,
        nested(SubscriberClassVDto, "subscriber"),
        writes=True,
        guarded_by=retrieveSubscriberClassV,
    )
    def updateSubscriberClassV(call: Call, subscriber: _Values) -> None:
        subscribers.update_class_v(call.db, subscriber)

    @operation(
        _OF_SUBSCRIBER,
        nested(SubscriberServicesDto, "subscriber"),
        writes=True,
        guarded_by=retrieveSubscriber,
    )
    def updateSubscriberServices(call: Call, subscriber: _Values) -> None:
        subscribers.update_services(call.db, subscriber)

    @operation(_IN_DOMAIN, *_KEY, writes=True, reads=subscribers.NAMED, reloads=("address",))
    def removeSubscriber(call: Call, username: str, domain: str) -> None:
        subscriber: NamedSubscriber = subscribers.found(call.found, username, domain)
        subscribers.remove_subscriber(call.db, subscriber)

    @operation(_IN_DOMAIN, *_KEY, integer("newProfileId"), writes=True)
    def changeProfile(call: Call, username: str, domain: str, new_profile_id: int | None) -> None:
        subscribers.change_profile(call.db, username, domain, new_profile_id)

    @operation(
        _IN_DOMAIN, *_KEY, double("value"), string("obs"), writes=True, reads=credit.WITH_PLAN
    )
    def addCredit(
        call: Call, username: str, domain: str, value: float | None, obs: str | None
    ) -> None:
        account: CreditedAccount = subscribers.found(call.found, username, domain)
        minutes = call.settings.repeated_credit_minutes
        credit.add_credit(call.db, call.login, account, value, obs, minutes)

    @operation(_IN_DOMAIN, *_KEY, returns=double("return"), reads=credit.CREDIT, tagged=True)
    def retrieveCredit(call: Call, username: str, domain: str) -> Any:
        return subscribers.found(call.found, username, domain).credit

    changePassword = password_change(passwords.SIP)
    changePasswordWEB = password_change(passwords.PORTAL)

    @operation(_IN_DOMAIN, *_KEY, returns=string("return"), secret=True)
    def retrievePassword(call: Call, username: str, domain: str) -> str:
        return passwords.get_password(call.db, call.vault, username, domain, passwords.SIP)

    @operation(_IN_DOMAIN, *_KEY, returns=string("return"), secret=True)
    def retrievePasswordWEB(call: Call, username: str, domain: str) -> str:
        return passwords.get_password(call.db, call.vault, username, domain, passwords.PORTAL)

    @operation(
        _IN_DOMAIN, *_KEY, returns=nested(SubscriberDailyQuotaDto, "dailyQuotaDTO"), tagged=True
    )
    def retrieveDailyQuota(call: Call, username: str, domain: str) -> Any:
        return quotas.get_quota(call.db, username, domain, quotas.DAILY)

    @operation(
        within("daily_quota_dto.domain"),
        nested(SubscriberDailyQuotaDto, "dailyQuotaDTO"),
        writes=True,
        guarded_by=retrieveDailyQuota,
    )
    def updateDailyQuota(call: Call, daily_quota_dto: _Values) -> None:
        quotas.update_quota(call.db, daily_quota_dto, quotas.DAILY)

    @operation(
        _IN_DOMAIN, *_KEY, returns=nested(SubscriberMonthlyQuotaDto, "monthlyQuotaDTO"), tagged=True
    )
    def retrieveMonthlyQuotaDTO(call: Call, username: str, domain: str) -> Any:
        return quotas.get_quota(call.db, username, domain, quotas.MONTHLY)

    @operation(
        within("monthly_quota_dto.domain"),
        nested(SubscriberMonthlyQuotaDto, "monthlyQuotaDTO"),
        writes=True,
        guarded_by=retrieveMonthlyQuotaDTO,
    )
    def updateMonthlyQuota(call: Call, monthly_quota_dto: _Values) -> None:
        quotas.update_quota(call.db, monthly_quota_dto, quotas.MONTHLY)

    @operation(
        within("db_aliases.domain"),
        nested(DbAliasesDto, "dbAliases"),
        returns=nested(SubscriberDto, "return"),
        writes=True,
    )
    def insertDBAliases(call: Call, db_aliases: _Values) -> Any:
        aliases.insert_alias(call.db, call.scope, db_aliases)
        return subscribers.get_subscriber(call.db, db_aliases["username"], db_aliases["domain"])

    @operation(BY_SCOPE, integer("dbAliases"), writes=True)
    def deleteDBAliases(call: Call, db_aliases: int | None) -> None:
        aliases.delete_alias(call.db, call.scope, db_aliases)

    @operation(_IN_DOMAIN, *_KEY, returns=nested(DbAliasesDto, "dbAliases", many=True))
    def listDBAliases(call: Call, username: str, domain: str) -> Any:
        return aliases.list_aliases(call.db, username, domain)
