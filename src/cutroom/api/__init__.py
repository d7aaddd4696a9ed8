"""Floor 8: the door for people and programs, HTTP and WebSocket."""

from cutroom.api.deps import ApiServices, ApiSettings
from cutroom.api.factory import make_app
from cutroom.api.job_view import describe_job
from cutroom.api.openapi import openapi_document

__all__ = ["ApiServices", "ApiSettings", "describe_job", "make_app", "openapi_document"]
