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
    ":root{color-scheme:light dark}body{font:15px/1.5 system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem}"
    "h2{margin-top:2rem}nav{display:flex;flex-wrap:wrap;gap:.2rem 1rem}code,dt{font-family:ui-monospace,monospace;"
    "overflow-wrap:anywhere}summary{padding:.4rem 0;cursor:pointer}summary span{display:block;opacity:.75}"
    "summary b{display:inline-block;min-width:4rem}details>:not(summary){margin-left:1.2rem}details p{"
    "white-space:pre-line}dd{margin:0 0 .4rem 1.2rem;opacity:.75}p:empty,dl:empty{display:none}"
)


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """The description that programs read."""
    _must_be_open(request)
    return _sent(request, *_documents(request.app)[0], "application/json", {})


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The same for people: every operation in a line that opens."""
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
    schemas: dict[str, Any] = document.get("components", {}).get("schemas", {})
    sections: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            entry = _entry(method.upper(), path, operation, schemas)
            for tag in operation.get("tags") or ["other"]:
                sections.setdefault(tag, []).append(entry)
    links: list[str] = []
    parts: list[str] = []
    for tag, entries in sorted(sections.items()):
        name = html.escape(tag)
        links.append(f'<a href="#{name}">{name}</a>')
        parts.append(f'<h2 id="{name}">{name}</h2>{"".join(entries)}')
    title = html.escape(f"{document['info']['title']} {document['info']['version']}")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style>"
        f'<h1>{title}</h1><p>For programs: <a href="/openapi.json">openapi.json</a></p>'
        f"<nav>{' '.join(links)}</nav>{''.join(parts)}</html>"
    )


def _entry(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    """An operation in a line, which opens: all that is said of it, what it takes, and how it answers."""
    line, _, more = (operation.get("description") or operation.get("summary") or "").partition("\n\n")
    takes = {f"{one['name']} ({one['in']})": one.get("description", "") for one in operation.get("parameters", [])}
    for content in operation.get("requestBody", {}).get("content", {}).values():
        takes |= _fields(content.get("schema", {}), schemas)
    terms = "".join(f"<dt>{html.escape(name)}<dd>{html.escape(said)}" for name, said in takes.items())
    answers = ", ".join(sorted(operation["responses"]))
    return (
        f"<details><summary><b>{method}</b> <code>{html.escape(path)}</code><span>{html.escape(line)}</span></summary>"
        f"<p>{html.escape(more)}</p><dl>{terms}</dl><p>Answers {answers}.</p></details>"
    )


def _fields(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, str]:
    """The outermost fields of a body and what is said of them, in whichever of its forms they are."""
    if "$ref" in schema:
        return _fields(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    found: dict[str, str] = {}
    for form in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        found |= _fields(form, schemas)
    for name, field in schema.get("properties", {}).items():
        found[name] = field.get("description", "")
    return found
