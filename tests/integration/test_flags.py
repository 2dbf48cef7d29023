"""The activate…, block… and disable… operations: each moves its one column and no other."""

import re
from typing import Any

import pytest

from sippulse_ws.models import Subscriber
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap

KEY: dict[str, Any] = {"username": "1000", "domain": DOMAIN}

# operation, column, value it gives, field of retrieveSubscriber that shows it
FLAGS: list[tuple[str, str, bool, str | None]] = [
    ("activateSubscriber", "active", True, None),
    ("blockSubscriber", "active", False, None),
    ("activateAnonymousCalls", "block_anonymous_calls", False, "blockAnonymousCalls"),
    ("blockAnonymousCalls", "block_anonymous_calls", True, "blockAnonymousCalls"),
    ("activateCallsOnlyByIp", "calls_only_by_ip", True, "callsOnlyByIp"),
    ("blockCallsOnlyByIp", "calls_only_by_ip", False, "callsOnlyByIp"),
    ("activateCollectCalls", "block_collect_calls", False, "blockCollectCalls"),
    ("blockCollectCalls", "block_collect_calls", True, "blockCollectCalls"),
    ("activateDailyStatistics", "daily_statistics", True, None),
    ("blockDailyStatistics", "daily_statistics", False, None),
    ("activateEntry0303", "block_entry0303", False, "blockEntry0303"),
    ("blockEntry0303", "block_entry0303", True, "blockEntry0303"),
    ("activateIncommingCalls", "active_incoming_calls", True, "activeIncomingCalls"),
    ("blockIncommingCalls", "active_incoming_calls", False, "activeIncomingCalls"),
    ("blockLowCreditNotification", "low_credit_notification", False, "lowCreditNotification"),
    ("activateOutgoingCalls", "active_outgoing_calls", True, "activeOutgoingCalls"),
    ("blockOutgoingCalls", "active_outgoing_calls", False, "activeOutgoingCalls"),
    ("activatePrivacyCalls", "privacy_calls", True, None),
    ("blockPrivacyCalls", "privacy_calls", False, None),
    ("activateSoftphone", "softphone_allowed", True, "softphoneAllowed"),
    ("blockSoftphone", "softphone_allowed", False, "softphoneAllowed"),
    ("activateTopologyHiding", "topology_hiding", True, None),
    ("blockTopologyHiding", "topology_hiding", False, None),
    ("activateValidateSource0303", "validate_source0303", True, "validateSource0303"),
    ("disableValidateSource0303", "validate_source0303", False, "validateSource0303"),
    ("blockVoicemail", "voicemail", False, "voicemail"),
]
# These carry a value as well; see below.
WITH_VALUE = {"activateLowCreditNotification", "activateVoicemail"}


def test_the_table_covers_every_flag_operation_of_the_wsdl(soap: Soap) -> None:
    wsdl = soap.http.get("/SipPulse/SubscriberWS?wsdl").text
    published = set(re.findall(r'operation name="((?:activate|block|disable)\w+)"', wsdl))
    assert len(published) > 20
    assert {name for name, *_ in FLAGS} | WITH_VALUE == published


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize(("operation", "column", "value", "field"), FLAGS)
def test_a_flag_operation_moves_its_one_column(
    operation: str,
    column: str,
    value: bool,
    field: str | None,
    before: bool,
    soap: Soap,
    platform: Platform,
) -> None:
    platform.subscriber("1000")
    platform.subscriber("1001")
    platform.update(Subscriber, **{column: before})
    stored, other = row(platform, "1000"), row(platform, "1001")
    soap("SubscriberWS", operation, **KEY)
    assert row(platform, "1000") == stored | {column: value}
    soap("SubscriberWS", operation, **KEY)
    assert row(platform, "1000") == stored | {column: value}
    assert row(platform, "1001") == other
    if field is not None:
        assert getattr(soap("SubscriberWS", "retrieveSubscriber", **KEY), field) is value


def test_activate_low_credit_notification_carries_its_limit(soap: Soap, platform: Platform) -> None:
    platform.subscriber("1000")
    soap("SubscriberWS", "activateLowCreditNotification", **KEY, lowCreditLimit=7.35)
    read = soap("SubscriberWS", "retrieveSubscriber", **KEY)
    assert (read.lowCreditNotification, read.lowCreditLimit) == (True, 7.35)
    soap("SubscriberWS", "blockLowCreditNotification", **KEY)
    soap("SubscriberWS", "activateLowCreditNotification", **KEY)
    read = soap("SubscriberWS", "retrieveSubscriber", **KEY)
    assert (read.lowCreditNotification, read.lowCreditLimit) == (True, 7.35)
    for bad in ("NaN", "INF", "1E12"):
        body = f"<username>1000</username><domain>{DOMAIN}</domain>"
        body += f"<lowCreditLimit>{bad}</lowCreditLimit>"
        fault = soap.xml_fault("SubscriberWS", "activateLowCreditNotification", body)
        assert "lowCreditLimit" in fault


def test_activate_voicemail_carries_its_password(soap: Soap, platform: Platform) -> None:
    platform.subscriber("1000")
    soap("SubscriberWS", "activateVoicemail", **KEY, voicemailPassword=1234567890123)
    read = soap("SubscriberWS", "retrieveSubscriber", **KEY)
    assert (read.voicemail, read.voiceMailPassword) == (True, 1234567890123)
    soap("SubscriberWS", "blockVoicemail", **KEY)
    soap("SubscriberWS", "activateVoicemail", **KEY)
    read = soap("SubscriberWS", "retrieveSubscriber", **KEY)
    assert (read.voicemail, read.voiceMailPassword) == (True, 1234567890123)


@pytest.mark.parametrize("operation", ["blockSubscriber", *sorted(WITH_VALUE)])
def test_a_flag_of_nobody_is_a_fault(operation: str, soap: Soap) -> None:
    assert f"1000@{DOMAIN}" in soap.fault("SubscriberWS", operation, **KEY)
    assert "username" in soap.fault("SubscriberWS", operation, domain=DOMAIN)


def row(platform: Platform, username: str) -> dict[str, Any]:
    return dict(platform.one(Subscriber, username=username)._mapping)
