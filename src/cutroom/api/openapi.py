"""The description of the API, generated from the code."""

from typing import Any

from fastapi import FastAPI

from cutroom.api.factory import bare_app


def openapi_document(app: FastAPI | None = None) -> dict[str, Any]:
    """OpenAPI 3.1 of an application, or of all routes of this version, as committed in docs/reference/openapi.json."""
    return (app or bare_app()).openapi()
