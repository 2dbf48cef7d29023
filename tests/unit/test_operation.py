"""What a declaration of an operation says, what values it gets, and which domains it asks for."""

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from sippulse_ws.domain.errors import MissingField
from sippulse_ws.lanes import OPERATIONS, PAGES, PROXIES
from sippulse_ws.services.operation import (
    BY_SCOPE,
    CUSTOMER,
    Operation,
    Right,
    add_telephones,
    declaration_of,
    is_object,
    operation,
    within,
    within_account,
    within_each,
)
from sippulse_ws.wire.fields import double, nested, string, wire_name
from sippulse_ws.wire.types.did import DidDto
from sippulse_ws.wire.types.rate import RateDto

IN_DOMAIN = within("domain")


def retrieve(call: Any, username: str, domain: str) -> None:
    """As an operation's function looks."""


def insert(call: Any, did: Any, domain: str) -> None:
    """One with an object."""


def published(function: Any, right: Right, *names: str, **said: Any) -> Any:
    return operation(right, *map(string, names), **said)(function)


def declared(function: Any, right: Right, *names: str, **said: Any) -> Operation:
    found: Operation = published(function, right, *names, **said).function.declaration
    return found


def domains(right: Right, **values: Any) -> list[Any]:
    assert right.domains is not None
    return right.domains(values)


class TestDeclaration:
    def test_unless_said_otherwise_it_only_reads(self) -> None:
        read = published(retrieve, IN_DOMAIN, "username", "domain")
        said = read.function.declaration
        assert (said.writes, said.acts, said.secret, said.tells_proxies) == (False,) * 4
        assert (said.tag, said.guard, said.reloads, said.lane) == (None, None, (), OPERATIONS)
        assert said.parameters == ("username", "domain")
        assert not read.writes

    def test_what_is_said_is_kept(self) -> None:
        write = published(retrieve, IN_DOMAIN, "username", "domain", writes=True, secret=True)
        assert (write.function.declaration.writes, write.function.declaration.acts) == (True, False)
        assert write.function.declaration.secret
        assert write.writes
        assert declared(retrieve, IN_DOMAIN, "username", "domain", lane=PAGES).lane == PAGES

    def test_one_that_acts_waits_for_proxies_and_is_no_read(self) -> None:
        act = published(retrieve, IN_DOMAIN, "username", "domain", acts=True, lane=PAGES)
        assert act.function.declaration.tells_proxies
        assert act.function.declaration.lane == PROXIES
        assert not act.function.declaration.writes
        assert act.writes

    def test_every_operation_but_a_customers_ends_in_the_principal(self) -> None:
        usual = published(retrieve, IN_DOMAIN, "username", "domain")
        assert [wire_name(one) for one in usual.params] == ["username", "domain", "principal"]
        customer = published(retrieve, CUSTOMER, "username", "domain")
        assert [wire_name(one) for one in customer.params] == ["username", "domain"]

    def test_a_tag_is_of_what_it_returns(self) -> None:
        named = {"returns": double("return"), "tagged": True}
        read = published(retrieve, IN_DOMAIN, "username", "domain", **named)
        tag = read.function.declaration.tag
        assert tag is not None
        assert tag(1.5) != tag(2.5)
        update = declared(retrieve, IN_DOMAIN, "username", "domain", guarded_by=read)
        assert update.guard is read.function.declaration
        assert declared(retrieve, IN_DOMAIN, "username", "domain", returns=double("x")).tag is None

    def test_each_parameter_has_a_field(self) -> None:
        with pytest.raises(ValueError, match="shorter"):
            published(retrieve, IN_DOMAIN, "username")

    def test_a_declaration_and_a_right_do_not_change(self) -> None:
        said: Any = declared(retrieve, IN_DOMAIN, "username", "domain")
        with pytest.raises(FrozenInstanceError):
            said.writes = True
        right: Any = CUSTOMER
        with pytest.raises(FrozenInstanceError):
            right.customer = False
        assert (Right().customer, BY_SCOPE.customer, CUSTOMER.customer) == (False, False, True)


