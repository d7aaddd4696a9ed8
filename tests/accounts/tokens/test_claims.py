"""What the tokens of each kind of provider say, and how an operator names providers."""

import re
from typing import Any

import pytest

from cutroom.accounts import Role
from cutroom.accounts.tokens import Claims, read_issuers
from cutroom.kit.errors import Invalid
from tests.accounts.tokens.test_verify import issuer, provider, refused, verified

CLERK: dict[str, Any] = {"kind": "clerk", "audience": None, "authorizedParties": ["https://app.example.com"]}
PROPELAUTH: dict[str, Any] = {"kind": "propelauth", "audience": None}


async def clerk(**changes: Any) -> Claims:
    return await verified(provider.token(aud=None, azp="https://app.example.com", **changes), **CLERK)


async def test_a_clerk_token_of_version_1_names_its_organisation() -> None:
    claims = await clerk(org_id="org_1", org_role="org:admin", org_slug="acme", sid="sess_1")
    assert [(one.id, one.name, one.role) for one in claims.organisations.values()] == [("org_1", "acme", Role.ADMIN)]
    assert claims.sid == "sess_1"


async def test_a_clerk_token_of_version_2_names_its_organisation() -> None:
    claims = await clerk(v=2, o={"id": "org_1", "rol": "basic_member", "slg": "acme", "per": "read"}, sts="active")
    assert [(one.id, one.name, one.role) for one in claims.organisations.values()] == [("org_1", "acme", Role.EDITOR)]


async def test_a_clerk_token_without_organisation_is_of_a_person_alone() -> None:
    assert not (await clerk()).organisations
    assert not (await clerk(v=2)).organisations


@pytest.mark.parametrize(
    "changes",
    [
        {"o": "org_1"},
        {"o": {"id": 1, "rol": "admin"}},
        {"o": {"id": "org_1"}},
        {"o": {"id": "org_1", "rol": ["admin"]}},
        {"org_id": "org_1"},
        {"org_id": ["org_1"], "org_role": "admin"},
        {"v": 2, "sts": "pending"},
    ],
)
async def test_a_clerk_token_in_no_known_form_is_refused(changes: dict[str, Any]) -> None:
    await refused(provider.token(aud=None, azp="https://app.example.com", **changes), **CLERK)


def member(organisation: str, role: str, **more: Any) -> dict[str, Any]:
    return {"org_id": organisation, "org_name": organisation.upper(), "user_role": role, **more}


async def test_a_propelauth_token_names_all_organisations() -> None:
    every = {"o1": member("o1", "Member"), "o2": member("o2", "Owner")}
    claims = await verified(provider.token(aud=None, org_id_to_org_member_info=every, first_name="Ada"), **PROPELAUTH)
    assert [(one.id, one.name, one.role) for one in claims.organisations.values()] == [
        ("o1", "O1", Role.EDITOR),
        ("o2", "O2", Role.OWNER),
    ]
    assert claims.name == "Ada"


async def test_a_propelauth_token_with_an_active_organisation_acts_there() -> None:
    active, every = member("o2", "Admin"), {"o1": member("o1", "Member"), "o2": member("o2", "Admin")}
    token = provider.token(aud=None, org_member_info=active, org_id_to_org_member_info=every)
    claims = await verified(token, **PROPELAUTH)
    assert list(claims.organisations) == ["o2", "o1"]
    alone = await verified(provider.token(aud=None, org_member_info=active), **PROPELAUTH)
    assert list(alone.organisations) == ["o2"]


@pytest.mark.parametrize(
    "changes",
    [
        {"org_member_info": "o1"},
        {"org_member_info": {"org_id": "o1"}},
        {"org_member_info": {"org_id": "o1", "user_role": 1}},
        {"org_id_to_org_member_info": ["o1"]},
        {"org_id_to_org_member_info": {"o1": member("o2", "Owner")}},
        {"org_id_to_org_member_info": {"o1": "Owner"}},
        {"org_id_to_org_member_info": {f"o{number}": member(f"o{number}", "Owner") for number in range(1_001)}},
    ],
)
async def test_a_propelauth_token_in_no_known_form_is_refused(changes: dict[str, Any]) -> None:
    await refused(provider.token(aud=None, **changes), **PROPELAUTH)


