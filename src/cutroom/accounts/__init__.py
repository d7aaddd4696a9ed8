"""Floor 5: who may ask. Workspaces own everything; API keys speak for them."""

from cutroom.accounts.account import ApiKey, NewApiKey, Principal, Workspace
from cutroom.accounts.api_keys import is_api_key
from cutroom.accounts.roles import AREAS, SCOPES, SCOPES_OF, Role
from cutroom.accounts.service import AccountService

__all__ = [
    "AREAS",
    "SCOPES",
    "SCOPES_OF",
    "AccountService",
    "ApiKey",
    "NewApiKey",
    "Principal",
    "Role",
    "Workspace",
    "is_api_key",
]
