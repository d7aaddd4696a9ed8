"""Doors for other vendors' clients: who is let in is found out as at every door; refusals are said as the vendor's are.

Their clients know 422 for nothing but what 400 says.
"""

from abc import abstractmethod

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError

from cutroom.api.errors import error_response, request_id_of, status_of
from cutroom.api.routes import KeyedRoute
from cutroom.api.straight import Handler
from cutroom.kit.errors import CutroomError, Invalid


class DialectRoute(KeyedRoute):
    """A keyed route whose refusals are said in another dialect."""

    @staticmethod
    @abstractmethod
    def said(error: CutroomError, request: Request) -> tuple[int, str]:
        """Status and body of an error in the dialect."""

    def get_route_handler(self) -> Handler:
        """The keyed handler; what it refuses is said in the other dialect."""
        handler = super().get_route_handler()

        async def speaking(request: Request) -> Response:
            try:
                return await handler(request)
            except CutroomError as error:
                return self._refusal(error, request)
            except RequestValidationError as error:
                return self._refusal(Invalid("invalid_input", str(error.errors()[0]["msg"])), request)

        return speaking

    def _refusal(self, error: CutroomError, request: Request) -> Response:
        answer = error_response(error, request_id_of(request.scope))
        answer.status_code, text = self.said(error, request)
        answer.body = text.encode()
        answer.headers["Content-Length"] = str(len(answer.body))
        return answer


def status_in_dialect(error: CutroomError) -> int:
    """The HTTP status of an error, without 422."""
    status = status_of(error)
    return 400 if status == 422 else status
