"""What a workspace may use, and what it has used."""

from cutroom.accounts.quotas.plan import UNLIMITED, Plan, Plans
from cutroom.accounts.quotas.service import QuotaService
from cutroom.accounts.quotas.usage import Usage

__all__ = ["UNLIMITED", "Plan", "Plans", "QuotaService", "Usage"]
