"""Which level this process uses: found out once, kept, and asked for by everybody who starts a media program."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cutroom.kit.errors import Unavailable
from cutroom.kit.fence import Fence
from cutroom.kit.later import later_log
from cutroom.media.sandbox import keeping, trial
from cutroom.media.sandbox.ladder import HIGHEST, Ladder, ladder

log = later_log()


@dataclass(frozen=True, slots=True)
class Sandbox:
    """How media programs are held.

    Args:
        level: from 0, for not at all, to 4.
        fence: what holds them.
        failed: for each higher level, the probes that it failed, each with what was seen.
    """

    level: int
    fence: Fence
    failed: Mapping[int, tuple[str, ...]]

    @property
    def names(self) -> Mapping[int, tuple[str, ...]]:
        """The probes alone: what was seen may name folders of ours."""
        return {level: tuple(probe.partition(":")[0] for probe in probes) for level, probes in self.failed.items()}

    @property
    def summary(self) -> str:
        """Why it is not higher, in one line."""
        return "; ".join(f"{level}: {', '.join(probes)}" for level, probes in sorted(self.failed.items()))


_chosen: list[Sandbox | None] = [None]


def current() -> Sandbox:
    """What this process uses; the first call of a process that has not chosen tries the ladder, which takes a second.

    Raises:
        Unavailable: `sandbox_missing` when not even the first level holds, `sandbox_late` when there was no time.
    """
    if _chosen[0] is None:
        use()
    chosen = _chosen[0]
    if chosen is None:
        raise RuntimeError("use() chooses or raises")
    return chosen


def use(
    kept_in: Path | None = None, *, fresh: bool = False, least: int = 1, most: int = HIGHEST, unsandboxed: bool = False
) -> Sandbox:
    """Choose the highest level that holds on this machine, for this process.

    Args:
        kept_in: folder that keeps the verdict for this boot and these versions; None keeps it for this process. One
            for which a level had no time is not kept.
        fresh: whether to try again although there is a verdict.
        least: the lowest level that is accepted.
        most: the highest level that is tried.
        unsandboxed: whether to go on without any where no level holds, unless more than the first is asked for.

    Raises:
        Unavailable: `sandbox_missing` when no level holds, `sandbox_late` when that may be for want of time;
            `sandbox_too_low` when none does from `least` on.
    """
    rungs = ladder()
    keeps = kept_in if most == HIGHEST else None
    verdict = None if keeps is None or fresh else keeping.read(keeps, rungs)
    if verdict is None:
        verdict = _try(rungs, most)
        if keeps is not None and not verdict.hasty:
            keeping.write(keeps, rungs, verdict)
    found = Sandbox(verdict.level, rungs.fences.get(verdict.level, Fence()), verdict.failed)
    if verdict.hasty and found.level < max(least, 1) and not unsandboxed:
        busy = f"This machine is too busy to try the sandbox of media programs ({found.summary}); try again."
        raise Unavailable("sandbox_late", busy)
    if found.level == 0:
        if not unsandboxed:
            sentence = (
                "Media programs cannot be held in any sandbox on this machine, not even by limits "
                f"({found.summary}). Run on Linux, or set CUTROOM_ALLOW_UNSANDBOXED=1 to go on without."
            )
            raise Unavailable("sandbox_missing", sentence, retryable=False)
        log.critical("sandbox.off", failed=dict(found.failed))
    _chosen[0] = found
    if found.level < least and not (found.level == 0 and least <= 1):  # 0 was allowed above, 1 is what everybody asks
        low = (
            f"The sandbox of media programs reaches level {found.level} on this machine, and {least} is asked for by "
            f"CUTROOM_MIN_SANDBOX_LEVEL. What failed, by level: {found.summary}."
        )
        raise Unavailable("sandbox_too_low", low, retryable=False)
    return found


def _try(rungs: Ladder, most: int) -> trial.Verdict:
    # In a loop of its own: whoever asks may or may not be in one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(trial.climb(rungs, most))).result()
