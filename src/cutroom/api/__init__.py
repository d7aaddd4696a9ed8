"""Floor 8: the door for people and programs, HTTP and WebSocket.

Its routes take a second to load, and are loaded when a door is made: a worker and an operator's command need none.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cutroom.api.deps import ApiServices, ApiSettings
from cutroom.api.job_view import describe_job

if TYPE_CHECKING:
    from cutroom.api.factory import make_app
    from cutroom.api.openapi import openapi_document
else:

    def __getattr__(name: str) -> Any:
        """What makes a door, or describes it."""
        places = {"make_app": "cutroom.api.factory", "openapi_document": "cutroom.api.openapi"}
        if name not in places:
            raise AttributeError(name)
        return getattr(import_module(places[name]), name)


__all__ = ["ApiServices", "ApiSettings", "describe_job", "make_app", "openapi_document"]
