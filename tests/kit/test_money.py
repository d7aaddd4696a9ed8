from cutroom.kit.money import dollars_of, micro_of


def test_money_is_whole_millionths() -> None:
    assert micro_of(0.1) + micro_of(0.2) == 300_000
    assert dollars_of(300_000) == 0.3
