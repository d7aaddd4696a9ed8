"""Language models: which may be named, what they read at once, what they cost."""

from typing import Annotated, Final

from fastapi import Request, Response
from pydantic import Field

from cutroom.api.answers import ETAG, resource
from cutroom.api.auth import Caller
from cutroom.api.deps import Services
from cutroom.api.routes import keyed
from cutroom.kit.errors import Invalid
from cutroom.kit.money import dollars_of
from cutroom.kit.schema import Schema
from cutroom.llm import Models, Price, Provider

router: Final = keyed("models", area="templates")


class PriceOut(Schema):
    """US dollars for a million tokens."""

    input: float
    output: float


class ModelOut(Schema):
    """A language model that may be named."""

    id: Annotated[str, Field(description="How to name it, whatever the first provider is: `provider/model`.")]
    name: Annotated[str, Field(description="As its server calls it.")]
    provider: str
    is_default: Annotated[bool, Field(description="Asked where nothing names a model.")]
    context_tokens: Annotated[int, Field(description="How much it reads at once; longer inputs are read in parts.")]
    price: Annotated[
        PriceOut | None, Field(description="null where nobody said; a run with a limit cannot ask such a model.")
    ]


class ProviderOut(Schema):
    """A server of language models."""

    name: str
    kind: Annotated[str, Field(json_schema_extra={"enum": ["openai", "anthropic"]}, description="What it speaks.")]
    any_model: Annotated[bool, Field(description="Whether models that are not listed may be named too.")]


class ModelsOut(Schema):
    """What may be asked; both lists are empty where no language model is configured."""

    items: list[ModelOut]
    providers: Annotated[list[ProviderOut], Field(description="A model that names none is the first one's.")]


@router.get(
    "/models",
    operation_id="listModels",
    responses={200: {"model": ModelsOut, "headers": ETAG}, 304: {"description": "Not changed."}},
)
async def list_models(request: Request, services: Services, caller: Caller) -> Response:
    """The language models that runs may name, those of the first provider first."""
    models = services.models
    if not models.configured:
        return resource(request, ModelsOut(items=[], providers=[]))
    async with services.database.begin() as session:
        own = (await services.accounts.workspaces.get(session, caller.workspace_id)).model
    usual = _usual(models, own)
    items: list[ModelOut] = []
    for provider in models.providers:
        names = (provider.model, *provider.models, *(name for asked, name in (usual,) if asked is provider))
        items += [_model(provider, name, is_default=usual == (provider, name)) for name in dict.fromkeys(names)]
    providers = [
        ProviderOut(name=provider.name, kind=provider.kind, any_model=not provider.models)
        for provider in models.providers
    ]
    return resource(request, ModelsOut(items=items, providers=providers))


def _usual(models: Models, own: str | None) -> tuple[Provider | None, str]:
    """Whom a run asks that names no model; nobody, when what the workspace chose is not there any more."""
    try:
        return models.find(own)
    except Invalid:
        return None, ""


def _model(provider: Provider, name: str, *, is_default: bool) -> ModelOut:
    return ModelOut(
        id=f"{provider.name}/{name}",
        name=name,
        provider=provider.name,
        is_default=is_default,
        context_tokens=provider.context_tokens,
        price=_price(provider.price(name)),
    )


def _price(price: Price | None) -> PriceOut | None:
    if price is None:
        return None
    return PriceOut(input=dollars_of(price.input_micro), output=dollars_of(price.output_micro))
