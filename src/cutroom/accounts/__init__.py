"""Floor 5: who may ask. Workspaces own everything; API keys speak for them."""

from cutroom.accounts.account import ApiKey, NewApiKey, Principal, Workspace
from cutroom.accounts.api_keys import is_api_key
from cutroom.accounts.keys import MAX_OVERLAP, OVERLAP
from cutroom.accounts.membership import Closed, Invitation, Member, NewInvitation, Removed, Seat
from cutroom.accounts.roles import AREAS, CLOSE_WORKSPACE, SCOPES, SCOPES_OF, Role, covers
from cutroom.accounts.service import AccountService
from cutroom.accounts.workspaces import no_workspace

__all__ = [
    "AREAS",
    "CLOSE_WORKSPACE",
    "MAX_OVERLAP",
    "OVERLAP",
    "SCOPES",
    "SCOPES_OF",
    "AccountService",
    "ApiKey",
    "Closed",
    "Invitation",
    "Member",
    "NewApiKey",
    "NewInvitation",
    "Principal",
    "Removed",
    "Role",
    "Seat",
    "Workspace",
    "covers",
    "is_api_key",
    "no_workspace",
]
