import json

import pytest

from cutroom.accounts.quotas import UNLIMITED, Plan, Plans
from cutroom.kit.errors import Invalid


def test_without_a_setting_everybody_may_do_everything() -> None:
    plans = Plans.parse(None, None)
    assert plans.given(None) == plans.default == UNLIMITED
    assert not UNLIMITED.metered


def test_plans_are_read_from_json() -> None:
    plans = Plans.parse('{"free": {"jobsPerMonth": 100, "minutesPerMonth": 2.5}, "pro": {"concurrentJobs": 8}}', "free")
    assert plans.default == Plan("free", jobs_per_month=100, minutes_per_month=2.5)
    assert plans.named("pro").concurrent_jobs == 8
    assert plans.given("gone") == plans.default


@pytest.mark.parametrize(
    ("text", "default", "code"),
    [
        ("{", None, "malformed_json"),
        ('{"free": {"jobsPerMonth": -1}}', None, "invalid_input"),
        ('{"free": {"jobs": 1}}', None, "invalid_input"),
        ('{"Free plan": {}}', None, "invalid_input"),
        ("{}", "free", "unknown_plan"),
    ],
)
def test_what_cannot_be_a_plan_is_refused(text: str, default: str | None, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        Plans.parse(text, default)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("limits", "wanted", "budget"),
    [
        ({}, None, None),
        ({}, 0.5, 500_000),
        ({"spendingPerRun": 0.1}, None, 100_000),
        ({"spendingPerRun": 0.1}, 0.5, 100_000),
        ({"spendingPerRun": 0.1}, 0.000_002, 2),
        ({"spendingPerMonth": 10}, None, 500_000),
        ({"spendingPerMonth": 10, "spendingPerRun": 2}, None, 2_000_000),
    ],
)
def test_the_lowest_limit_is_what_a_job_may_spend(
    limits: dict[str, float], wanted: float | None, budget: int | None
) -> None:
    plan = Plans.parse(json.dumps({"a": limits}), "a").default
    assert plan.budget_micro(wanted) == budget
    assert plan.metered == ("spendingPerMonth" in limits)
