"""A pattern run: what is asked for, what it becomes once its names are looked up, and what comes out."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from cutroom.kit.schema import Schema
from cutroom.workflows.transcribe import LanguageTag
from cutroom.workflows.warning import WorkflowWarning

MOST_PATTERNS: Final = 20
"""In one run; each is a request to a model, and is kept in the job with all its text."""
MOST_INPUT: Final = 4_000_000
"""Characters of an input that is sent as text."""
MOST_INLINE: Final = 100_000
"""Bytes of UTF-8 up to which an answer is in the output of the job; longer ones are read as its artifacts."""

PatternName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
"""What patterns, strategies and contexts are called; nothing of it can be a path."""
InputSource = Literal["text", "upload", "youtube"]
Several = Annotated[tuple[PatternName, ...], Field(min_length=1, max_length=MOST_PATTERNS)]
VariableValue = Annotated[str, Field(max_length=1_000_000)] | bool | int | float


class RunWishes(Schema):
    """What to run on what.

    Without a pattern, the input itself is what the model is asked.
    """

    pattern: Annotated[PatternName | None, Field(description="The pattern to run.")] = None
    patterns: Annotated[
        Several | None, Field(description="A chain: each pattern reads what the one before it answered.")
    ] = None
    parallel: Annotated[Several | None, Field(description="Several patterns over the same input.")] = None
    input: Annotated[
        str,
        Field(
            max_length=MOST_INPUT,
            description="The text; or, by `inputSource`, the id of an asset (`asset:ID`), or the address of a video.",
        ),
    ] = ""
    input_source: Annotated[
        InputSource,
        Field(
            description="`text` as it is; `upload`: an asset, transcribed when it is a recording, read when it is text "
            "or PDF; `youtube`: the captions of a video, or what is heard in it."
        ),
    ] = "text"
    strategy: Annotated[PatternName | None, Field(description="How the model is to think.")] = None
    context: Annotated[PatternName | None, Field(description="A stored text that is put before the pattern.")] = None
    variables: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=200)], VariableValue],
        Field(
            max_length=100, description="Values for the patterns' variables, by name. They are never read as tokens."
        ),
    ] = Field(default_factory=dict)
    model: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=200,
            description="`model` or `provider/model`; else the pattern's own, the workspace's, the server's.",
        ),
    ] = None
    language: Annotated[
        LanguageTag | None, Field(description="What to answer in, and which captions of a video to take.")
    ] = None
    lenient: Annotated[
        bool, Field(description="Leave tokens as they are that mean nothing, rather than refuse the run.")
    ] = False
    temperature: Annotated[
        float | None, Field(ge=0, le=2, description="How free the answer is; else the pattern's own, the server's.")
    ] = None
    max_tokens: Annotated[int | None, Field(ge=1, le=1_000_000, description="Where each answer is cut off.")] = None
    max_cost: Annotated[
        float | None, Field(gt=0, le=100_000, description="US dollars that the run may cost; it stops before.")
    ] = None
    cache: Annotated[
        bool | None,
        Field(
            description="Whether an answer may be one that the same request had before, which costs nothing; "
            "when not given, where the temperature is 0."
        ),
    ] = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if sum(one is not None for one in (self.pattern, self.patterns, self.parallel)) > 1:
            raise ValueError("give one of 'pattern', 'patterns' and 'parallel'")
        if self.parallel is not None and len(set(self.parallel)) < len(self.parallel):
            raise ValueError("name each of the 'parallel' patterns once")
        if not self.input.strip() and self.input_source != "text":
            raise ValueError("'input' says which upload or video")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The patterns that run, in order; none where the input itself is asked."""
        if self.pattern is not None:
            return (self.pattern,)
        return self.patterns or self.parallel or ()


class ResolvedPattern(Schema):
    """A pattern as it was when the run was asked for."""

    name: PatternName
    origin: Annotated[Literal["workspace", "folder", "shipped"], Field(description="Where it was found.")]
    version: Annotated[int | None, Field(description="Its number, where versions are kept.")] = None
    sha256: Annotated[str, Field(description="Of its text: which version it is, wherever it comes from.")]
    text: Annotated[str, Field(description="With its front matter.")]


