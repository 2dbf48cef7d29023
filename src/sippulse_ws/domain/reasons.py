"""Reasons for which a field or request is refused, in Portuguese and English."""

from __future__ import annotations

from enum import Enum

from sippulse_ws.wording import Wording


class Reason(Enum):
    """A catalogue of reasons, filled in by the keyword arguments of InvalidField."""

    # of requests
    BODY_NO_JSON = Wording(
        "O corpo não é JSON; linha e coluna do erro",
        "The body is not JSON; line and column of the error",
    )
    BODY_NO_OBJECT = Wording("O corpo não é um objeto JSON", "The body is not a JSON object")
    BODY_NO_UTF8 = Wording("O corpo não está em UTF-8", "The body is not in UTF-8")
    BODY_TOO_DEEP = Wording("O corpo JSON é aninhado demais", "The JSON body is nested too deep")
    NO_NUMBER_OF_JSON = Wording("Não é um número em JSON", "Not a number in JSON")
    REPEATED_MEMBER = Wording("Membro repetido", "A member stands twice")
    TWO_PRINCIPALS = Wording(
        "O principal do corpo difere do cabeçalho Authorization",
        "The body's principal differs from the Authorization header",
    )
    UNKNOWN_MEMBER = Wording("Membro desconhecido", "Unknown member")
    UNKNOWN_OPERATION = Wording("Operação desconhecida", "Unknown operation")
    UNREADABLE_AUTHORIZATION = Wording(
        "Cabeçalho Authorization ilegível", "Unreadable Authorization header"
    )
    UNREADABLE_BODY = Wording("Corpo ilegível", "Unreadable body")

    # of fields
    ADDRESS_OF_A_PROXY = Wording("é o endereço de um proxy SIP", "is the address of a SIP proxy")
    AS_THE_DATABASE_SAYS = Wording("{told}", "{told}")
    ANOTHER_ACCOUNT = Wording(
        "é outra conta que username e domain", "differs from username and domain"
    )
    BAD_EXPRESSION = Wording(
        "expressão regular inválida: {trouble}", "bad regular expression: {trouble}"
    )
    BALANCE_TOO_LARGE = Wording("o saldo não caberia", "the balance would not fit")
    CONTROL_CHARACTER = Wording("contém caractere de controle", "contains a control character")
    CONTROL_CHARACTER_OR_QUOTE = Wording(
        'contém caractere de controle, aspas, "<", ">" ou "\\"',
        'contains a control character, a quote, "<", ">" or "\\"',
    )
    DIGITS_ONLY = Wording("somente dígitos", "digits only")
    DOLLAR_SIGN = Wording("não pode conter $", "must not contain $")
    HOST_BITS = Wording("tem bits de host; a rede é {network}", "has host bits; use {network}")
    LESS_THAN_A_MILLIONTH = Wording("menor que 0.000001", "less than 0.000001")
    MANAGER_ITSELF = Wording("é a própria agrupadora", "is the manager itself")
    MAPPED_ADDRESS = Wording("escreva {ipv4}", "write {ipv4}")
    MORE_CHARACTERS = Wording("mais de {length} caracteres", "more than {length} characters")
    NAME_OF_A_HUNT_GROUP = Wording("é o nome de um grupo de busca", "is the name of a hunt group")
    NEGATIVE = Wording("é negativo", "is negative")
    NEITHER_M_NOR_V = Wording("deve ser M ou V", "must be M or V")
    NEITHER_NUMBER_NOR_ADDRESS = Wording(
        "não é um número nem um endereço SIP", "neither a number nor a SIP address"
    )
    NEITHER_NUMBER_NOR_USER = Wording(
        "não é um número nem a parte de usuário de um endereço SIP",
        "neither a number nor the user part of a SIP address",
    )
    NEITHER_PARALLEL_NOR_SERIAL = Wording(
        "deve ser paralell ou serial", "must be paralell (or parallel) or serial"
    )
    NETWORK_TOO_WIDE = Wording("redes de no máximo /{widest}", "networks of /{widest} at most")
    NOT_AN_IP_ADDRESS = Wording("não é um endereço IP", "not an IP address")
    NOT_A_CHOICE = Wording("deve ser {choices}", "must be one of {choices}")
    NOT_A_DIALLED_NUMBER = Wording(
        "somente dígitos, *, # e um + inicial", "only digits, *, # and a leading +"
    )
    NOT_A_DOMAIN_NAME = Wording("não é um nome de domínio", "not a domain name")
    NOT_A_HASH = Wording("não é um hash argon2id", "not an argon2id hash")
    NOT_A_HEADER_NAME = Wording("não é um nome de cabeçalho SIP", "not a name of a SIP header")
    NOT_A_LOGIN = Wording("somente a-z, 0-9 e _", "only a-z, 0-9 and _")
    NOT_A_ROUTE_PREFIX = Wording(
        "até {prefix_length} dígitos ou letras, sem +",
        "up to {prefix_length} digits or letters, without +",
    )
    NOT_A_SIP_URI = Wording("não é uma URI SIP", "not a SIP URI")
    NOT_A_TECH_PREFIX = Wording(
        "somente letras, dígitos e *#+._-", "only letters, digits and *#+._-"
    )
    NOT_FINITE = Wording("não é um número finito", "not a finite number")
    NOT_IN_REPLACEMENTS = Wording(
        "só pode conter \\0 a \\9, sem espaços, aspas, < ou >",
        "may hold \\0 to \\9 only, and no spaces, quotes, < or >",
    )
    NOT_IN_SIP_ADDRESSES = Wording(
        "contém caractere que um endereço SIP não permite",
        "contains a character that a SIP address does not allow",
    )
    NOT_USERNAME_AT_DOMAIN = Wording("não é username@domain", "not username@domain")
    NOT_WITH_IPONLY = Wording("não se usa com iponly", "is not used with iponly")
    NUMBER_TOO_LARGE = Wording("número grande demais", "number too large")
    OF_ANOTHER_DOMAIN = Wording(
        "{account} não é do domínio {domain}", "{account} is not of {domain}"
    )
    OF_ANOTHER_SUBSCRIBER = Wording("é de outro assinante", "belongs to another subscriber")
    OUT_OF_RANGE = Wording("deve estar entre {low} e {high}", "must be between {low} and {high}")
    PLAN_HAS_A_DOMAIN = Wording(
        "um plano já pertence a um domínio", "a plan belongs to a domain already"
    )
    PLAN_OF_ANOTHER_DOMAIN = Wording("o plano é de outro domínio", "the plan is of another domain")
    RATE_OF_ANOTHER_DOMAIN = Wording("a tarifa é de outro domínio", "the rate is of another domain")
    RESERVED_HEADER = Wording(
        "é um cabeçalho de que o roteamento ou a identidade precisam",
        "is a header that routing or identity need",
    )
    SPECIAL_NETWORK = Wording(
        "loopback, multicast, link-local e indefinido não são de uma conta",
        "loopback, multicast, link-local and unspecified are no account's",
    )
    TOO_FEW_GROUPS = Wording(
        "usa \\{wanted}, mas substExp tem {groups} grupo(s)",
        "uses \\{wanted}, but substExp has {groups} group(s)",
    )
    TOO_LONG = Wording("longo demais", "too long")
    VALUE_TOO_LARGE = Wording("valor grande demais", "value too large")
    ZERO = Wording("é zero", "is zero")
