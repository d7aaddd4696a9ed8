import dataclasses
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cutroom.kit.errors import Unavailable
from cutroom.kit.fence import Fence, landlock
from cutroom.media import sandbox
from cutroom.media.sandbox import choice, keeping, trial
from cutroom.media.sandbox.ladder import HIGHEST, Ladder, ladder
from cutroom.media.sandbox.trial import Verdict
from tests.media.levels import at_level


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    before = choice._chosen[0]
    yield
    choice._chosen[0] = before


@pytest.mark.parametrize("level", [1, 2, 3, 4])
async def test_each_level_that_is_used_holds_against_its_probes(level: int) -> None:
    with at_level(level) as chosen:
        assert await trial.probe(level, chosen.fence) == []


def test_where_there_is_landlock_the_second_level_is_reached() -> None:
    reached = sandbox.current()
    assert reached.level >= (2 if landlock.version() else 1), reached.summary


async def test_a_trial_sees_what_is_not_held() -> None:
    failed = {line.partition(":")[0] for line in await trial.probe(3, Fence())}
    assert failed >= {"read", "write", "link", "tcp", "udp", "fork", "signal", "processes of others"}


async def test_a_trial_sees_that_a_part_is_missing() -> None:
    with at_level(2) as chosen:
        calls = {
            line.partition(":")[0] for line in await trial.probe(2, dataclasses.replace(chosen.fence, filter=None))
        }
        files = {line.partition(":")[0] for line in await trial.probe(2, Fence(filter=chosen.fence.filter))}
    assert calls >= {"fork"}
    assert "read" not in calls
    assert files >= {"read", "write", "environment of others"}
    assert not files & {"fork", "tcp", "udp", "link", "signal"}


async def test_a_fence_in_which_nothing_works_is_no_level() -> None:
    (wrong,) = await trial.probe(3, Fence(bubblewrap=Path("/bin/false")))
    assert wrong.startswith("works: ")


async def test_the_highest_that_holds_is_taken_and_the_others_say_why() -> None:
    rungs = Ladder({1: Fence(), 2: Fence(), 4: Fence()}, {3: "bubblewrap is not installed"})
    verdict = await trial.climb(rungs, HIGHEST)
    assert verdict.level == 1
    assert verdict.failed[3] == ("bubblewrap is not installed",)
    assert any(line.startswith("tcp: ") for line in verdict.failed[2])


def test_a_verdict_is_kept_until_something_changes(tmp_path: Path) -> None:
    rungs = ladder()
    verdict = Verdict(1, {2: ("tcp: we were reached",)})
    keeping.write(tmp_path, rungs, verdict)
    assert keeping.read(tmp_path, rungs) == verdict
    assert (tmp_path / keeping.FILE).stat().st_mode & 0o777 == 0o600
    assert sandbox.use(tmp_path).level == 1  # it is believed, not tried again
    assert keeping.read(tmp_path, Ladder({1: Fence()}, {})) is None  # other parts
    [(of, kept)] = json.loads((tmp_path / keeping.FILE).read_text()).items()
    broken: object
    for broken in ({"another boot": kept}, {of: {}}, {of: 1}, []):
        (tmp_path / keeping.FILE).write_text(json.dumps(broken))
        assert keeping.read(tmp_path, rungs) is None
    found = sandbox.use(tmp_path, fresh=True)
    assert keeping.read(tmp_path, rungs) == Verdict(found.level, found.failed)


def test_versions_that_share_a_folder_keep_a_verdict_each(tmp_path: Path) -> None:
    rungs, others = ladder(), Ladder({1: Fence()}, {})
    keeping.write(tmp_path, rungs, Verdict(1, {}))
    keeping.write(tmp_path, others, Verdict(0, {}))
    assert keeping.read(tmp_path, rungs) == Verdict(1, {})
    assert keeping.read(tmp_path, others) == Verdict(0, {})


def test_less_than_is_asked_for_is_refused(tmp_path: Path) -> None:
    keeping.write(tmp_path, ladder(), Verdict(1, {2: ("tcp: /a/folder was seen",)}))
    with pytest.raises(Unavailable, match="reaches level 1 on this machine, and 3 is asked for") as raised:
        sandbox.use(tmp_path, least=3)
    assert (raised.value.code, raised.value.retryable) == ("sandbox_too_low", False)
    assert sandbox.use(tmp_path, least=1).names == {2: ("tcp",)}


def test_no_sandbox_at_all_needs_a_word(tmp_path: Path) -> None:
    keeping.write(tmp_path, ladder(), Verdict(0, {1: ("memory: more was given than allowed",)}))
    with pytest.raises(Unavailable, match="CUTROOM_ALLOW_UNSANDBOXED=1") as raised:
        sandbox.use(tmp_path, least=0)
    assert raised.value.code == "sandbox_missing"
    assert sandbox.use(tmp_path, least=0, unsandboxed=True).level == 0
    assert sandbox.use(tmp_path, least=1, unsandboxed=True).level == 0
    with pytest.raises(Unavailable, match="reaches level 0 on this machine"):
        sandbox.use(tmp_path, least=2, unsandboxed=True)


def test_a_busy_machine_is_tried_again_the_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_TIMEOUT_S", 0.001)
    with pytest.raises(Unavailable, match=r"too busy .*; try again") as raised:
        sandbox.use(tmp_path)
    assert (raised.value.code, raised.value.retryable) == ("sandbox_late", True)
    monkeypatch.undo()
    assert sandbox.use(tmp_path).level >= 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user to become")
def test_root_gives_its_children_a_user_of_their_own() -> None:
    fences = ladder().fences
    if 4 not in fences:
        pytest.skip(ladder().lacking[4])
    assert fences[4].user is not None
    assert fences[4].user[0] > 0
