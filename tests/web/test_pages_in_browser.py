"""What a person does on the pages, in a real browser."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fixtures.demo import ephemeral_server
from tests.web.conftest import OUT
from tests.web.prefix import PREFIX, prefixed

pytestmark = pytest.mark.web
EVERY_KIND = ("", "SubscriberWS", "SubscriberWS/insertSubscriber", "errors", "nowhere")


def shown(page: Page, name: str) -> None:
    OUT.mkdir(exist_ok=True)
    page.screenshot(path=OUT / f"{name}.png", full_page=True)


def log_in(page: Page, demo_server: dict[str, Any], login: str = "demo") -> None:
    page.fill("#login", login)
    page.fill("#password", demo_server["logins"][login])


def answer_of(page: Page) -> Any:
    expect(page.locator(".result")).to_be_visible()
    return json.loads(page.inner_text(".received"))


def test_search_finds_by_name_word_and_field(page: Page) -> None:
    page.goto("/SipPulse/")
    rows = page.locator(".operations li:visible")
    for words, name in (("addCred", "addCredit"), ("free numbers", "listAvailablesNumbers")):
        page.fill("#search", words)
        expect(rows.filter(has_text=name).first).to_be_visible()
        assert rows.count() < 20
    page.fill("#search", "reverseBilling")
    expect(rows.filter(has_text="insertDid")).to_have_count(1)
    shown(page, "search")
    page.fill("#search", "no such thing at all")
    expect(rows).to_have_count(0)
    page.fill("#search", "")
    assert rows.count() == 103


@pytest.mark.parametrize(
    ("locale", "words", "first"),
    [
        ("pt-BR", "criar assinante", "insertSubscriber"),
        ("pt-BR", "Cadastrar um assinante", "insertSubscriber"),
        ("pt-BR", "dar numero", "insertDid"),
        ("pt-BR", "adicionar crédito", "addCredit"),
        ("pt-BR", "consultar saldo", "retrieveCredit"),
        ("pt-BR", "domínios", "listDomains"),
        ("pt-BR", "excluir assinante", "removeSubscriber"),
        ("en-GB", "create a subscriber", "insertSubscriber"),
        ("en-GB", "top up", "addCredit"),
        ("en-GB", "credits", "addCredit"),
        ("en-GB", "assign number", "insertDid"),
        ("en-GB", "unblock subscriber", "activateSubscriber"),
        ("en-GB", "change password", "changePassword"),
    ],
)
def test_search_understands_what_a_newcomer_calls_it(
    locale: str, words: str, first: str, browser: Browser, demo_server: dict[str, Any]
) -> None:
    context = browser.new_context(base_url=demo_server["url"], locale=locale)
    page = context.new_page()
    page.goto("/SipPulse/")
    page.fill("#search", words)
    rows = page.locator(".operations li:visible a")
    assert first in rows.all_inner_texts()[:5]
    page.fill("#search", "")
    assert rows.count() == 103
    context.close()


def test_the_language_is_switched_and_stays(page: Page) -> None:
    page.goto("/SipPulse/DidWS")
    expect(page.locator("main")).to_contain_text("DID numbers")
    page.click("text=Português")
    expect(page.locator("main")).to_contain_text("Números DID")
    page.click("text=insertDid")
    expect(page.locator("main")).to_contain_text("Dá um número a uma conta")
    expect(page.locator("html")).to_have_attribute("lang", "pt-BR")


def test_a_read_is_tried(page: Page, demo_server: dict[str, Any]) -> None:
    page.goto("/SipPulse/SubscriberWS/retrieveSubscriber")
    log_in(page, demo_server)
    page.click("button[type=submit]")
    assert answer_of(page)["return"]["firstName"] == "Ana"
    expect(page.locator(".status")).to_contain_text("200")
    shown(page, "read")


def test_a_write_is_simulated_first_and_asked_for(page: Page, demo_server: dict[str, Any]) -> None:
    def credit() -> float:
        page.goto("/SipPulse/SubscriberWS/retrieveCredit")
        log_in(page, demo_server)
        page.click("button[type=submit]")
        return float(answer_of(page)["return"])

    before = credit()
    page.goto("/SipPulse/SubscriberWS/addCredit")
    log_in(page, demo_server)
    page.click("button[type=submit]")  # a dry run
    assert answer_of(page) == {}
    expect(page.locator(".sent")).to_contain_text("X-Dry-Run: true")
    expect(page.locator(".status")).to_contain_text("nothing was stored")
    assert credit() == before
    page.goto("/SipPulse/SubscriberWS/addCredit")
    log_in(page, demo_server)
    page.uncheck("[data-dry-run]")
    page.click("button[type=submit]")
    expect(page.locator(".sure")).to_be_visible()
    expect(page.locator(".result")).to_be_hidden()
    shown(page, "sure")
    page.click("[data-sure=yes]")
    assert answer_of(page) == {}
    expect(page.locator(".status")).not_to_contain_text("nothing was stored")
    assert credit() == before + 25.5


def test_a_wrong_password_is_told(page: Page) -> None:
    page.goto("/SipPulse/SubscriberWS/retrieveCredit")
    page.fill("#login", "nobody")
    page.fill("#password", "wrong")
    page.click("button[type=submit]")
    assert answer_of(page)["code"] == "login-failed"
    expect(page.locator(".status")).to_contain_text("401")
    shown(page, "wrong-password")


def test_faults_are_in_the_language_of_the_page(page: Page) -> None:
    for switch, words in (("Português", "Usuário ou senha"), ("English", "Invalid login")):
        page.goto("/SipPulse/SubscriberWS/retrieveCredit")
        page.click(f"text={switch}")
        page.fill("#login", "nobody")
        page.fill("#password", "wrong")
        page.click("button[type=submit]")
        assert words in answer_of(page)["detail"]


def test_numbers_go_as_they_are_typed(page: Page, demo_server: dict[str, Any]) -> None:
    page.goto("/SipPulse/SubscriberWS/updateSubscriber")
    log_in(page, demo_server)
    phone = "[data-path='subscriber.phone']"
    for typed, sent in (("9007199254740993", "9007199254740993"), ("0x10", '"0x10"')):
        page.fill(phone, typed)
        with page.expect_response("**/updateSubscriber") as answered:
            page.click("button[type=submit]")
        assert f'"phone": {sent}' in str(answered.value.request.post_data)
        expect(page.locator(".sent")).to_contain_text(f'"phone": {sent}')
        assert answered.value.status == (200 if typed == sent else 400)


def test_what_looks_like_html_is_text(page: Page, demo_server: dict[str, Any]) -> None:
    page.goto("/SipPulse/SubscriberWS/updateSubscriber")
    log_in(page, demo_server)
    name = '<img src=x onerror="alert(1)"><b>é</b> "typed-0.1:5" ' + "y" * 400
    page.fill("[data-path='subscriber.firstName']", name)
    page.click("button[type=submit]")
    assert answer_of(page)["field"] == "firstName"
    sent = page.inner_text(".sent")
    assert json.loads(sent[sent.index("{") :])["subscriber"]["firstName"] == name
    assert page.locator(".result img, .result b").count() == 0
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0


def test_a_foreign_domain_is_told(page: Page, demo_server: dict[str, Any]) -> None:
    page.goto("/SipPulse/SubscriberWS/retrieveCredit")
    log_in(page, demo_server)
    page.fill("[data-path='domain']", "other.example.com")
    page.click("button[type=submit]")
    assert answer_of(page)["code"] == "access-denied"


def test_objects_and_lists_are_sent_as_such(page: Page, demo_server: dict[str, Any]) -> None:
    page.goto("/SipPulse/RateWS/insertRates")
    log_in(page, demo_server)
    page.click("button[type=submit]")
    assert answer_of(page) == {}
    page.goto("/SipPulse/AccountGroupWS/addAccountGroup")
    log_in(page, demo_server)
    page.click("button[type=submit]")
    assert answer_of(page) == {}


def test_a_newcomer_makes_a_subscriber_with_number_and_credit(
    page: Page, demo_server: dict[str, Any]
) -> None:
    def send() -> Any:
        log_in(page, demo_server)
        page.uncheck("[data-dry-run]")
        page.click("button[type=submit]")
        page.click("[data-sure=yes]")
        return answer_of(page)

    page.goto("/SipPulse/")
    page.click("ol >> text=insertSubscriber")
    page.fill("[data-path='subscriber.username']", "3000")
    assert send()["subscriberId"] > 0
    page.goto("/SipPulse/")
    page.click("ol >> text=insertDid")
    page.fill("[data-path='did.accountCode']", "3000@demo.example.com")
    page.fill("[data-path='did.aliasUsername']", "554830258082")
    page.fill("[data-path='did.username']", "3000")
    assert send()["didId"] > 0
    page.goto("/SipPulse/")
    page.click("ol >> text=addCredit")
    page.fill("[data-path='username']", "3000")
    assert send() == {}


def test_a_narrow_screen_needs_no_sideways_scrolling(
    browser: Browser, demo_server: dict[str, Any]
) -> None:
    context = browser.new_context(
        base_url=demo_server["url"], viewport={"width": 320, "height": 740}, locale="pt-BR"
    )
    page = context.new_page()
    for path in EVERY_KIND:
        page.goto(f"/SipPulse/{path}")
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, path
    page.goto("/SipPulse/SubscriberWS/insertSubscriber")
    shown(page, "narrow")
    context.close()


def test_it_is_readable_without_script(browser: Browser, demo_server: dict[str, Any]) -> None:
    context = browser.new_context(base_url=demo_server["url"], java_script_enabled=False)
    page = context.new_page()
    page.goto("/SipPulse/SubscriberWS/addCredit")
    expect(page.locator("pre").first).to_contain_text("<ns2:addCredit")
    expect(page.locator("form.try")).to_be_hidden()
    page.goto("/SipPulse/")
    assert page.locator(".operations li:visible").count() == 103
    context.close()


@pytest.mark.parametrize("path", EVERY_KIND)
def test_axe_finds_nothing_serious(
    path: str, browser: Browser, demo_server: dict[str, Any], axe: str
) -> None:
    context = browser.new_context(base_url=demo_server["url"], bypass_csp=True)
    page = context.new_page()
    page.goto(f"/SipPulse/{path}")
    page.evaluate(axe)
    found = page.evaluate("axe.run()")["violations"]
    serious = [one["id"] for one in found if one["impact"] in ("serious", "critical")]
    assert serious == []
    context.close()


def test_it_works_under_a_path_of_a_proxy(browser: Browser) -> None:
    with (
        ephemeral_server(SIPPULSE_TRUSTED_PROXIES="1") as served,
        prefixed(served["url"]) as outside,
    ):
        context = browser.new_context(locale="en-GB")
        page = context.new_page()
        page.set_default_timeout(60_000)
        lost: list[str] = []
        page.on("response", lambda one: lost.append(one.url) if one.status >= 400 else None)
        page.goto(f"{outside}/SipPulse/")
        page.fill("#search", "balance")
        page.click(".operations li:visible >> text=retrieveCredit")
        page.click("text=Português")
        log_in(page, served)
        page.click("button[type=submit]")
        assert answer_of(page) == {"return": 50.0}
        expect(page.locator(".sent")).to_contain_text(
            f"POST {PREFIX}/SipPulse/api/SubscriberWS/retrieveCredit"
        )
        page.click("text=Todos os serviços")
        assert page.url == f"{outside}/SipPulse/"
        assert lost == []
        page.goto(f"{outside}/SipPulse/nowhere")
        page.click("main a")
        assert page.url == f"{outside}/SipPulse/"
        context.close()


def test_everything_can_be_reached_by_keyboard(page: Page, demo_server: dict[str, Any]) -> None:
    page.goto("/SipPulse/SubscriberWS/retrieveCredit")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text(re.compile("Skip|Ir para"))
    log_in(page, demo_server)
    page.keyboard.press("Enter")
    assert answer_of(page)["return"] >= 0


def test_a_write_is_confirmed_or_dropped_by_keyboard(
    page: Page, demo_server: dict[str, Any]
) -> None:
    page.goto("/SipPulse/SubscriberWS/blockVoicemail")
    log_in(page, demo_server)
    page.uncheck("[data-dry-run]")
    for key in ("Escape", "Enter"):  # the answer that is chosen at first is No
        page.focus("button[type=submit]")
        page.keyboard.press("Enter")
        expect(page.locator(".sure :focus")).to_have_text("No")
        page.keyboard.press(key)
        expect(page.locator(".sure")).to_be_hidden()
        expect(page.locator("button[type=submit]")).to_be_focused()
    expect(page.locator(".result")).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".sure :focus")).to_have_text("Yes, store it")
    page.keyboard.press("Enter")
    assert answer_of(page) == {}
