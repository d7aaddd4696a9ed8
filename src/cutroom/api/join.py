"""The page that an invitation's link opens, where nobody has a page of their own for that (`CUTROOM_JOIN_URL`).

One file without anything from anywhere else: its style and its script are allowed by their digests, it may talk to this
server alone, and no page may frame it. The token stays in the browser, which sends nobody what follows `#`.
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


_STYLE: Final = _part("join.css")
_SCRIPT: Final = _part("join.js")
_PAGE: Final = _part("join.html").replace("{style}", _STYLE).replace("{script}", _SCRIPT)
_PAGE_OF: Final = {has_cookie: _PAGE.replace("{cookie}", "yes" if has_cookie else "no") for has_cookie in (True, False)}
_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Vary": "Cookie",
    "Content-Security-Policy": (
        f"default-src 'none'; script-src {_allowed(_SCRIPT)}; style-src {_allowed(_STYLE)}; connect-src 'self'; "
        "form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
}


@router.get("/join")
async def join(request: Request) -> Response:
    """Where an invitation leads: what one is invited to, and a way to register or log in and accept."""
    if not services_of(request).settings.join_page:
        raise NotFound("not_found", "There is nothing at this address.")
    page = _PAGE_OF[cookie_of(request) is not None].encode()
    headers = {"ETag": f'"{digest_of(page)}"', **_HEADERS}
    if matches(request.headers.get("if-none-match"), digest_of(page)):
        return Response(status_code=304, headers=headers)
    return Response(page, media_type="text/html", headers=headers)
