"""Subscribers: the whole record, and the parts with update operations of their own."""

from typing import ClassVar

from ..fields import Dto, boolean, double, integer, long, string


class SubscriberDto(Dto):
    __type_name__ = "subscriberDTO"
    ALIASES: ClassVar = {
        "emailAdress": "emailAddress",
        "activeIncommingCalls": "activeIncomingCalls",
        "resellerMarckup": "resellerMarkup",
    }

    account_code = string("accountCode")
    active_incoming_calls = boolean("activeIncomingCalls", required=True)
    active_outgoing_calls = boolean("activeOutgoingCalls", required=True)
    add_service_header = boolean("addServiceHeader", required=True)
    address = string("address")
    area_code = integer("areaCode")
    block_anonymous_calls = boolean("blockAnonymousCalls", required=True)
    block_collect_calls = boolean("blockCollectCalls")
    block_entry0303 = boolean("blockEntry0303", required=True)
    call_fwd = string("callFwd")
    call_limit = integer("callLimit")
    calls_only_by_ip = boolean("callsOnlyByIp", required=True)
    city = string("city")
    city_code = string("cityCode")
    complement = string("complement")
    contract_number = string("contractNumber")
    copy_passerted_rpid = boolean("copyPassertedRpid", required=True)
    country_code = integer("countryCode")
    document = string("document")
    domain = string("domain")
    email_address = string("emailAddress")
    first_name = string("firstName")
    fwd_busy = string("fwdBusy")
    id = integer("id")
    last_name = string("lastName")
    local_area = string("localArea")
    low_credit_limit = double("lowCreditLimit", required=True)
    low_credit_notification = boolean("lowCreditNotification", required=True)
    mobile = long("mobile", telephone=True)
    no_answer = string("noAnswer")
    number = string("number")
    password = string("password")
    password_portal = string("passwordPortal")
    phone = long("phone", telephone=True)
    profile = string("profile")
    quarter = string("quarter")
    rate_plan_id = integer("ratePlanId")
    reseller_billing_type = integer("resellerBillingType", required=True)
    reseller_id = integer("resellerId")
    reseller_markup = double("resellerMarkup", required=True)
    reseller_rate_plan_id = integer("resellerRatePlanId")
    rings = integer("rings")
    rpid = string("rpid")
    softphone_allowed = boolean("softphoneAllowed", required=True)
    state = string("state")
    username = string("username")
    validate_source0303 = boolean("validateSource0303", required=True)
    voice_mail_password = long("voiceMailPassword")
    voicemail = boolean("voicemail", required=True)
    zip = string("zip")


class SubscriberBillingInfoDto(Dto):
    __type_name__ = "subscriberBillingInfoDTO"

    address = string("address")
    city = string("city")
    complement = string("complement")
    contract_number = string("contractNumber")
    document = string("document")
    domain = string("domain")
    first_name = string("firstName")
    last_name = string("lastName")
    mobile = long("mobile", telephone=True)
    number = string("number")
    phone = long("phone", telephone=True)
    quarter = string("quarter")
    state = string("state")
    username = string("username")
    zip = string("zip")


class SubscriberClassVDto(Dto):
    __type_name__ = "subscriberClassVDTO"

    boss_secretary = string("bossSecretary")
    call_fwd = string("callFwd")
    call_group = string("callGroup")
    domain = string("domain")
    fwd_busy = string("fwdBusy")
    no_answer = string("noAnswer")
    pickup_group = string("pickupGroup")
    pin_code = string("pinCode")
    username = string("username")


class SubscriberServicesDto(Dto):
    __type_name__ = "subscriberServicesDTO"

    area_code = integer("areaCode")
    call_limit = integer("callLimit")
    city_code = string("cityCode")
    country_code = integer("countryCode")
    cps = integer("cps", required=True)
    domain = string("domain")
    email = string("email")
    keep_alive = integer("keepAlive", required=True)
    local_area = string("localArea")
    rpid = string("rpid")
    username = string("username")
