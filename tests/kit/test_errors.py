import pytest

from cutroom.kit.errors import KINDS, CutroomError, Detail, Internal, Invalid, Unavailable, first_of, ungrouped


@pytest.mark.parametrize("kind", KINDS.values())
def test_an_error_survives_storage(kind: type[CutroomError]) -> None:
    error = kind("some_code", "Do this.", details=[Detail("/a", "b", "c")], retryable=True)
    again = CutroomError.from_json(error.to_json())
    assert type(again) is kind
    assert (again.code, again.message, again.details, again.retryable) == (
        "some_code",
        "Do this.",
        error.details,
        True,
    )


def test_an_unknown_stored_kind_becomes_internal() -> None:
    data = {"kind": "from_the_future", "code": "c", "message": "m", "retryable": False}
    assert isinstance(CutroomError.from_json(data), Internal)


def test_only_outside_failures_are_retryable_by_default() -> None:
    assert [kind.kind for kind in KINDS.values() if kind("c", "m").retryable] == ["unavailable"]


def test_an_error_can_be_pointed_at_a_place() -> None:
    error = Unavailable("source_timeout", "Too slow.").at("/timeline/tracks/0")
    assert isinstance(error, Unavailable)
    assert error.details == (Detail("/timeline/tracks/0", "source_timeout", "Too slow."),)
    assert error.retryable


def test_details_of_invalid_input_are_kept_in_order() -> None:
    details = [Detail(f"/{n}", "c", "m") for n in range(3)]
    assert Invalid("c", "m", details=details).details == tuple(details)


def test_the_first_known_error_is_found_in_nested_groups() -> None:
    known = Unavailable("c", "m")
    group = BaseExceptionGroup("g", [ValueError(), ExceptionGroup("h", [known, Invalid("d", "n")])])
    assert first_of(group) is known
    assert first_of(ExceptionGroup("g", [ValueError()])) is None


def test_a_group_is_raised_as_its_first_known_error_with_the_cause_of_that() -> None:
    known = Unavailable("c", "m")
    known.__cause__ = OSError("away")
    with pytest.raises(Unavailable) as raised, ungrouped():
        raise ExceptionGroup("g", [ValueError(), known])
    assert raised.value is known
    assert str(known.__cause__) == "away"
    with pytest.raises(ExceptionGroup), ungrouped():
        raise ExceptionGroup("g", [ValueError()])


def test_an_error_can_name_what_it_is_about() -> None:
    error = Unavailable("c", "It is cut off.", retry_after_s=2).about("a.mp4")
    assert isinstance(error, Unavailable)
    assert (error.code, error.message, error.retry_after_s) == ("c", "a.mp4: It is cut off.", 2)
