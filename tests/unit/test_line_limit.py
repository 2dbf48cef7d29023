"""A flood leaves few lines, and how many it would have left."""

from sippulse_ws.observability.line_limit import AT_ONCE, EACH_SECOND, LineLimit


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_flood_leaves_few_lines_and_its_size() -> None:
    clock = Clock()
    limit = LineLimit(clock)
    assert [limit.take() for _ in range(AT_ONCE)] == [0] * AT_ONCE
    assert {limit.take() for _ in range(5000)} == {None}
    clock.now += 1
    assert limit.take() == 5000
    clock.now += 1000
    taken = [limit.take() for _ in range(2 * AT_ONCE)]
    assert taken[0] == 0
    assert taken.count(None) == AT_ONCE


def test_what_goes_on_for_a_day_does_not_fill_a_disk() -> None:
    clock = Clock()
    limit = LineLimit(clock)
    written = 0
    for _ in range(100_000):
        clock.now += 0.1
        written += limit.take() is not None
    assert written <= AT_ONCE + 10_000 * EACH_SECOND + 1
