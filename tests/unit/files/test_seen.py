"""Which record of a file was the first of its identity, few of them or many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sippulse_ws.files import seen
from sippulse_ws.files.seen import SeenRecords

identities = st.tuples(st.sampled_from("ab"), st.integers(0, 9))


@given(st.lists(st.lists(identities, max_size=6), max_size=8), st.integers(0, 12))
def test_the_first_line_of_each_identity_is_remembered(
    batches: list[list[tuple[str, int]]], in_memory: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen, "IN_MEMORY", in_memory)
        records = SeenRecords()
        first: dict[tuple[str, int], int] = {}
        line = 0
        for batch in batches:
            numbered = [(identity, line := line + 1) for identity in batch]
            for identity, number in numbered:
                first.setdefault(identity, number)
            assert records.first_lines(numbered) == [first[identity] for identity, _ in numbered]
        assert all(records.contains(identity) for identity in first)
        assert not records.contains(("c", 1))
        records.close()


@given(st.sets(identities), st.integers(1, 5), st.lists(identities, max_size=3))
def test_a_file_in_order_is_put_aside_until_one_is_out_of_order(
    ordered: set[tuple[str, int]], size: int, later: list[tuple[str, int]]
) -> None:
    records = SeenRecords()
    numbered = [(identity, line) for line, identity in enumerate(sorted(ordered), 1)]
    for start in range(0, len(numbered), size):
        batch = numbered[start : start + size]
        assert records.first_lines(batch) == [line for _, line in batch]
    assert records._lines == {}
    known = dict(numbered)
    for line, identity in enumerate(later, len(numbered) + 1):
        assert records.first_lines([(identity, line)]) == [known.setdefault(identity, line)]
    assert all(records.contains(identity) for identity in known)
    assert not records.contains(("c", 1))
    records.close()


def test_identities_that_cannot_be_compared_are_in_no_order() -> None:
    records = SeenRecords()
    assert records.first_lines([(("a", None), 1), (("a", 1), 2), (("a", None), 3)]) == [1, 2, 1]
    records.close()
