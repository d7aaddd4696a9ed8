"""The description of the API says what is so."""

import json
from collections.abc import Iterator
from typing import Any

from cutroom import timeline
from cutroom.api import openapi_document
from cutroom.api.errors import ErrorEnvelope
from cutroom.kit.schema import Schema

DOCUMENT = openapi_document()
OPERATIONS = [
    (method.upper(), path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
WITH_SECRETS = {"NewWebhookOut", "CallbackSecretOut"}
"""What is there to show what a receiver verifies signatures with."""
ABOUT_ONESELF = {"MeOut", "RegisterRequest", "LoginRequest"}
"""What people are told of themselves: where they act; and what they say to be let in."""
OTHERS = {"/openai/v1/": "OpenAiError", "/fabric/": "FabricError"}
"""The doors in other vendors' dialects, and what their errors are."""
NOT_THERE = {"type": "string"}
"""How Fabric says that there is no such thing: with the status 500."""
SPELLED_BY_OTHERS = {"OpenAiModel"}
OPEN = {
    "/livez",
    "/readyz",
    "/health",
    "/api/v1/files/{key}",
    "/api/v1/invitations/look",
    "/api/v1/auth/register",
    "/api/v1/auth/login",
    "/api/v1/auth/password/forgot",
    "/api/v1/auth/password/reset",
}


def dialect(path: str) -> str:
    """The beginning of the path of a door in another's dialect; nothing for our own."""
    return next((one for one in OTHERS if path.startswith(one)), "")


def test_every_operation_has_a_name_of_its_own_and_a_sentence() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(names) == len(set(names)) >= 20
    assert all(operation["description"].endswith(".") for _, _, operation in OPERATIONS)


def test_every_error_is_the_one_envelope() -> None:
    for method, path, operation in OPERATIONS:
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                schema = response["content"]["application/json"]["schema"]
                name = OTHERS.get(dialect(path), "ErrorEnvelope")
                if name == "FabricError" and status == "500" and schema == NOT_THERE:
                    continue
                assert schema == {"$ref": f"#/components/schemas/{name}"}, (method, path, status)
    assert "HTTPValidationError" not in DOCUMENT["components"]["schemas"]


def test_everything_but_health_and_signed_links_needs_a_key() -> None:
    for method, path, operation in OPERATIONS:
        if path in OPEN:
            assert "security" not in operation, (method, path)
        else:
            assert operation["security"] == [{"bearer": []}, {"apiKey": []}, {"session": []}], (method, path)
            wrong = "400" if dialect(path) else "422"
            assert {"401", wrong, "500", "503"} <= operation["responses"].keys(), (method, path)


def test_what_takes_an_id_says_that_it_may_not_be_there() -> None:
    for method, path, operation in OPERATIONS:
        if "_id}" in path:
            assert "404" in operation["responses"], (method, path)


def test_what_takes_a_body_says_how_it_may_be_refused() -> None:
    for method, path, operation in OPERATIONS:
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            refusals = {"400", "408", "413"} if dialect(path) else {"400", "408", "413", "415", "422"}
            assert refusals <= operation["responses"].keys(), (method, path)


def test_every_field_on_the_wire_is_camel_case_and_nothing_unknown_is_taken() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        odd = [field for field in schema.get("properties", ()) if "_" in field or not field[0].islower()]
        assert not odd or name in SPELLED_BY_OTHERS, name
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False, name


def test_no_field_names_a_secret() -> None:
    expected = WITH_SECRETS | ABOUT_ONESELF
    schemas = {name: one for name, one in DOCUMENT["components"]["schemas"].items() if name not in expected}
    text = json.dumps(schemas).lower()
    for word in ("workspaceid", "hash", "password", "secret", "lease", "fence", "scratch"):
        assert f'"{word}"' not in text


def test_the_examples_of_documents_and_errors_are_such() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    for name in ("RenderRequest", "LongformRequest"):
        for example in schemas[name]["examples"]:
            timeline.parse_document(example)
    for example in schemas["ErrorEnvelope"]["examples"]:
        ErrorEnvelope.model_validate(example)


def test_every_body_of_json_has_an_example_that_would_be_accepted() -> None:
    for method, path, operation in OPERATIONS:
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None or dialect(path):
            continue
        schema = content["schema"]
        shown = [form for form in (schema, *schema.get("anyOf", ())) if "examples" in named(form)]
        assert shown, (method, path)
    for model in {model for model in below(Schema) if model.__module__.startswith("cutroom.api.")}:
        extra: Any = model.model_config.get("json_schema_extra")
        for example in extra.get("examples", ()) if isinstance(extra, dict) else ():
            if model.__name__ not in {"RenderRequest", "LongformRequest"}:
                model.model_validate(example)


def below(model: type[Schema]) -> Iterator[type[Schema]]:
    for one in model.__subclasses__():
        yield from (one, *below(one))


def named(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, where there is a reference to it."""
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][name] if name else schema
    return found


def test_the_description_of_a_render_is_that_of_the_document() -> None:
    published = json.loads(json.dumps(timeline.json_schema()).replace("#/$defs/", "#/components/schemas/"))
    operation = DOCUMENT["paths"]["/api/v1/render"]["post"]
    described = operation["requestBody"]["content"]["application/json"]["schema"]["anyOf"]
    for one, kind in zip(described, ("Edit", "LongformEdit"), strict=True):
        found = DOCUMENT["components"]["schemas"][one["$ref"].rpartition("/")[2]]
        schema = published["$defs"].pop(kind)
        assert found["properties"].keys() == {*schema["properties"], "idempotencyKey", "callbackUrl"} - {"$schema"}
        assert (found["required"], found["additionalProperties"]) == (schema["required"], False)
    del published["$defs"]["Placeholder"]
    for name, schema in published["$defs"].items():
        found = DOCUMENT["components"]["schemas"][name]
        assert found["properties"].keys() == schema["properties"].keys(), name
        assert found.get("required") == schema.get("required"), name
