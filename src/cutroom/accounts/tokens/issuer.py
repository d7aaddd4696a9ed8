"""Which identity providers are believed, and in what: the operator's list, checked at start."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from cutroom.accounts.roles import Role
from cutroom.kit.errors import Invalid
from cutroom.kit.schema import Schema, invalid

Kind = Literal["oidc", "clerk", "propelauth"]
ROLES: Final[Mapping[str, Role]] = {
    "owner": Role.OWNER,
    "admin": Role.ADMIN,
    "editor": Role.EDITOR,
    "member": Role.EDITOR,
    "basic_member": Role.EDITOR,
    "viewer": Role.VIEWER,
    "guest": Role.VIEWER,
}
"""What the usual names of roles are here; any other name is a viewer."""
_CLERKS_PREFIX: Final = "org:"
_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s?#]+")


@dataclass(frozen=True, slots=True)
class Issuer:
    """One identity provider.

    Args:
        url: exactly what its tokens say in `iss`.
        kind: where its tokens name organisations and roles.
        audiences: what `aud` may be; none are asked for when empty.
        parties: what `azp` may be; none are asked for when empty.
        jwks_url: where its keys are; None when `public_key` is given.
        public_key: its one key, in PEM.
        max_lifetime_s: the longest time between `iat` and `exp`.
        leeway_s: how far its clock and ours may differ.
        azp_optional: whether a token without `azp` is taken although `parties` are named.
        roles: what its names of roles are here, before `ROLES`.
        organisation_claim: of a generic provider: the claim with the organisation's id.
        organisation_name_claim: the claim with its name.
        role_claim: the claim with the role in it.
    """

    url: str
    kind: Kind
    audiences: tuple[str, ...]
    parties: tuple[str, ...]
    jwks_url: str | None
    public_key: str | None = None
    max_lifetime_s: float = 86_400.0
    leeway_s: float = 60.0
    azp_optional: bool = False
    roles: Mapping[str, Role] = field(default_factory=dict)
    organisation_claim: str | None = None
    organisation_name_claim: str | None = None
    role_claim: str | None = None

    def role(self, name: str) -> Role:
        """What a role of theirs is here: by the operator's table, by ours, else a viewer."""
        plain = name.strip().lower()
        bare = plain.removeprefix(_CLERKS_PREFIX)
        return self.roles.get(plain) or self.roles.get(bare) or ROLES.get(bare) or Role.VIEWER


class _Entry(Schema):
    """One provider as the operator writes it."""

    kind: Kind
    issuer: Annotated[str, Field(min_length=1, max_length=500)]
    audience: str | list[str] = Field(default_factory=list)
    authorized_parties: list[str] = Field(default_factory=list)
    jwks_url: str | None = None
    public_key: str | None = None
    max_lifetime_s: Annotated[float, Field(gt=0, le=30 * 86_400)] = 86_400.0
    leeway_s: Annotated[float, Field(ge=0, le=300)] = 60.0
    azp_optional: bool = False
    roles: dict[str, Role] = Field(default_factory=dict)
    organisation_claim: str | None = None
    organisation_name_claim: str | None = None
    role_claim: str | None = None

    @property
    def audiences(self) -> tuple[str, ...]:
        return (self.audience,) if isinstance(self.audience, str) else tuple(self.audience)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _check_url("issuer", self.issuer)
        if self.jwks_url is not None:
            _check_url("jwksUrl", self.jwks_url)
            if self.public_key is not None:
                raise ValueError("give jwksUrl or publicKey, not both")
        if self.kind == "oidc" and not self.audiences:
            raise ValueError("an 'oidc' issuer needs an audience: without one, tokens made for others would be taken")
        if self.kind == "clerk" and not (self.audiences or self.authorized_parties):
            raise ValueError("a 'clerk' issuer needs authorizedParties (origins of your pages) or an audience")
        if self.kind != "oidc" and (self.organisation_claim or self.organisation_name_claim or self.role_claim):
            raise ValueError("organisationClaim, organisationNameClaim and roleClaim are for kind 'oidc'")
        if self.kind == "clerk" and (wrong := [one for one in self.authorized_parties if not _ORIGIN.fullmatch(one)]):
            raise ValueError(f"'{wrong[0]}' is not an origin; one looks like 'https://app.example.com'")
        return self

    def issuer_of(self) -> Issuer:
        jwks_url = self.jwks_url
        if jwks_url is None and self.public_key is None:
            jwks_url = f"{self.issuer.rstrip('/')}/.well-known/jwks.json"
        return Issuer(
            url=self.issuer,
            kind=self.kind,
            audiences=self.audiences,
            parties=tuple(self.authorized_parties),
            jwks_url=jwks_url,
            public_key=self.public_key,
            max_lifetime_s=self.max_lifetime_s,
            leeway_s=self.leeway_s,
            azp_optional=self.azp_optional,
            roles={name.strip().lower(): role for name, role in self.roles.items()},
            organisation_claim=self.organisation_claim,
            organisation_name_claim=self.organisation_name_claim,
            role_claim=self.role_claim,
        )


_ENTRIES: Final = TypeAdapter(list[_Entry])


def read_issuers(document: Any) -> tuple[Issuer, ...]:
    """The providers in a list as the operator writes it.

    Raises:
        Invalid: `invalid_input`; `duplicate_issuer` when one is named twice.
    """
    try:
        entries = _ENTRIES.validate_python(document)
    except ValidationError as error:
        raise invalid(error, document, model=_Entry) from None
    issuers = tuple(entry.issuer_of() for entry in entries)
    if len({issuer.url for issuer in issuers}) != len(issuers):
        raise Invalid("duplicate_issuer", "Name each issuer once.")
    return issuers


def _check_url(name: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme != "http" or not _is_this_machine(parts.hostname or ""):
        raise ValueError(f"{name} must be an https URL (http only for this machine)")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
