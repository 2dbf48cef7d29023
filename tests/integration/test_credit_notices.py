"""Low credit is told by mail and event once per fall; credit past its validity: frozen or taken."""

import datetime as dt
import socket
from collections.abc import Iterator
from decimal import Decimal
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from pydantic import SecretStr

from sippulse_ws.charging.low_credit import find_low_credit
from sippulse_ws.charging.validity import expire_credit
from sippulse_ws.config import Settings
from sippulse_ws.db import Session
from sippulse_ws.jobs.charging import LowCreditMailer
from sippulse_ws.models import CreditLedger, Event, LowCreditNotice, RatePlan, Subscriber
from tests.factories.platform import DOMAIN, Platform
from tests.factories.raw_calls import balance, rate_all, raw_call
from tests.fixtures.app import TestDatabase
from tests.soap import Soap

ACCOUNT = f"1000@{DOMAIN}"
KEY: dict[str, Any] = {"username": "1000", "domain": DOMAIN}


class Mailbox:
    """A mail server on a free port; `refuses` is what it answers to the next mails."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuses: list[str] = []
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = int(listener.getsockname()[1])
        self.controller = Controller(self, hostname="127.0.0.1", port=port, ready_timeout=60)
        self.controller.start()
        self.url = f"smtp+plain://127.0.0.1:{port}"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuses:
            return self.refuses.pop(0)
        mail = message_from_bytes(envelope.content, policy=default)
        self.mails.append(mail)
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    yield box
    box.controller.stop(no_assert=True)


@pytest.fixture
def account(platform: Platform, db: Session) -> int:
    """Prepaid, told below 5, with a credit of 10 and calls at 6 each."""
    plan = platform.rate_plan(prepaid=True)
    platform.rate("55", rate_value=Decimal(6))
    subscriber_id = platform.subscriber(
        "1000", rate_plan_id=plan, first_name="Ana", email_address="ana@x.example; bia@x.example"
    )
    change(db, credit=Decimal(10), low_credit_notification=True, low_credit_limit=Decimal(5))
    return subscriber_id


def change(db: Session, **values: Any) -> None:
    db.execute(sa.update(Subscriber).values(values))


def told(db: Session, kind: str) -> list[str]:
    return list(db.execute(sa.select(Event.data).where(Event.kind == kind)).scalars())


def call(db: Session) -> None:
    raw_call(db, seconds=30)
    rate_all(db)


@pytest.mark.usefixtures("account")
class TestLowCredit:
    def test_is_told_once_until_the_next_top_up(self, db: Session, soap: Soap) -> None:
        assert find_low_credit(db) == 0
        call(db)
        assert find_low_credit(db) == 1
        call(db)
        assert find_low_credit(db) == 0
        assert told(db, "credit.low") == ['{"credit":"4.000000","limit":"5.000000"}']
        soap("SubscriberWS", "addCredit", **KEY, value=20, obs="")
        assert find_low_credit(db) == 0
        call(db)
        assert find_low_credit(db) == 0
        call(db)
        call(db)
        assert find_low_credit(db) == 1

    def test_a_debit_by_hand_is_a_fall_too(self, db: Session, soap: Soap) -> None:
        soap("SubscriberWS", "addCredit", **KEY, value=-6, obs="")
        assert find_low_credit(db) == 1

    @pytest.mark.parametrize("values", [{"low_credit_notification": False}, {"rate_plan_id": None}])
    def test_only_of_prepaid_accounts_that_want_it(
        self, db: Session, values: dict[str, Any]
    ) -> None:
        call(db)
        change(db, **values)
        assert find_low_credit(db) == 0

    def test_an_account_that_never_had_credit_is_not_told(self, db: Session) -> None:
        change(db, credit=Decimal(0))
        assert find_low_credit(db) == 0


class TestMail:
    @pytest.fixture(autouse=True)
    def low(self, account: int, db: Session) -> None:
        call(db)
        find_low_credit(db)

    def mailer(self, mailbox: Mailbox, **values: Any) -> LowCreditMailer:
        return LowCreditMailer(Settings(smtp_url=SecretStr(mailbox.url), **values))

    def test_goes_to_all_addresses(
        self, mailbox: Mailbox, database: TestDatabase, db: Session
    ) -> None:
        mailer = self.mailer(mailbox, mail_from="billing@x.example")
        while mailer.run(database):
            pass
        (mail,) = mailbox.mails
        assert mail["Subject"] == f"Saldo baixo: {ACCOUNT}"
        assert mail["From"] == "billing@x.example"
        assert mail["To"] == "ana@x.example, bia@x.example"
        assert "Olá Ana," in mail.get_content()
        assert "é de 4.00, abaixo do limite de 5.00" in mail.get_content()
        assert db.scalar(sa.select(LowCreditNotice.mailed_at)) is not None

    def test_in_english(self, mailbox: Mailbox, database: TestDatabase) -> None:
        self.mailer(mailbox, language="en").run(database)
        assert mailbox.mails[0]["Subject"] == f"Low credit: {ACCOUNT}"

    def test_by_a_template_of_the_operators_own(
        self, mailbox: Mailbox, database: TestDatabase, tmp_path: Path
    ) -> None:
        text = "Atenção {{ name }}\n{{ account }}: {{ credit }}\n"
        (tmp_path / "low_credit.pt.txt").write_text(text, "utf-8")
        self.mailer(mailbox, mail_templates=tmp_path).run(database)
        (mail,) = mailbox.mails
        assert (mail["Subject"], mail.get_content().strip()) == ("Atenção Ana", f"{ACCOUNT}: 4.00")

    def test_is_tried_again_when_it_is_refused(
        self, mailbox: Mailbox, database: TestDatabase, db: Session
    ) -> None:
        mailbox.refuses = ["451 later"]
        mailer = self.mailer(mailbox)
        mailer.run(database)
        assert not mailer.run(database)  # not due yet
        assert "451" in db.scalar(sa.select(LowCreditNotice.error))
        db.execute(sa.update(LowCreditNotice).values(due_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)))
        mailer.run(database)
        assert len(mailbox.mails) == 1

    def test_a_broken_template_is_an_error_of_its_own(
        self, mailbox: Mailbox, database: TestDatabase, db: Session, tmp_path: Path
    ) -> None:
        (tmp_path / "low_credit.pt.txt").write_text("{{ nonsense.nothing }}\n", "utf-8")
        self.mailer(mailbox, mail_templates=tmp_path).run(database)
        assert "UndefinedError" in db.scalar(sa.select(LowCreditNotice.error))

    def test_a_name_can_forge_no_header(
        self, mailbox: Mailbox, database: TestDatabase, db: Session, tmp_path: Path
    ) -> None:
        change(db, first_name="x\nBcc: other@x.example")
        (tmp_path / "low_credit.pt.txt").write_text("{{ name }}\ntext\n", "utf-8")
        self.mailer(mailbox, mail_templates=tmp_path).run(database)
        assert "Bcc" not in mailbox.mails[0]


PAST = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.mark.usefixtures("account")
class TestValidity:
    def ledger(self, db: Session) -> list[tuple[Decimal, Decimal, str]]:
        columns = (CreditLedger.value, CreditLedger.balance, CreditLedger.obs)
        rows = db.execute(sa.select(*columns).order_by(CreditLedger.id))
        return [tuple(row) for row in rows]

    def test_expired_credit_is_frozen_and_told_once(self, db: Session) -> None:
        change(db, credit_expires_at=PAST)
        assert expire_credit(db, "frozen") == 1
        assert expire_credit(db, "frozen") == 0
        assert balance(db) == Decimal(10)
        assert told(db, "credit.expired") == [
            '{"credit":"10.000000","expired_at":"2026-01-01T00:00:00+00:00","taken":false}'
        ]

    def test_or_taken_with_a_row_in_the_ledger(self, db: Session) -> None:
        change(db, credit_expires_at=PAST, held=Decimal(3))
        expire_credit(db, "taken")
        assert self.ledger(db) == [(Decimal(-7), Decimal(3), "expired 2026-01-01")]

    def test_not_before_its_day_nor_of_postpaid_accounts(self, db: Session) -> None:
        change(db, credit_expires_at=dt.datetime(2999, 1, 1, tzinfo=dt.UTC))
        assert expire_credit(db, "taken") == 0
        change(db, credit_expires_at=PAST)
        db.execute(sa.update(RatePlan).values(prepaid=False))
        assert expire_credit(db, "taken") == 0

    def test_a_top_up_makes_it_valid_again_and_says_so(self, db: Session, soap: Soap) -> None:
        db.execute(sa.update(RatePlan).values(limit_to_credit_expires=30))
        change(db, credit_expires_at=PAST)
        expire_credit(db, "frozen")
        soap("SubscriberWS", "addCredit", **KEY, value=1, obs="recarga")
        assert self.ledger(db) == [
            (Decimal(0), Decimal(11), "10.000000 valid again, expired 2026-01-01"),
            (Decimal(1), Decimal(11), "recarga"),
        ]
        assert db.scalar(sa.select(Subscriber.credit_expires_at)) > dt.datetime.now(dt.UTC)
