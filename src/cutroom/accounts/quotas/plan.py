"""Plans: named limits. An operator writes them into a setting; without one, every workspace may do everything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import Field, TypeAdapter, ValidationError

from cutroom.kit import strict_json
from cutroom.kit.errors import Invalid
from cutroom.kit.money import micro_of
from cutroom.kit.schema import Schema, invalid


@dataclass(frozen=True, slots=True)
class Plan:
    """What one workspace may use; None is without limit.

    Args:
        name: as in `CUTROOM_PLANS`.
        jobs_per_month: jobs that count, in a calendar month of UTC.
        minutes_per_month: minutes of media made, in a calendar month of UTC.
        spending_per_month: US dollars that language models may cost, in a calendar month of UTC.
        spending_per_run: US dollars that they may cost in one job.
        storage_bytes: bytes of assets and artifacts kept at one time.
        concurrent_jobs: jobs that run at once; further ones wait in the queue.
        queued_jobs: jobs that wait in the queue; further ones are refused.
        log_days: days for which a job that ended keeps its log and progress; its states are kept with it.
        max_upload_bytes: the largest upload.
        max_source_seconds: the longest upload.
    """

    name: str
    jobs_per_month: int | None = None
    minutes_per_month: float | None = None
    spending_per_month: float | None = None
    spending_per_run: float | None = None
    storage_bytes: int | None = None
    concurrent_jobs: int | None = None
    queued_jobs: int | None = None
    log_days: float | None = None
    max_upload_bytes: int | None = None
    max_source_seconds: float | None = None

    @property
    def metered(self) -> bool:
        """Whether a job may be refused for what was used before."""
        limits = (self.jobs_per_month, self.minutes_per_month, self.spending_per_month)
        return any(limit is not None for limit in limits)

    def budget_micro(self, wanted: float | None = None) -> int | None:
        """What one job may spend at most, in millionths of a dollar; None is without limit.

        Where a month is limited and a job is not, a job may spend a share of the month: what it may spend is held while
        it runs, so that others would not fit beside it otherwise.

        Args:
            wanted: US dollars that whoever asks for the job wants to spend at most.
        """
        own = self.spending_per_run
        if own is None and self.spending_per_month is not None:
            own = self.spending_per_month / RUNS_AT_LEAST
        limits = [micro_of(limit) for limit in (own, wanted) if limit is not None]
        return min(limits, default=None)


RUNS_AT_LEAST: Final = 20
"""How many jobs fit into a month's spending when a plan does not say what one of them may spend."""
UNLIMITED: Final = Plan("unlimited")


class _Limits(Schema):
    """One plan in the setting."""

    jobs_per_month: Annotated[int | None, Field(ge=0)] = None
    minutes_per_month: Annotated[float | None, Field(ge=0, allow_inf_nan=False)] = None
    spending_per_month: Annotated[float | None, Field(ge=0, le=1_000_000_000, allow_inf_nan=False)] = None
    spending_per_run: Annotated[float | None, Field(ge=0, le=1_000_000_000, allow_inf_nan=False)] = None
    storage_bytes: Annotated[int | None, Field(ge=0)] = None
    concurrent_jobs: Annotated[int | None, Field(ge=1)] = None
    queued_jobs: Annotated[int | None, Field(ge=1)] = None
    log_days: Annotated[float | None, Field(ge=0, allow_inf_nan=False, le=36_500)] = None
    max_upload_bytes: Annotated[int | None, Field(ge=1)] = None
    max_source_seconds: Annotated[float | None, Field(gt=0, allow_inf_nan=False)] = None


_PLANS: Final = TypeAdapter(dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")], _Limits])


@dataclass(frozen=True, slots=True)
class Plans:
    """Every plan by name, `unlimited` included, and the one of workspaces that were given none.

    Raises:
        Invalid: `unknown_plan` when the default is not among them.
    """

    by_name: Mapping[str, Plan] = field(default_factory=lambda: MappingProxyType({UNLIMITED.name: UNLIMITED}))
    default: Plan = UNLIMITED

    @property
    def metered(self) -> bool:
        """Whether any of them is."""
        return any(plan.metered for plan in self.by_name.values())

    @property
    def queue_limited(self) -> bool:
        """Whether any of them says how many jobs may wait."""
        return any(plan.queued_jobs is not None for plan in self.by_name.values())

    @classmethod
    def parse(cls, text: str | None, default: str | None) -> "Plans":
        """Read the settings.

        Args:
            text: JSON: names to limits, `{"free": {"jobsPerMonth": 100, "minutesPerMonth": 10}}`.
            default: the name of the plan of workspaces that were given none; `unlimited` when None.

        Raises:
            Invalid: with pointers, when the text is no such JSON; `unknown_plan` for the default's name.
        """
        data = strict_json.parse(text.encode()) if text else {}
        try:
            found = _PLANS.validate_python(data)
        except ValidationError as error:
            raise invalid(error, data, model=_Limits) from error
        plans = {UNLIMITED.name: UNLIMITED} | {name: Plan(name, **dict(limits)) for name, limits in found.items()}
        made = cls(MappingProxyType(plans))
        return made if default is None else cls(made.by_name, made.named(default))

    def named(self, name: str) -> Plan:
        """The plan of this name.

        Raises:
            Invalid: `unknown_plan`.
        """
        if name not in self.by_name:
            raise Invalid("unknown_plan", f"There is no plan '{name}'; there are: {', '.join(sorted(self.by_name))}.")
        return self.by_name[name]

    def given(self, name: str | None) -> Plan:
        """The plan that a workspace was given; the default when none, or when that plan is no longer in the setting."""
        return self.by_name.get(name or "", self.default)
