from cutroom.kit.ids import is_id, new_id


def test_ids_sort_by_time() -> None:
    assert new_id("job", at_ms=1_000) < new_id("job", at_ms=1_001) < new_id("job")


def test_ids_are_distinct_within_a_millisecond() -> None:
    assert len({new_id("job", at_ms=1) for _ in range(1_000)}) == 1_000


def test_an_id_carries_a_version_7_uuid() -> None:
    text = new_id("job", at_ms=0x0123456789AB, entropy=(1 << 74) - 1).removeprefix("job_")
    value = 0
    for letter in text:
        value = value << 5 | "0123456789abcdefghjkmnpqrstvwxyz".index(letter)
    assert f"{value:032x}" == "0123456789ab7fffbfffffffffffffff"


def test_only_the_right_form_and_prefix_is_an_id() -> None:
    good = new_id("job")
    assert is_id(good, "job")
    for bad in (good.upper(), good[:-1], good + "0", "ws_" + good[4:], "job_" + "i" * 26, "job_../../etc", good + "\n"):
        assert not is_id(bad, "job")
