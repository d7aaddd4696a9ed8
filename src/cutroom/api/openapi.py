"""The description of the API, generated from the code."""

from functools import cache
from typing import Any

from fastapi import FastAPI

from cutroom.api.factory import bare_app


def openapi_document(app: FastAPI | None = None) -> dict[str, Any]:
    """OpenAPI 3.1 of an application, or of all routes of this version, as committed in docs/reference/openapi.json.

    The latter takes a second and is made once; nobody writes into it.
    """
    return _of_this_version() if app is None else app.openapi()


@cache
def _of_this_version() -> dict[str, Any]:
    return bare_app().openapi()
