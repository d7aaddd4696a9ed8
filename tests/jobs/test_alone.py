import errno
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cutroom.jobs import Context, Registry, Remembered, run_alone
from cutroom.kit.errors import CutroomError, Invalid, Unavailable
from tests.jobs.flows import SOON, Diary, Fan
from tests.jobs.rig import NoFiles


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    return Diary(path=str(tmp_path / "diary"))


class Alone:
    def __init__(self, registry: Registry, scratch: Path) -> None:
        self.registry = registry
        self.scratch = scratch
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.productions = Remembered()

    async def run(self, name: str, value: Any, concurrency: int = 4) -> Any:
        return await run_alone(
            self.registry,
            name,
            value,
            files=NoFiles(),
            scratch=self.scratch,
            events=lambda kind, data: self.events.append((kind, data)),
            concurrency=concurrency,
            productions=self.productions,
        )


@pytest.fixture
def alone(registry: Registry, tmp_path: Path) -> Alone:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Alone(registry, scratch)


@pytest.mark.parametrize("concurrency", [1, 4])
async def test_a_fan_out_gives_its_results_in_order_and_moves_progress(
    alone: Alone, diary: Diary, concurrency: int
) -> None:
    assert await alone.run("fan", Fan(items=[1, 2, 3], path=diary.path), concurrency) == [2, 4, 6]
    assert sorted(diary.lines()) == ["after", "before", "item 0", "item 1", "item 2"]
    progress = [data["progress"] for kind, data in alone.events if kind == "progress"]
    assert progress == sorted(progress)
    assert (progress[0], progress[-1]) == (10.0, 90.0)
    assert len(progress) > 5


async def test_a_tree_of_maps_runs_with_room_for_one(alone: Alone, diary: Diary) -> None:
    assert await alone.run("tree", Fan(items=[3, 2, 2], path=diary.path), concurrency=1) == 12


async def test_an_attempt_that_fails_is_tried_again_and_steps_are_kept(alone: Alone, diary: Diary) -> None:
    assert await alone.run("fails_at_first", diary.model_copy(update={"value": 2})) == 3
    assert diary.lines() == ["before", "try", "try", "try"]
    assert [data["message"] for kind, data in alone.events if kind == "log"][:2] == [
        "trying",
        "Try 1 failed. Trying again.",
    ]


async def test_attempts_end(alone: Alone, diary: Diary) -> None:
    with pytest.raises(Unavailable, match="Try 3 failed"):
        await alone.run("fails_at_first", diary.model_copy(update={"value": 9}))


async def test_a_failed_item_names_its_index(alone: Alone, diary: Diary) -> None:
    with pytest.raises(Invalid, match="Item 1 of 'items': This item is wrong"):
        await alone.run("fan", Fan(items=[1, 2, 3], path=diary.path, special={1: "refuse"}))


async def test_an_item_is_tried_again_by_itself(alone: Alone, diary: Diary) -> None:
    assert await alone.run("fan", Fan(items=[1, 2], path=diary.path, special={1: "once"})) == [2, 4]


async def test_two_maps_and_a_nap_at_once(alone: Alone, diary: Diary) -> None:
    assert await alone.run("two_maps", Fan(items=[1], path=diary.path), concurrency=1) == [[2], [2]]


async def test_sleep_sleeps_once_however_often_the_attempt_is_repeated(alone: Alone, diary: Diary) -> None:
    assert await alone.run("naps", diary.model_copy(update={"value": 20})) == 3


async def test_what_must_repeat_repeats(alone: Alone, diary: Diary) -> None:
    seen = await alone.run("times_of", diary)
    assert diary.lines()[-1] == str(seen)


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("nothing", {}, "unknown_workflow"),
        ("same", {"value": "x"}, "invalid_input"),
        ("gives_nul", {"value": 1}, "unstorable_result"),
        ("times_out", {"value": 1}, "job_timeout"),
        ("repeats_name", {"value": 1}, "duplicate_step"),
    ],
)
async def test_what_goes_wrong_has_the_same_code_as_in_a_worker(alone: Alone, kind: str, value: Any, code: str) -> None:
    with pytest.raises(CutroomError) as caught:
        await alone.run(kind, value)
    assert caught.value.code == code


async def test_an_unforeseen_error_comes_through_as_it_is(alone: Alone) -> None:
    with pytest.raises(RuntimeError, match="secret"):
        await alone.run("breaks", {"value": 1})


async def test_a_full_disk_has_a_name(tmp_path: Path) -> None:
    async def write(ctx: Context, value: int) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    registry = Registry()
    registry.add("write", write, max_attempts=1)
    with pytest.raises(Unavailable) as caught:
        await Alone(registry, tmp_path).run("write", 1)
    assert caught.value.code == "disk_full"


async def test_an_attempt_that_failed_leaves_the_room_to_the_next(tmp_path: Path) -> None:
    found: list[list[Path]] = []

    async def write(ctx: Context, value: int) -> int:
        found.append(list(tmp_path.rglob("half")))
        (ctx.scratch / "half").write_bytes(bytes(100))
        if ctx.attempt < 3:
            raise Unavailable("not_now", "Not yet.")
        return value

    registry = Registry()
    registry.add("write", write, max_attempts=3, retry=SOON)
    assert await Alone(registry, tmp_path).run("write", 1) == 1
    assert found == [[], [], []]


async def test_what_one_workflow_writes_the_next_one_reads(alone: Alone) -> None:
    first = await alone.run("makes", {"body": '{"a": 1}', "fails": True})
    post = await alone.run("makes", {"madeFrom": first["id"]})
    again = await alone.run("makes", {"body": '{"a": 2}', "into": first["id"]})
    assert [made["version"] for made in (first, post, again)] == [1, 1, 2]
    assert alone.productions.find(first["id"], 1).body == '{"a": 1}'
    assert alone.productions.find(first["id"]).body == '{"a": 2}'
    assert [origin.version for origin in alone.productions.find(post["id"]).made_from] == [1]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"madeFrom": "trn_x"}, "production_not_found"),
        ({"into": "made", "madeFrom": "made"}, "production_kind_differs"),
    ],
)
async def test_productions_that_cannot_be_read_or_written_alone(alone: Alone, given: dict[str, Any], code: str) -> None:
    made = await alone.run("makes", {})
    with pytest.raises(CutroomError) as caught:
        await alone.run("makes", {name: value.replace("made", made["id"]) for name, value in given.items()})
    assert caught.value.code == code


def test_no_database_is_imported_for_running_alone() -> None:
    code = (
        "import sys, cutroom.jobs; cutroom.jobs.run_alone; "
        "print([name for name in sys.modules if name.split('.')[0] in {'sqlalchemy', 'asyncpg', 'alembic'}])"
    )
    out = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert out.strip() == "[]"


def test_the_package_has_what_it_promises() -> None:
    import cutroom.jobs as package  # noqa: PLC0415

    assert all(getattr(package, name) is not None for name in package.__all__)
    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = package.nothing_like_it
