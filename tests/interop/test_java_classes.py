"""The classes that wsimport makes of our WSDLs are those that the original's integrators have."""

import re
from pathlib import Path

import pytest

from tests.interop.clients import java_sources

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def sources() -> Path:
    return java_sources()


def _plain(source: Path) -> str:
    """A source without annotations and comments, white space reduced to single blanks."""
    text = re.sub(r"/\*.*?\*/", "", source.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"@\w+(\((?:[^()\"]|\"[^\"]*\")*\))?", "", text)
    return re.sub(r"\s+", " ", text).replace("( ", "(")


def test_operations_are_in_wrapper_style(sources: Path) -> None:
    port_type = _plain(sources / "interop" / "subscriber" / "SubscriberWS.java")
    assert (
        "public Integer insertSubscriber(SubscriberDTO subscriber, UserPrincipalDTO principal)"
        " throws WSException" in port_type
    )


def test_in_out_parameters_are_holders(sources: Path) -> None:
    port_type = _plain(sources / "interop" / "huntgroup" / "HuntGroupWS.java")
    assert (
        "public void insertHuntGroup(Holder<HuntGroup> huntGroup, UserPrincipalDTO principal)"
        " throws WSException" in port_type
    )


def test_lists_are_plain_lists(sources: Path) -> None:
    port_type = _plain(sources / "interop" / "did" / "DidWS.java")
    assert (
        "public List<Did> listByAcc(String accountCode, UserPrincipalDTO principal)"
        " throws WSException" in port_type
    )


def test_nothing_has_an_action(sources: Path) -> None:
    assert not [path for path in sources.rglob("*.java") if "@Action" in path.read_text("utf-8")]
