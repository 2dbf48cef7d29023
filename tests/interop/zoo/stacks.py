"""The stacks of the zoo: which versions, how each is made ready, and what it needs to know."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

from tests.interop.clients import HERE, debian
from tests.interop.zoo.makers import (
    Made,
    gsoap,
    java,
    jaxws,
    mono,
    node,
    npm_version,
    php_version,
    pinned,
    script,
)

ZOO = HERE / "out" / "zoo"  # what the stacks have shown


@dataclass(frozen=True)
class Stack:
    name: str
    title: str
    version: Callable[[], str]
    make: Callable[[], Made]
    note: str = "none"  # what a user of it has to know
    in_ci: bool = False


OWN_PACKAGE = "a package for each service (`-p`)"
REQUIRED = (
    "values for the booleans and numbers that the WSDL requires, or `SIPPULSE_WSDL_REQUIRED=none`"
)
EMPTY = "the result of an empty list is not an object: `result?.did ?? []`"
STRINGS = (
    "strings need `->type('string')`, otherwise text outside of ASCII is sent as base64;"
    " `on_action(sub { '' })` for the SOAPAction"
)

STACKS = [
    Stack(
        "cxf",
        "Apache CXF, with schema validation",
        lambda: pinned("cxf", "cxf-rt-frontend-jaxws"),
        partial(jaxws, "cxf", "schema"),
        OWN_PACKAGE,
        in_ci=True,
    ),
    Stack(
        "cxf-mtom",
        "Apache CXF with MTOM",
        lambda: pinned("cxf", "cxf-rt-frontend-jaxws"),
        partial(jaxws, "cxf", "mtom"),
        OWN_PACKAGE,
        in_ci=True,
    ),
    Stack(
        "jaxws23",
        "JAX-WS 2.3 (wsimport)",
        lambda: debian("jaxws"),
        partial(jaxws, "jaxws23"),
        OWN_PACKAGE,
        in_ci=True,
    ),
    Stack(
        "jaxws40",
        "JAX-WS 4.0 (Jakarta)",
        lambda: pinned("jaxws40", "jaxws-rt"),
        partial(jaxws, "jaxws40"),
        OWN_PACKAGE,
    ),
    Stack(
        "axis1",
        "Apache Axis 1.4",
        lambda: pinned("axis1", "axis"),
        partial(java, "axis1", "GenerateAxis1", "Axis1Client"),
        "an empty list is `null`",
        in_ci=True,
    ),
    Stack(
        "axis2",
        "Apache Axis2 (ADB)",
        lambda: pinned("axis2", "axis2-adb"),
        partial(java, "axis2", "GenerateAxis2", "Axis2Client"),
        "`-u -ns2p` puts the types of each service into their own package; an empty list is `null`",
    ),
    Stack(
        "gsoap",
        "gSOAP, strict",
        lambda: debian("gsoap"),
        gsoap,
        "`SOAP_C_UTFSTRING`, otherwise characters outside of Latin-1 are lost",
        in_ci=True,
    ),
    Stack(
        "mono",
        "Mono wsdl.exe (.NET classic)",
        lambda: debian("mono-devel"),
        mono,
        "set `…Specified` for an optional number or boolean, otherwise it is not sent",
    ),
    Stack(
        "zeep",
        "zeep, strict",
        lambda: version("zeep"),
        lambda: script(sys.executable, "zeep_client.py"),
        REQUIRED,
        in_ci=True,
    ),
    Stack(
        "suds",
        "suds-community",
        lambda: version("suds-community"),
        lambda: script(sys.executable, "suds_client.py"),
        "`cache=None`, otherwise WSDLs are cached for a day",
        in_ci=True,
    ),
    Stack(
        "php",
        "PHP SoapClient, with compression",
        php_version,
        lambda: script("php", "php/client.php"),
        "`SOAP_SINGLE_ELEMENT_ARRAYS`; " + REQUIRED,
        in_ci=True,
    ),
    Stack(
        "node",
        "node-soap",
        lambda: npm_version("node", "soap"),
        partial(node, "node", "zoo.mjs"),
        EMPTY,
        in_ci=True,
    ),
    Stack(
        "strong",
        "strong-soap",
        lambda: npm_version("strong", "strong-soap"),
        partial(node, "strong", "client.cjs"),
        EMPTY,
    ),
    Stack(
        "perl",
        "Perl SOAP::Lite",
        lambda: debian("libsoap-lite-perl"),
        lambda: script("perl", "perl/client.pl"),
        STRINGS,
    ),
]
BY_NAME = {one.name: one for one in STACKS}