class ResolvedStrategy(Schema):
    """A strategy as it was when the run was asked for."""

    name: PatternName
    prompt: str


class HistoryTurn(Schema):
    """A turn of a conversation before the run."""

    role: Literal["system", "user", "assistant"]
    text: str


class RunPattern(RunWishes):
    """A run with all that its wishes name, so that it needs no library and is the same on every attempt."""

    resolved: Annotated[tuple[ResolvedPattern, ...], Field(description="Each pattern that it names, once.")] = ()
    resolved_strategy: ResolvedStrategy | None = None
    context_text: Annotated[str | None, Field(description="The text of the context.")] = None
    history: tuple[HistoryTurn, ...] = ()
    default_model: Annotated[
        str | None, Field(description="The workspace's model, for patterns that ask for none.")
    ] = None
    budget_micro: Annotated[
        int | None,
        Field(ge=0, description="The most that it may cost, in millionths of a dollar: what was reserved for it."),
    ] = None


def asked_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a run was asked for, of its input as JSON data: without the texts that its names stood for."""
    wished = {field.alias or name for name, field in RunWishes.model_fields.items()}
    found = {name: value for name, value in given.items() if name in wished}
    resolved = [{name: one[name] for name in one if name != "text"} for one in given.get("resolved", ())]
    return {**found, "resolved": resolved}


class RunUsage(Schema):
    """Tokens that models read and wrote."""

    input_tokens: int = 0
    output_tokens: int = 0
    estimated: Annotated[bool, Field(description="Whether a server left some of it to us to count.")] = False


class RunFailure(Schema):
    """Why a pattern came to nothing."""

    code: str
    message: str


class RunStep(Schema):
    """One pattern of a run."""

    name: Annotated[str | None, Field(description="The pattern; null where the input itself was asked.")]
    version: Annotated[int | None, Field(description="The version that was used, where versions are kept.")] = None
    sha256: Annotated[str | None, Field(description="Of the pattern's text.")] = None
    model: Annotated[str | None, Field(description="Who answered, as the server calls it.")]
    usage: RunUsage
    cost: Annotated[float | None, Field(description="US dollars; null when nobody said what the model costs.")]
    cached: Annotated[bool, Field(description="Whether no model had to be asked.")] = False
    parts: Annotated[int, Field(description="In how many parts it read its input.")] = 1
    text: Annotated[
        str | None, Field(description="What it answered, where several patterns ran and there is room for it.")
    ] = None
    data: Annotated[Any, Field(description="The same as JSON data, where the pattern declares a schema.")] = None
    artifact: Annotated[str | None, Field(description="The same as a file, where patterns ran in parallel.")] = None
    error: Annotated[
        RunFailure | None, Field(description="Why it came to nothing, where other parallel patterns did not.")
    ] = None


class RunOutput(Schema):
    """What a run made."""

    text: Annotated[
        str | None,
        Field(
            description=f"The answer, as untrusted as any text; null above {MOST_INLINE:,} bytes: read the artifact."
        ),
    ]
    data: Annotated[Any, Field(description="The answer as JSON data, where the pattern declares a schema.")] = None
    title: Annotated[str | None, Field(description="Of the upload or video that was read.")] = None
    model: Annotated[str, Field(description="The one that gave the answer; the last one where several did.")]
    usage: RunUsage
    cost: Annotated[float | None, Field(description="US dollars; null when nobody said what a model costs.")]
    steps: Annotated[list[RunStep], Field(description="One for each pattern, in order.")]
    duration: Annotated[float, Field(description="Seconds of a recording that was heard for this; 0 without one.")] = (
        0.0
    )
    artifacts: Annotated[list[str], Field(description="output.md, or output.json where the answer is data.")]
    warnings: list[WorkflowWarning]
