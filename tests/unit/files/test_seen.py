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
