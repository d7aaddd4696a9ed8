"""The run workflow: patterns and an input become an answer.

What is read and what is answered are journalled steps: an attempt that follows on a crash goes on with the pattern that
was being answered, and pays for nothing twice.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cutroom.jobs import Context
from cutroom.kit.errors import CutroomError, Invalid
from cutroom.kit.money import dollars_of, micro_of
from cutroom.llm import Message, Models, Purse, Usage
from cutroom.media.youtube import YouTube
from cutroom.patterns import Pattern, read_pattern
from cutroom.workflows.answers import purse_of
from cutroom.workflows.run_answer import PatternAnswer, PatternRun
from cutroom.workflows.run_inputs import UNTIL, InputText, read_input
from cutroom.workflows.run_wishes import (
    MOST_INLINE,
    ResolvedPattern,
    RunFailure,
    RunOutput,
    RunPattern,
    RunStep,
    RunUsage,
)
from cutroom.workflows.transcribe import Transcribing
from cutroom.workflows.warning import WorkflowWarning

ANSWER: Final = "answer"
"""The stream of live text that becomes the output; those of other patterns are called `<number>:<name>`."""
_MARKDOWN: Final = "text/markdown; charset=utf-8"
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one pattern: an answer, or an error."""

    pattern: Pattern | None
    resolved: ResolvedPattern | None
    answer: PatternAnswer | None = None
    error: CutroomError | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PatternRuns:
    """The workflow of pattern runs.

    Args:
        models: who is asked.
        transcribing: hears recordings.
        attempts: how often a run is tried; only the last failure of a parallel pattern is told and not raised.
        youtube: where videos are.
    """

    models: Models
    transcribing: Transcribing
    attempts: int
    youtube: YouTube = field(default_factory=YouTube)

    async def run(self, ctx: Context, given: RunPattern) -> RunOutput:
        """Run one pattern, a chain of them, or several side by side.

        Raises:
            Invalid: `model_not_configured`, `model_not_found`; `cost_cap_reached`, `price_unknown`; what is wrong with
                the input; what else `PatternRun.answer` raises.
            Unavailable: as `Models.ask`.
        """
        patterns = patterns_of(given)
        for _, pattern in patterns:
            self.models.find(given.model or (pattern and pattern.model) or given.default_model)
        ctx.progress(0.0, "reading")
        read = await read_input(ctx, given, self.transcribing, self.youtube)
        ctx.progress(UNTIL if read.seconds else 0.0, "asking")
        purse = purse_of(ctx, budget_of(given))
        if given.parallel is not None:
            outcomes = await self._parallel(ctx, given, purse, patterns, read)
        else:
            outcomes = await self._chain(ctx, given, purse, patterns, read)
        ctx.progress(1.0, "writing")
        return await ctx.step("write", _write, ctx, given, read, outcomes)

    async def _chain(
        self,
        ctx: Context,
        given: RunPattern,
        purse: Purse,
        patterns: Sequence[tuple[ResolvedPattern | None, Pattern | None]],
        read: InputText,
    ) -> list[_Outcome]:
        """Each pattern reads what the one before it answered; the conversation so far is for the first."""
        outcomes: list[_Outcome] = []
        text = read.text
        history = [Message(turn.role, turn.text) for turn in given.history]
        for number, (resolved, pattern) in enumerate(patterns, 1):
            last = number == len(patterns)
            name = "" if pattern is None else pattern.name
            run = PatternRun(
                ctx=ctx,
                models=self.models,
                given=given,
                purse=purse,
                pattern=pattern,
                step=f"answer:{number}",
                stream=ANSWER if last else f"{number}:{name}",
                history=history if number == 1 else (),
            )
            _move(ctx, read, number - 1, len(patterns), name)
            answer = await run.answer(text)
            outcomes.append(_Outcome(pattern, resolved, answer))
            text = answer.text
        return outcomes

    async def _parallel(
        self,
        ctx: Context,
        given: RunPattern,
        purse: Purse,
        patterns: Sequence[tuple[ResolvedPattern | None, Pattern | None]],
        read: InputText,
    ) -> list[_Outcome]:
        """All patterns read the same input at once; one that fails leaves the others alone."""
        history = [Message(turn.role, turn.text) for turn in given.history]
        done = 0

        async def one(number: int, resolved: ResolvedPattern | None, pattern: Pattern | None) -> _Outcome:
            nonlocal done
            name = "" if pattern is None else pattern.name
            stream = f"{number}:{name}"
            run = PatternRun(ctx, self.models, given, purse, pattern, f"answer:{number}", stream, history)
            try:
                return _Outcome(pattern, resolved, await run.answer(read.text))
            except CutroomError as error:
                return _Outcome(pattern, resolved, error=error)
            finally:
                done += 1
                _move(ctx, read, done, len(patterns), None)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(number, *both)) for number, both in enumerate(patterns, 1)]
        outcomes = [task.result() for task in tasks]
        errors = [outcome.error for outcome in outcomes if outcome.error is not None]
        passing = [error for error in errors if error.retryable]
        if passing and ctx.attempt < self.attempts:
            raise passing[0]
        if len(errors) == len(outcomes):
            raise errors[0]
        return outcomes


