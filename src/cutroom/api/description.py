"""What the API looks like, for people who work on it: `/openapi.json` and a plain page. Closed where strangers come."""

import html
import json
from functools import lru_cache
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from cutroom.api.answers import digest_of, matches
from cutroom.api.deps import services_of
from cutroom.kit.errors import NotFound

router: Final = APIRouter(include_in_schema=False)
# A page of our own making, with no script in it: nothing has to come from anywhere.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
_STYLE: Final = (
    "body{font:15px/1.5 system-ui;margin:2rem auto;max-width:70rem;padding:0 1rem}td{padding:.2rem .8rem .2rem 0;"
    "vertical-align:top}code{white-space:nowrap}h2{margin-top:2rem}"
)


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """The description that programs read."""
    _must_be_open(request)
    return _sent(request, *_documents(request.app)[0], "application/json", {})


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The same for people: every operation in one line."""
    _must_be_open(request)
    return _sent(request, *_documents(request.app)[1], "text/html", {"Content-Security-Policy": _POLICY})


def _sent(request: Request, body: bytes, digest: str, media_type: str, more: dict[str, str]) -> Response:
    headers = {"ETag": f'"{digest}"', "Cache-Control": "no-cache", **more}
    if matches(request.headers.get("if-none-match"), digest):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def _must_be_open(request: Request) -> None:
    if not services_of(request).settings.open_description:
        raise NotFound("not_found", "There is nothing at this address.")


@lru_cache(maxsize=8)
def _documents(app: Any) -> tuple[tuple[bytes, str], tuple[bytes, str]]:
    """Both documents of an application, written once, for they change with the program alone; and their digests."""
    found: dict[str, Any] = app.openapi()
    program = json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()
    page = _page(found).encode()
    return (program, digest_of(program)), (page, digest_of(page))


def _page(document: dict[str, Any]) -> str:
    sections: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            line = (operation.get("description") or operation.get("summary") or "").partition("\n\n")[0]
            cells = (method.upper(), f"<code>{html.escape(path)}</code>", html.escape(line))
            row = f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
            for tag in operation.get("tags") or ["other"]:
                sections.setdefault(tag, []).append(row)
    body = "".join(
        f"<h2>{html.escape(tag)}</h2><table>{''.join(rows)}</table>" for tag, rows in sorted(sections.items())
    )
    title = f"{document['info']['title']} {document['info']['version']}"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style>"
        f'<h1>{html.escape(title)}</h1><p>For programs: <a href="/openapi.json">openapi.json</a></p>{body}</html>'
    )
