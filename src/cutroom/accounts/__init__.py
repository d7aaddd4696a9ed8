"""Floor 5: who may ask. Workspaces own everything; API keys speak for them."""

from cutroom.accounts.account import ApiKey, NewApiKey, Principal, Workspace
from cutroom.accounts.api_keys import is_api_key
from cutroom.accounts.service import AccountService

__all__ = ["AccountService", "ApiKey", "NewApiKey", "Principal", "Workspace", "is_api_key"]
