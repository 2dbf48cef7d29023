from collections.abc import Iterator

import pytest

from .server import running


@pytest.fixture(scope="session")
def port() -> Iterator[int]:
    """The port of a server whose operations only record."""
    with running() as number:
        yield number
