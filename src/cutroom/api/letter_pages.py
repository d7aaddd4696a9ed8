"""The pages that links in letters lead to, where the operator has none of their own for that (`CUTROOM_JOIN_URL` …).

Each is one file without anything from anywhere else: its style and its script are allowed by their digests, it may talk
to this server alone, and no page may frame it. The token stays in the browser, which sends nobody what follows `#`.
"""

import base64
import hashlib
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request, Response

from cutroom.api.answers import digest_of, matches
from cutroom.api.cookies import cookie_of
from cutroom.api.deps import services_of
from cutroom.kit.errors import NotFound

router: Final = APIRouter(include_in_schema=False)
_PAGES: Final = Path(__file__).parent / "pages"


def _part(name: str) -> str:
    return (_PAGES / name).read_text("utf-8")


def _allowed(part: str) -> str:
    """How a policy names an inline part (Content Security Policy Level 3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'"


class _Page:
    def __init__(self, name: str, title: str) -> None:
        self._name = name
        style, script = _part("page.css"), _part("page.js") + _part(f"{name}.js")
        page = _part("page.html").replace("{title}", title).replace("{body}", _part(f"{name}.html"))
        page = page.replace("{style}", style).replace("{script}", script)
        self._bytes = {known: page.replace("{cookie}", "yes" if known else "no").encode() for known in (True, False)}
        self._headers = {
            "Cache-Control": "no-cache",
            "Vary": "Cookie",
            "Content-Security-Policy": (
                f"default-src 'none'; script-src {_allowed(script)}; style-src {_allowed(style)}; connect-src 'self'; "
                "form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; "
                "trusted-types 'none'"
            ),
            "Cross-Origin-Opener-Policy": "same-origin",
        }

    def answer(self, request: Request) -> Response:
        if self._name not in services_of(request).settings.pages.ours:
            raise NotFound("not_found", "There is nothing at this address.")
        page = self._bytes[cookie_of(request) is not None]
        headers = {"ETag": f'"{digest_of(page)}"', **self._headers}
        if matches(request.headers.get("if-none-match"), digest_of(page)):
            return Response(status_code=304, headers=headers)
        return Response(page, media_type="text/html", headers=headers)


_JOIN: Final = _Page("join", "Invitation")
_RESET: Final = _Page("reset", "Another password")
_CONFIRM: Final = _Page("confirm", "Your address")


@router.get("/join")
async def join(request: Request) -> Response:
    """Where an invitation leads: what one is invited to, and a way to register or log in and accept."""
    return _JOIN.answer(request)


@router.get("/reset")
async def reset(request: Request) -> Response:
    """Where a link to another password leads; without a link, one asks for it here."""
    return _RESET.answer(request)


@router.get("/confirm")
async def confirm(request: Request) -> Response:
    """Where a link that confirms an address leads: to a login."""
    return _CONFIRM.answer(request)
