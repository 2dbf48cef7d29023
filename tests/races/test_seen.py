"""Races that were seen to end wrongly, with more than two at once."""

import pytest
import sqlalchemy as sa

from sippulse_ws.models import AccountGroupMember, HuntGroup, Subscriber
from tests.factories.requests import new_subscriber
from tests.fixtures.races import Racer
from tests.races.requests import did, white
from tests.races.world import make_world

ROUNDS = 6
OF_X = "<username>{}</username><domain>example.com</domain>"


def test_the_same_current_password_is_right_once(racer: Racer) -> None:
    assert racer.say("SubscriberWS", "insertSubscriber", new_subscriber(username="senha")) == ""
    current = "segredo"
    for number in range(ROUNDS):
        requests = []
        for one in range(16):
            new = f"senha-{number}-{one}"
            told = f"<newPassword>{new}</newPassword><confirmNewPassword>{new}</confirmNewPassword>"
            body = f"{OF_X.format('senha')}<actualPassword>{current}</actualPassword>{told}"
            requests.append(("SubscriberWS", "changePassword", body))
        said = racer.race(*requests)
        assert sorted(said) == [""] + ["Wrong current password"] * 15
        current = f"senha-{number}-{said.index('')}"


INSERTS = {
    "insertWhiteList": ("WhiteListWS", white("9{n}")),
    "insertDid": ("DidWS", did("55117{n}")),
}


@pytest.mark.parametrize("operation", INSERTS)
def test_what_a_removed_subscriber_cannot_get_is_not_called_taken(
    operation: str, racer: Racer
) -> None:
    service, body = INSERTS[operation]
    for number in range(ROUNDS):
        name = f"{operation}-{number}"
        told = [body.format(ana=name, domain="example.com", n=10 * number + n) for n in range(5)]
        assert racer.say("SubscriberWS", "insertSubscriber", new_subscriber(username=name)) == ""
        said = racer.race(
            ("SubscriberWS", "removeSubscriber", OF_X.format(name)),
            *((service, operation, one) for one in told),
        )
        assert said[0] == ""
        gone = racer.say(service, operation, told[0])  # as somebody hears who comes later
        assert "ot found" in gone
        assert set(said[1:]) <= {"", gone}


@pytest.mark.parametrize("which", ["daily", "monthly"])
def test_an_active_quota_has_a_type(which: str, racer: Racer) -> None:
    name = f"quota-{which}"
    assert racer.say("SubscriberWS", "insertSubscriber", new_subscriber(username=name)) == ""

    def update(fields: str) -> tuple[str, str, str]:
        told = f"{OF_X.format(name)}{fields.replace('Q', which + 'Quota')}"
        body = f"<{which}QuotaDTO>{told}</{which}QuotaDTO>"
        return "SubscriberWS", f"update{which.title()}Quota", body

    column = getattr(Subscriber, f"{which}_quota")
    kind = getattr(Subscriber, f"{which}_quota_type")
    for _ in range(ROUNDS):
        assert racer.say(*update("<Q>false</Q><QType>M</QType>")) == ""
        racer.race(*[update("<Q>true</Q>"), update("<QType></QType>")] * 3)
        with racer.database.reading() as db:
            row = db.execute(sa.select(column, kind).where(Subscriber.username == name)).one()
        assert not row[0] or row[1]


def test_an_account_group_is_made_once(racer: Racer) -> None:
    for number in range(ROUNDS):
        with racer.database.writing() as db:
            world = make_world(db, 10_000 + number)
        body = (
            "<accountManager>{caio}@{domain}</accountManager>"
            "<managerProfile>DEFAULT</managerProfile><account>{bia}@{domain}</account>"
        )
        said = racer.race(*[("AccountGroupWS", "addAccountGroup", body.format(**world))] * 6)
        assert said == [""] * 6
        member = sa.select(sa.func.count()).where(
            AccountGroupMember.subscriber_id == world["bia_id"]
        )
        with racer.database.reading() as db:
            assert db.scalar(member) == 1


def test_sqlite_and_mariadb_give_no_id_again(racer: Racer) -> None:
    seen = set()
    for number in range(4):
        with racer.database.writing() as db:
            world = make_world(db, 20_000 + number)
        assert world["group"] not in seen
        seen.add(world["group"])
        with racer.database.writing() as db:
            db.execute(sa.delete(HuntGroup).where(HuntGroup.id == world["group"]))
