"""The workflows of this program, by the names that job rows carry."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_type_hints

from cutroom.jobs import payload
from cutroom.kit.adapter import Adapter
from cutroom.kit.backoff import Backoff
from cutroom.kit.errors import Invalid

RETRY: Final = Backoff(base_s=1.0, factor=2.0, cap_s=300.0)
WorkflowFunction = Callable[[Any, Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Workflow:
    """A named function that turns a typed input into an output through steps.

    Args:
        input: type of the second argument of `function`.
        output: type of its result.
        retry: how long to wait after a failed attempt.
        deterministic: equal inputs give equal results, so that a job that is under way serves equal requests too.
        internal: made by `ctx.map` only, never submitted from outside, never listed.
        timeout_s: wall-clock seconds that one attempt may take.
    """

    name: str
    function: WorkflowFunction
    input: Adapter[Any]
    output: Adapter[Any]
    max_attempts: int
    retry: Backoff
    deterministic: bool
    internal: bool
    timeout_s: float


class Registry:
    """Workflows by name and by function."""

    def __init__(self) -> None:
        self._by_name: dict[str, Workflow] = {}
        self._by_function: dict[Callable[..., Any], Workflow] = {}

    def add(
        self,
        name: str,
        function: WorkflowFunction,
        *,
        max_attempts: int = 3,
        retry: Backoff = RETRY,
        deterministic: bool = False,
        internal: bool = False,
        timeout_s: float = 3_600.0,
        formerly: Sequence[str] = (),
    ) -> Workflow:
        """Make `async def function(ctx: Context, input: I) -> O` known under `name`; I and O are read from annotations.

        It is also found by the names of `formerly`: versions before submitted it under these, with inputs that this one
        still reads.

        Raises:
            ValueError: when a name is taken, or the function does not look like that.
        """
        if {name, *formerly} & self._by_name.keys() or function in self._by_function:
            raise ValueError(f"workflow {name!r} or its function is registered already")
        if not inspect.iscoroutinefunction(function):
            raise ValueError(f"workflow {name!r} is not an async function")
        parameters = list(inspect.signature(function).parameters)
        hints = get_type_hints(function, include_extras=True)
        if len(parameters) != 2 or parameters[1] not in hints or "return" not in hints:
            raise ValueError(f"workflow {name!r} must be annotated as (ctx: Context, input: I) -> O")
        workflow = Workflow(
            name=name,
            function=function,
            input=payload.adapter_of(hints[parameters[1]]),
            output=payload.adapter_of(hints["return"]),
            max_attempts=max_attempts,
            retry=retry,
            deterministic=deterministic,
            internal=internal,
            timeout_s=timeout_s,
        )
        self._by_name |= dict.fromkeys((name, *formerly), workflow)
        self._by_function[function] = workflow
        return workflow

    def names(self) -> list[str]:
        """What they are called."""
        return sorted(self._by_name)

    def find(self, name: str) -> Workflow | None:
        """The workflow of this name, if this version of the program knows it."""
        return self._by_name.get(name)

    def get(self, name: str) -> Workflow:
        """The workflow of this name.

        Raises:
            Invalid: `unknown_workflow`.
        """
        workflow = self._by_name.get(name)
        if workflow is None:
            raise Invalid("unknown_workflow", f"There is no workflow named '{payload.clean(name, 80)}'.")
        return workflow

    def of(self, function: Callable[..., Any]) -> Workflow:
        """The workflow that was registered with this function.

        Raises:
            ValueError: when it was not.
        """
        workflow = self._by_function.get(function)
        if workflow is None:
            raise ValueError(f"{getattr(function, '__qualname__', function)!r} is not a registered workflow")
        return workflow
