"""Floor 5: who may ask. Workspaces own everything; API keys speak for them."""

from cutroom.accounts.account import ApiKey, NewApiKey, Principal, Workspace
from cutroom.accounts.api_keys import is_api_key
from cutroom.accounts.identity import IdentityService, IdentitySettings
from cutroom.accounts.keys import MAX_OVERLAP, OVERLAP
from cutroom.accounts.membership import Closed, Invitation, Member, NewInvitation, Removed, Seat
from cutroom.accounts.passwords import PasswordSettings
from cutroom.accounts.people import NewUser, Registration
from cutroom.accounts.refusals import no_such_workspace as no_workspace
from cutroom.accounts.roles import AREAS, CLOSE_WORKSPACE, SCOPES, SCOPES_OF, Role, covers
from cutroom.accounts.service import AccountService
from cutroom.accounts.sessions import SessionSettings
from cutroom.accounts.tokens import Issuer, looks_like_a_token, read_issuers
from cutroom.accounts.user import Link, LoggedIn, Place, Session, User, Visitor

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
    "IdentityService",
    "IdentitySettings",
    "Invitation",
    "Issuer",
    "Link",
    "LoggedIn",
    "Member",
    "NewApiKey",
    "NewInvitation",
    "NewUser",
    "PasswordSettings",
    "Place",
    "Principal",
    "Registration",
    "Removed",
    "Role",
    "Seat",
    "Session",
    "SessionSettings",
    "User",
    "Visitor",
    "Workspace",
    "covers",
    "is_api_key",
    "looks_like_a_token",
    "no_workspace",
    "read_issuers",
]