async def test_any_provider_names_an_organisation_in_claims_that_the_operator_names() -> None:
    names = {"organisationClaim": "tenant", "organisationNameClaim": "tenant_name", "roleClaim": "role"}
    token = provider.token(tenant="t1", tenant_name="Acme", role="Owner")
    found = (await verified(token, **names)).organisations
    assert [(one.id, one.name, one.role) for one in found.values()] == [("t1", "Acme", Role.OWNER)]
    assert (await verified(provider.token(tenant="t1"), **names)).organisations["t1"].role is Role.VIEWER
    assert not (await verified(token)).organisations


def test_roles_are_those_of_the_table_and_the_operators() -> None:
    usual = issuer()
    table = {
        "Owner": Role.OWNER, "org:owner": Role.OWNER, "admin": Role.ADMIN, "org:admin": Role.ADMIN,
        "Member": Role.EDITOR, "org:member": Role.EDITOR, "basic_member": Role.EDITOR, "editor": Role.EDITOR,
        "guest": Role.VIEWER, "viewer": Role.VIEWER, "org:billing": Role.VIEWER, "superuser": Role.VIEWER,
        "": Role.VIEWER,
    }  # fmt: skip
    assert {name: usual.role(name) for name in table} == table
    own = issuer(roles={"org:producer": "editor", "Admin": "owner"})
    assert (own.role("org:producer"), own.role("org:admin"), own.role("admin")) == (Role.EDITOR, Role.OWNER, Role.OWNER)
    assert own.role("member") is Role.EDITOR


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"kind": "oidc", "issuer": "https://idp"}, "audience"),
        ({"kind": "clerk", "issuer": "https://idp"}, "authorizedParties"),
        ({"kind": "clerk", "issuer": "https://idp", "authorizedParties": ["app.example.com"]}, "not an origin"),
        ({"kind": "oidc", "issuer": "http://idp.example.com", "audience": "x"}, "https"),
        ({"kind": "oidc", "issuer": "https://idp", "audience": "x", "jwksUrl": "http://idp/keys"}, "https"),
        ({"kind": "oidc", "issuer": "https://idp", "audience": "x", "jwksUrl": "file:///etc/passwd"}, "https"),
        (
            {"kind": "oidc", "issuer": "https://i", "audience": "x", "jwksUrl": "https://i", "publicKey": "k"},
            "not both",
        ),
        ({"kind": "saml", "issuer": "https://idp"}, "kind"),
        ({"kind": "clerk", "issuer": "https://i", "authorizedParties": ["https://a"], "roleClaim": "r"}, "oidc"),
        ({"kind": "oidc", "issuer": "https://idp", "audience": "x", "roles": {"admin": "god"}}, "roles"),
        ({"kind": "oidc", "issuer": "https://idp", "audience": "x", "secret": "s"}, "secret"),
    ],
)
def test_a_list_of_providers_that_cannot_be_right_is_refused(entry: dict[str, Any], says: str) -> None:
    with pytest.raises(Invalid, match=re.escape(says)):
        read_issuers([entry])


def test_a_provider_is_named_once_and_its_keys_are_where_they_usually_are() -> None:
    entry = {"kind": "oidc", "issuer": "https://idp.example.com/", "audience": ["a", "b"]}
    assert read_issuers([entry])[0].jwks_url == "https://idp.example.com/.well-known/jwks.json"
    with pytest.raises(Invalid, match="once"):
        read_issuers([entry, entry])
    with pytest.raises(Invalid):
        read_issuers({"kind": "oidc"})