def patterns_of(given: RunPattern) -> list[tuple[ResolvedPattern | None, Pattern | None]]:
    """The patterns of a run, in order; one that is none where the input itself is asked.

    Raises:
        Invalid: `pattern_not_resolved`, when whoever asked for the run left one out; what `read_pattern` raises.
    """
    by_name = {resolved.name: resolved for resolved in given.resolved}
    missing = [name for name in given.names if name not in by_name]
    if missing:
        raise Invalid("pattern_not_resolved", f"The run was asked for without the text of '{missing[0]}'.")
    read = {name: read_pattern(name, resolved.text) for name, resolved in by_name.items()}
    found: list[tuple[ResolvedPattern | None, Pattern | None]] = [(by_name[name], read[name]) for name in given.names]
    return found or [(None, None)]


def budget_of(given: RunPattern) -> int | None:
    """The most that a run may cost, in millionths of a dollar; None without limit."""
    wished = None if given.max_cost is None else micro_of(given.max_cost)
    limits = [limit for limit in (wished, given.budget_micro) if limit is not None]
    return min(limits, default=None)


def _move(ctx: Context, read: InputText, done: int, count: int, name: str | None) -> None:
    start = UNTIL if read.seconds else 0.0
    ctx.progress(start + (1.0 - start) * done / count, None if name is None else f"asking {name}".strip())


async def _write(ctx: Context, given: RunPattern, read: InputText, outcomes: Sequence[_Outcome]) -> RunOutput:
    """Publish the answers as files, and put together what the job says of them."""
    warnings = [*read.warnings]
    artifacts: list[str] = []
    steps: list[RunStep] = []
    good = [outcome.answer for outcome in outcomes if outcome.answer is not None]
    room = MOST_INLINE
    for number, outcome in enumerate(outcomes, 1):
        step = _step_of(outcome)
        if outcome.answer is not None:
            warnings += outcome.answer.warnings
            size = len(outcome.answer.text.encode())
            if len(outcomes) > 1 and size <= room:
                room -= size
                step = step.model_copy(update={"text": outcome.answer.text, "data": outcome.answer.data})
            if given.parallel is not None:
                artifact = await _publish(ctx, f"{number}-{step.name}", outcome.answer.text, outcome.answer.data)
                artifacts.append(artifact)
                step = step.model_copy(update={"artifact": artifact})
        else:
            warnings.append(_told(outcome))
        steps.append(step)
    if given.parallel is None:
        text, data = good[-1].text, good[-1].data
    else:
        text, data = _together(outcomes), None
    artifacts.insert(0, await _publish(ctx, "output", text, data))
    fits = len(text.encode()) <= MOST_INLINE
    costs = [step.cost for step in steps]
    return RunOutput(
        text=text if fits else None,
        data=data if fits else None,
        title=read.title or None,
        model=good[-1].model,
        usage=_usage([step.usage for step in steps]),
        cost=None if None in costs else round(sum(cost for cost in costs if cost is not None), 6),
        steps=steps,
        duration=read.seconds,
        artifacts=artifacts,
        warnings=list(dict.fromkeys(warnings)),
    )


def _step_of(outcome: _Outcome) -> RunStep:
    """What is told of one pattern, without its answer."""
    answer, resolved = outcome.answer, outcome.resolved
    asked = () if answer is None else answer.answers
    used = sum((Usage(one.input_tokens, one.output_tokens, one.estimated) for one in asked), Usage())
    costs = [one.cost_micro for one in asked]
    return RunStep(
        name=None if resolved is None else resolved.name,
        version=None if resolved is None else resolved.version,
        sha256=None if resolved is None else resolved.sha256,
        model=None if answer is None else answer.model,
        usage=RunUsage(input_tokens=used.input_tokens, output_tokens=used.output_tokens, estimated=used.estimated),
        cost=None if None in costs else dollars_of(sum(cost for cost in costs if cost is not None)),
        cached=bool(asked) and all(one.cached for one in asked),
        parts=1 if answer is None else answer.parts,
        error=None if outcome.error is None else RunFailure(code=outcome.error.code, message=outcome.error.message),
    )


def _told(outcome: _Outcome) -> WorkflowWarning:
    name = "" if outcome.resolved is None else outcome.resolved.name
    reason = "" if outcome.error is None else outcome.error.message
    return WorkflowWarning(code="pattern_failed", message=f"'{name}' came to nothing: {reason}")


def _together(outcomes: Sequence[_Outcome]) -> str:
    """The answers of parallel patterns as one text, each under the name of its pattern."""
    parts = [
        f"# {outcome.resolved.name}\n\n{outcome.answer.text.strip()}\n"
        for outcome in outcomes
        if outcome.answer is not None and outcome.resolved is not None
    ]
    return "\n".join(parts)


def _usage(usages: Sequence[RunUsage]) -> RunUsage:
    return RunUsage(
        input_tokens=sum(usage.input_tokens for usage in usages),
        output_tokens=sum(usage.output_tokens for usage in usages),
        estimated=any(usage.estimated for usage in usages),
    )


async def _publish(ctx: Context, stem: str, text: str, data: Any) -> str:
    """An answer as a file; the id of the artifact."""
    extension, content_type = ("md", _MARKDOWN) if data is None else ("json", _JSON)
    path = ctx.scratch / f"{stem}.{extension}"
    written = text if data is None else json.dumps(data, ensure_ascii=False, indent=2)
    await asyncio.to_thread(path.write_text, written, "utf-8")
    published = await ctx.files.publish(path, kind="answer", name=path.name, content_type=content_type)
    return published.id
