"""Which failures are repeated, how often, and what is known of a commit that failed."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from sippulse_ws.db.connections import cluster
from sippulse_ws.db.connections.deadlines import Deadline, DeadlinePassed
from sippulse_ws.db.connections.failures import is_undone
from sippulse_ws.services import repeating as module
from sippulse_ws.services.repeating import ATTEMPTS, CONFLICTS, repeating


def failure(number: int, *, lost: bool = False) -> OperationalError:
    error = OperationalError("UPDATE", None, Exception(number, "as MariaDB says it"))
    error.connection_invalidated = lost
    return error


def failing(error: Exception, times: int) -> Callable[[], int]:
    """Fails so often, then gives how often it was called."""
    calls: list[int] = []

    def attempt() -> int:
        calls.append(1)
        if len(calls) <= times:
            raise error
        return len(calls)

    return attempt


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "sleep", lambda _: None)


def test_a_conflict_is_repeated_while_there_is_time() -> None:
    conflict = failure(1213)
    assert repeating(failing(conflict, 30), finished=[True]) == 31
    with pytest.raises(OperationalError):
        repeating(failing(conflict, CONFLICTS))


def test_the_deadline_ends_it() -> None:
    with Deadline(-1), pytest.raises(DeadlinePassed):
        repeating(failing(failure(1213), 30))


@pytest.mark.parametrize("number", [1047, 1290, 1836, 1053])
def test_an_answer_of_the_wrong_node_is_repeated(number: int) -> None:
    assert repeating(failing(failure(number, lost=True), ATTEMPTS - 1)) == ATTEMPTS
    with pytest.raises(OperationalError):
        repeating(failing(failure(number, lost=True), ATTEMPTS))
    assert repeating(failing(failure(number, lost=True), 10), patience=5) == 11


def test_a_database_that_is_away_is_waited_for_in_a_cluster_only() -> None:
    away = failure(2003)
    with pytest.raises(OperationalError):
        repeating(failing(away, 1))
    assert repeating(failing(away, 10), patience=5) == 11


def test_a_mistake_in_a_statement_is_not_repeated() -> None:
    with pytest.raises(OperationalError):
        repeating(failing(failure(1054), 1), patience=5)


@pytest.mark.parametrize("number", [1213, 1047, 1290, 1836])
def test_at_the_commit_these_say_that_nothing_was_stored(number: int) -> None:
    assert is_undone(failure(number, lost=True))
    assert repeating(failing(failure(number, lost=True), 1), finished=[True]) == 2


@pytest.mark.parametrize("number", [1180, 2013, 1053, 1205])
def test_at_the_commit_these_do_not(number: int) -> None:
    error = failure(number, lost=True)
    assert not is_undone(error)
    with pytest.raises(OperationalError):
        repeating(failing(error, 1), finished=[True], patience=5)


def test_in_a_cluster_a_node_that_is_of_no_use_is_a_lost_connection() -> None:
    dialect: Any = SimpleNamespace(is_disconnect=lambda error, *_: error.args[0] == 2013)
    cluster.drop_lost_nodes(dialect)
    for number in (1047, 1205, 1290, 1836, 1053, 2013):
        assert dialect.is_disconnect(Exception(number, ""), None, None)
    for number in (1062, 1213, 1452):
        assert not dialect.is_disconnect(Exception(number, ""), None, None)