class TestValues:
    OPERATION = declaration_of(
        operation(IN_DOMAIN, nested(DidDto, "did"), string("domain"))(insert).function
    )

    def test_an_object_is_a_dict_and_domains_are_lower_case(self) -> None:
        did = DidDto(account_code="JOAO@Sub@Example.COM", domain="Example.COM", username="JOAO")
        values = self.OPERATION.values((did, "EXAMPLE.com"))
        assert values["domain"] == "example.com"
        found = {name: value for name, value in values["did"].items() if value is not None}
        assert found == {
            "account_code": "JOAO@Sub@example.com",
            "domain": "example.com",
            "username": "JOAO",
        }

    def test_an_object_is_needed_and_named_as_the_client_knows_it(self) -> None:
        with pytest.raises(MissingField) as caught:
            self.OPERATION.check_objects({"did": None, "domain": None})
        assert caught.value.values == {"field": "did"}
        self.OPERATION.check_objects({"did": {}, "domain": None})

    def test_it_takes_as_many_arguments_as_parameters(self) -> None:
        with pytest.raises(ValueError, match="shorter"):
            self.OPERATION.values((None,))

    def test_accounts_alone_have_a_domain_in_lower_case_too(self) -> None:
        by_account = declared(lambda call, account_code: None, BY_SCOPE, "accountCode")
        assert by_account.values(("A@B.COM",)) == {"account_code": "A@b.com"}
        assert by_account.values(("A",)) == {"account_code": "a"}
        assert by_account.values((None,)) == {"account_code": None}

    def test_of_many_those_that_are_there(self) -> None:
        many = operation(BY_SCOPE, nested(RateDto, "rate", many=True))(lambda call, rate: None)
        said = declaration_of(many.function)
        first, second = RateDto(domain="A.com"), RateDto(domain="B.com")
        rows = said.values(([first, None, second],))["rate"]
        assert [row["domain"] for row in rows] == ["a.com", "b.com"]
        said.check_objects({"rate": None})  # may be absent

    def test_one_object_is_an_object_and_many_or_text_are_none(self) -> None:
        assert is_object(nested(DidDto, "did"))
        assert not is_object(nested(DidDto, "did", many=True))
        assert not is_object(string("did"))


class TestTelephones:
    def test_they_fill_what_is_absent_and_nothing_else(self) -> None:
        row = {"phone": None, "mobile": 5, "city": None}
        values = {"subscriber": row, "domain": "x", "phone": None}
        add_telephones(values, {"phone": 4830258080, "mobile": 4899990000, "fax": 1})
        assert row == {"phone": 4830258080, "mobile": 5, "city": None}
        assert values == {"subscriber": row, "domain": "x", "phone": 4830258080}


class TestDomainsOfARight:
    def test_a_parameter_or_a_part_of_one(self) -> None:
        assert domains(IN_DOMAIN, domain="a.com") == ["a.com"]
        assert domains(IN_DOMAIN, domain=None) == [None]
        inner = within("subscriber.domain")
        assert domains(inner, subscriber={"domain": "a.com"}) == ["a.com"]
        assert domains(inner, subscriber={}) == domains(inner, subscriber=None) == [None]

    def test_an_account_is_of_the_domain_behind_its_last_at(self) -> None:
        right = within_account("did.account_code")
        assert right.reported_as == "accountCode"
        assert IN_DOMAIN.reported_as == "domain"
        for code, domain in (("1@2@a.com", "a.com"), ("a.com", "a.com"), ("", None), (None, None)):
            assert domains(right, did={"account_code": code}) == [domain]

    def test_of_many_each_domain_once(self) -> None:
        rows = [{"domain": one} for one in ("b.com", None, "a.com", "b.com", "")]
        assert domains(within_each("rate"), rate=rows) == ["b.com", "a.com"]
        assert domains(within_each("rate"), rate=None) == []
