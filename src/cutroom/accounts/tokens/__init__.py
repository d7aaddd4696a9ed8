"""Tokens of identity providers: whose they are, whether they are real, and who that is here."""

from cutroom.accounts.tokens.claims import Claims
from cutroom.accounts.tokens.issuer import Issuer, read_issuers
from cutroom.accounts.tokens.jwks import KeyCache
from cutroom.accounts.tokens.verify import Verifier, looks_like_a_token

__all__ = ["Claims", "Issuer", "KeyCache", "Verifier", "looks_like_a_token", "read_issuers"]
