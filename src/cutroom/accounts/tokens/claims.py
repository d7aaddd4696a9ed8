"""What a verified token says, in one form for all kinds of providers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cutroom.accounts.roles import Role
from cutroom.accounts.tokens.issuer import Issuer
from cutroom.kit.errors import Invalid

MAX_ID_CHARS: Final = 255
MAX_NAME_CHARS: Final = 200
MAX_ORGANISATIONS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation that a token speaks of, and what its subject is there."""

    id: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Claims:
    """A verified token.

    Args:
        issuer: who vouches for it.
        subject: whom it is about, to the issuer.
        name: of the subject, for people.
        organisations: by their ids; the first is the one to act in when none is chosen.
        issued_at: when it was made, by the issuer's clock.
        ends_at: from when on we do not take it any more.
        jti: names the token, if anything does.
        sid: names the session at the issuer that it belongs to, if anything does.
    """

    issuer: str
    subject: str
    name: str
    issued_at: datetime
    ends_at: datetime
    organisations: Mapping[str, Organisation] = field(default_factory=dict)
    jti: str | None = None
    sid: str | None = None


def organisations_of(issuer: Issuer, payload: Mapping[str, Any]) -> dict[str, Organisation]:
    """The organisations that a payload names, by the provider's way of naming them.

    Raises:
        Invalid: `bad_token`, when they are there but not in the form that they must have.
    """
    if issuer.kind == "clerk":
        return _clerks(issuer, payload)
    if issuer.kind == "propelauth":
        return _propelauths(issuer, payload)
    return _generic(issuer, payload)


def name_of(payload: Mapping[str, Any], subject: str) -> str:
    """What to call the subject: their name, else their address, else their id."""
    full = " ".join(filter(None, (_said(payload, "first_name"), _said(payload, "last_name"))))
    said = (_said(payload, name) for name in ("name", "preferred_username", "username", "email"))
    return next(filter(None, (full, *said)), subject)[:MAX_NAME_CHARS]


def text_of(payload: Mapping[str, Any], name: str) -> str | None:
    """A claim that is a short text, if it is there.

    Raises:
        Invalid: `bad_token`, when it is there and is anything else.
    """
    value = payload.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID_CHARS:
        raise bad(name)
    return value


def bad(name: str) -> Invalid:
    """The refusal of a token whose claim `name` has not the form that it must have."""
    return Invalid("bad_token", f"The token's '{name}' is not what it should be.")


def _clerks(issuer: Issuer, payload: Mapping[str, Any]) -> dict[str, Organisation]:
    """Version 2 says `o: {id, rol, slg, per}`, version 1 `org_id`, `org_role`, `org_slug`; the active one alone."""
    if "o" in payload:
        inner = payload["o"]
        if not isinstance(inner, dict):
            raise bad("o")
        found = (text_of(inner, "id"), text_of(inner, "rol"), text_of(inner, "slg"))
    else:
        found = (text_of(payload, "org_id"), text_of(payload, "org_role"), text_of(payload, "org_slug"))
    organisation, role, slug = found
    if organisation is None:
        return {}
    if role is None:
        raise bad("org_role")
    return {organisation: Organisation(organisation, (slug or organisation)[:MAX_NAME_CHARS], issuer.role(role))}


def _propelauths(issuer: Issuer, payload: Mapping[str, Any]) -> dict[str, Organisation]:
    """`org_member_info` is the active organisation, `org_id_to_org_member_info` all of them by id."""
    members: list[Any] = []
    if (active := payload.get("org_member_info")) is not None:
        members.append(active)
    if (every := payload.get("org_id_to_org_member_info")) is not None:
        if not isinstance(every, dict) or len(every) > MAX_ORGANISATIONS:
            raise bad("org_id_to_org_member_info")
        for key, member in every.items():
            if not isinstance(member, dict) or member.get("org_id", key) != key:
                raise bad("org_id_to_org_member_info")
            members.append({**member, "org_id": key})
    found: dict[str, Organisation] = {}
    for member in members:
        one = _propelauth(issuer, member)
        found.setdefault(one.id, one)
    return found


def _propelauth(issuer: Issuer, member: Any) -> Organisation:
    if not isinstance(member, dict):
        raise bad("org_member_info")
    organisation, role = text_of(member, "org_id"), text_of(member, "user_role")
    if organisation is None or role is None:
        raise bad("org_member_info")
    name = _said(member, "org_name") or organisation
    return Organisation(organisation, name[:MAX_NAME_CHARS], issuer.role(role))


def _generic(issuer: Issuer, payload: Mapping[str, Any]) -> dict[str, Organisation]:
    """One organisation, in claims that the operator has named; none when they have not."""
    organisation = text_of(payload, issuer.organisation_claim) if issuer.organisation_claim else None
    if organisation is None:
        return {}
    role = text_of(payload, issuer.role_claim) if issuer.role_claim else None
    name = _said(payload, issuer.organisation_name_claim) if issuer.organisation_name_claim else None
    said = issuer.role(role) if role is not None else Role.VIEWER
    return {organisation: Organisation(organisation, (name or organisation)[:MAX_NAME_CHARS], said)}


def _said(payload: Mapping[str, Any], name: str) -> str | None:
    """A text for people, if it is there and says something; nothing depends on it."""
    value = payload.get(name)
    return value.strip() or None if isinstance(value, str) else None
