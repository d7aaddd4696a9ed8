"""How this package behaves, as values that the composition root fills."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Limits of workspaces.

    Args:
        max_endpoints: of one workspace.
        max_callbacks: URLs that may be told of one job.
        secret_overlap: for how long it is signed with the old secret too, after a rotation.
        replay_days: how long events are kept, and how far back a replay goes.
        replay_limit: deliveries that one replay sends anew.
    """

    max_endpoints: int = 20
    max_callbacks: int = 10
    secret_overlap: timedelta = timedelta(hours=24)
    replay_days: float = 30.0
    replay_limit: int = 1_000


@dataclass(frozen=True, slots=True)
class DelivererSettings:
    """How one process sends.

    Args:
        slots: attempts at once.
        per_target: attempts at once to one endpoint, or to one callback host of one workspace.
        untried: the same for a target that this process has not sent to yet.
        troubled_part: the part of the slots that may be with targets whose last attempt failed; each of those gets one
            at a time, so that dead receivers hold up nobody but themselves.
        lease_s: after so long an attempt whose sender said nothing is made again.
        poll_s: longest wait for work when no notification comes.
        drain_s: seconds that attempts under way get at a stop.
        failing_days: after so long of nothing but failure an endpoint is disabled.
    """

    slots: int = 128
    per_target: int = 8
    untried: int = 2
    troubled_part: float = 0.25
    lease_s: float = 60.0
    poll_s: float = 1.0
    drain_s: float = 16.0
    failing_days: float = 5.0
