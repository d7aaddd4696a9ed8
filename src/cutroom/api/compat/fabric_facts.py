"""`/fabric/strategies`, `/fabric/models/names` and `/fabric/config`: what Fabric's server tells of itself."""

from typing import Any, Final

from fastapi import Response

from cutroom.api.auth import Caller
from cutroom.api.compat.fabric_chat import models_of
from cutroom.api.compat.fabric_door import answering, fabric_router, said
from cutroom.api.compat.fabric_library import all_strategies
from cutroom.api.deps import Services
from cutroom.kit.errors import Forbidden

router: Final = fabric_router()
VENDORS: Final = (
    "openai",
    "anthropic",
    "groq",
    "mistral",
    "gemini",
    "ollama",
    "openrouter",
    "silicon",
    "deepseek",
    "grokai",
    "lmstudio",
)
"""Whose keys and addresses Fabric's own server keeps, and shows."""
_TEXT: Final[dict[str, Any]] = {"type": "string"}
_NAMES: Final[dict[str, Any]] = {"type": "array", "items": _TEXT}
_STRATEGIES: Final[dict[str, Any]] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "description", "prompt"],
        "properties": dict.fromkeys(("name", "description", "prompt"), _TEXT),
    },
}
_MODELS: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["models", "vendors"],
    "properties": {"models": _NAMES, "vendors": {"type": "object", "additionalProperties": _NAMES}},
}
_CONFIG: Final[dict[str, Any]] = {"type": "object", "additionalProperties": _TEXT}


@router.get("/strategies", operation_id="listFabricStrategies", responses=answering(_STRATEGIES))
async def list_strategies(services: Services, caller: Caller) -> Response:
    """All strategies, sorted by name."""
    found = await all_strategies(services, caller.workspace_id)
    # Clients leave out what has no description.
    return said([{"name": one.name, "description": one.description or one.name, "prompt": one.prompt} for one in found])


@router.get("/models/names", operation_id="listFabricModels", responses=answering(_MODELS))
async def list_models(services: Services, caller: Caller) -> Response:
    """The models that can be named, by whose they are."""
    vendors = {provider.name: models_of(provider) for provider in services.models.providers}
    return said({"models": [name for names in vendors.values() for name in names], "vendors": vendors})


@router.get("/config", operation_id="getFabricConfig", responses=answering(_CONFIG))
async def get_config(services: Services, caller: Caller) -> Response:
    """Nothing: keys of models belong to the operator, and no part of one is shown."""
    return said(dict.fromkeys(VENDORS, ""))


@router.post("/config/update", operation_id="updateFabricConfig", responses=answering(_CONFIG))
async def update_config(services: Services, caller: Caller) -> Response:
    """Always refused."""
    message = "Nobody sets keys of models here: the operator does, with CUTROOM_LLM_PROVIDERS."
    raise Forbidden("config_not_settable", message)
