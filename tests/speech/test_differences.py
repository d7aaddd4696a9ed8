"""What two sequences have in common."""

from hypothesis import given
from hypothesis import strategies as st

from cutroom.speech import differences as module
from cutroom.speech.differences import differences

TEXTS = st.lists(st.sampled_from("abc"), max_size=12)


def longest_common(old: list[str], new: list[str]) -> int:
    """By the table of the textbooks."""
    row = [0] * (len(new) + 1)
    for left in old:
        above = row
        row = [0]
        for at, right in enumerate(new):
            row.append(above[at] + 1 if left == right else max(above[at + 1], row[at]))
    return row[-1]


@given(TEXTS, TEXTS)
def test_blocks_cover_both_and_keep_as_much_as_can_be_kept(old: list[str], new: list[str]) -> None:
    blocks = differences(old, new)
    assert [at for gone, _ in blocks for at in gone] == list(range(len(old)))
    assert [at for _, come in blocks for at in come] == list(range(len(new)))
    kept = sum(len(gone) for gone, come in blocks if [old[at] for at in gone] == [new[at] for at in come])
    assert kept == longest_common(old, new)
    assert all(len(gone) or len(come) for gone, come in blocks)


def test_blocks_say_what_came_in_the_place_of_what() -> None:
    old, new = [*"abcade"], [*"axbcfgde"]
    found = [
        (" ".join(old[at] for at in gone), " ".join(new[at] for at in come)) for gone, come in differences(old, new)
    ]
    assert found == [("a", "a"), ("", "x"), ("b c", "b c"), ("a", "f g"), ("d e", "d e")]


def test_beyond_a_bound_the_middle_counts_as_changed() -> None:
    count = module.MOST_CHANGES
    old = ["first", *(f"a{at}" for at in range(count)), "last"]
    new = ["first", *(f"b{at}" for at in range(count)), "last"]
    assert differences(old, new) == [
        (range(1), range(1)),
        (range(1, count + 1), range(1, count + 1)),
        (range(count + 1, count + 2), range(count + 1, count + 2)),
    ]
