"""The interface as documents: OpenAPI 3.1, one JSON Schema a shape, and a page for people."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any, cast

import orjson
from fastapi import APIRouter, Response

from ..errors import STATUS, AppError
from . import networks_page, reference_page
from .edge import Ctx
from .operations import (
    BYTES,
    DOCUMENT,
    ERRORS,
    OPERATIONS,
    PAGE,
    REDIRECT,
    Auth,
    Operation,
    body_schema,
    errors_of,
    example_of,
)
from .shapes import SCHEMAS
from .shapes.schema import Schema, ref

DIALECT = "https://json-schema.org/draft/2020-12/schema"

router = APIRouter(tags=["Documents"])


@router.get("/openapi.json")
async def openapi_document(context: Ctx) -> Response:
    return _json(document(context.settings.public_base_url))


@router.get("/schemas/{name}.json")
async def schema(name: str, context: Ctx) -> Response:
    if name not in SCHEMAS:
        raise AppError("not_found", f"There is no shape {name!r}; /openapi.json lists them.", details={"name": name})
    return _json(standalone(name))


@router.get("/docs/networks")
async def networks(_: Ctx) -> Response:
    return Response(
        networks_page.page(), media_type="text/html", headers={"Content-Security-Policy": networks_page.POLICY}
    )


@router.get("/docs/api")
async def reference(context: Ctx) -> Response:
    return Response(
        reference_page.page(context.settings.public_base_url),
        media_type="text/html",
        headers={"Content-Security-Policy": reference_page.POLICY},
    )


def _json(content: Any) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")


def standalone(name: str) -> Schema:
    """A shape with all that it refers to, under the addresses that the references name."""
    inner = {one: SCHEMAS[one] for one in sorted(_reached(name) - {name})}
    components = {"components": {"schemas": inner}} if inner else {}
    return {"$schema": DIALECT, "title": name, **SCHEMAS[name], **components}


def _reached(name: str) -> set[str]:
    found, waiting = set[str](), [name]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += _references(SCHEMAS[one])
    return found


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for one in cast("list[Any]", node):
            yield from _references(one)
    elif isinstance(node, dict):
        named = cast("Schema", node)
        if "$ref" in named:
            yield named["$ref"].rsplit("/", 1)[1]
        for one in named.values():
            yield from _references(one)


# --- the whole ---------------------------------------------------------------------------------------------------------


@cache
def document(base_url: str) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": DIALECT,
        "info": {
            "title": "SocialClaw",
            "version": "1",
            "summary": "Plans, checks and publishes posts to social networks.",
            "description": (
                "Send an API key as a bearer token. Every error has one shape, ErrorResponse; every answer carries "
                "X-Request-Id. Ids are opaque. Times are ISO 8601, in UTC when they come from here. "
                "Fields that an open shape does not name may come at any time; clients pass over them."
            ),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": base_url}],
        "tags": [{"name": name} for name in dict.fromkeys(operation.group for operation in OPERATIONS)],
        "paths": paths,
        "components": {
            "schemas": {name: SCHEMAS[name] for name in sorted(SCHEMAS)},
            "responses": {_error_name(status): _error(status) for status in ERRORS},
            "headers": _HEADERS,
            "securitySchemes": {
                "bearerKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key of the workspace, such as sc_live_…",
                },
                "sessionCookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "socialclaw_session",
                    "description": "The cookie that signing in sets. Requests from other sites are refused.",
                },
            },
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.group],
        "summary": operation.title,
        "description": operation.says,
        "security": _security(operation),
        "parameters": [*_path_parameters(operation), *_query_parameters(operation)],
    }
    if (body := _body(operation)) is not None:
        found["requestBody"] = body
    return {**found, "responses": _responses(operation)}


def _security(operation: Operation) -> list[dict[str, Any]]:
    match operation.auth:
        case Auth.KEY:
            return [{"bearerKey": []}]
        case Auth.SESSION:
            return [*([{}] if operation.anonymous else []), {"sessionCookie": []}]
        case _:
            return []


def _path_parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for name in operation.path_names:
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PATH_NAMES[name],
            "schema": {"type": "string", "minLength": 1},
        }


_PATH_NAMES = {
    "keyId": "The id of a key.",
    "connectionId": "The id of a connection.",
    "accountId": "The id of an account.",
    "actionId": "The id of a discovery action of the account.",
    "provider": "The network.",
    "postId": "The id of a post.",
    "runId": "The id of a run.",
    "assetId": "The id of a file.",
    "deliveryToken": "The unguessable part of the file's address.",
    "position": "Which file of the post, counted from 0.",
    "filename": "The file's name; any will do.",
    "network": "The network whose app it is about.",
    "code": "The confirmation code.",
    "link": "The secret part of the link.",
    "name": "The name of a shape, such as Post.",
}


def _query_parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for name, schema in (operation.query or {}).items():
        plain = {key: value for key, value in schema.items() if key != "description"}
        yield {
            "name": name,
            "in": "query",
            "required": False,
            "description": schema.get("description", ""),
            "schema": plain,
        }


def _body(operation: Operation) -> dict[str, Any] | None:
    schema = body_schema(operation)
    if schema is None:
        return None
    json: dict[str, Any] = {"schema": schema}
    example = example_of(operation)
    if example is not None:
        json["example"] = example
    form = {operation.form_type: {"schema": operation.form}} if operation.form else {}
    # A strict shape needs its body; the others are read as an empty object when nothing comes.
    needed = bool(
        operation.request and operation.request != "OkResponse" and SCHEMAS[operation.request].get("required")
    )
    return {"required": needed, "content": {"application/json": json, **form}}


# --- answers ------------------------------------------------------------------------------------------------------------

_HEADERS: dict[str, Any] = {
    "RequestId": {"description": "Names the request in the server's log.", "schema": {"type": "string"}},
    "RateLimit": {
        "description": "How many requests are left to the key and to the address (r), and when all will be (t).",
        "schema": {"type": "string"},
    },
    "RetryAfter": {"description": "After how many seconds to try again, when known.", "schema": {"type": "integer"}},
    "Authenticate": {"description": "How to be let in.", "schema": {"type": "string"}},
    "Location": {"description": "Where the browser goes next.", "schema": {"type": "string"}},
}
_ALWAYS = {
    "X-Request-Id": {"$ref": "#/components/headers/RequestId"},
    "RateLimit": {"$ref": "#/components/headers/RateLimit"},
}


def _error_name(status: int) -> str:
    return f"Error{status}"


def _error(status: int) -> dict[str, Any]:
    codes = sorted(code for code, found in STATUS.items() if found == status)
    more = " and those of the checks and networks" if status == 422 else ""
    named = f" Codes: {', '.join(codes)}{more}." if codes else ""
    headers: dict[str, Any] = dict(_ALWAYS)
    if status in (429, 502, 503):
        headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    if status == 401:
        headers["WWW-Authenticate"] = {"$ref": "#/components/headers/Authenticate"}
    return {
        "description": ERRORS[status] + named,
        "headers": headers,
        "content": {"application/json": {"schema": ref("ErrorResponse")}},
    }


def _responses(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {str(operation.status): _success(operation, operation.status)}
    for status in operation.others:
        found[str(status)] = _success(operation, status)
    for status in errors_of(operation):
        found[str(status)] = _refusal(operation, status)
    return found


def _success(operation: Operation, status: int) -> dict[str, Any]:
    if status >= 300:
        described = "Nothing new: the copy is still good." if status == 304 else "Go on there."
        location = {} if status == 304 else {"Location": {"$ref": "#/components/headers/Location"}}
        return {"description": described, "headers": {**_ALWAYS, **location}}
    return {"description": _described(operation, status), "headers": dict(_ALWAYS), "content": _content(operation)}


def _described(operation: Operation, status: int) -> str:
    if status == 206:
        return "A part of the file, as asked for with Range."
    if operation.response in SCHEMAS:
        return SCHEMAS[operation.response]["description"]
    return {REDIRECT: "A page for people, or JSON for programs that ask for it.", BYTES: "The bytes."}.get(
        operation.response, "The document."
    )


def _content(operation: Operation) -> dict[str, Any]:
    if operation.response in SCHEMAS:
        example = SCHEMAS[operation.response]["examples"][0]
        return {"application/json": {"schema": ref(operation.response), "example": copy.deepcopy(example)}}
    if operation.response == BYTES:
        kinds = (BYTES, "image/*", "video/*", "audio/*")
        return {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    if operation.response == REDIRECT:
        return {"application/json": {"schema": ref("OkResponse")}, PAGE: {"schema": {"type": "string"}}}
    if operation.response == PAGE:
        return {PAGE: {"schema": {"type": "string"}}}
    return {DOCUMENT: {"schema": {"type": "object"}}}


def _refusal(operation: Operation, status: int) -> dict[str, Any]:
    """Where people come by themselves they read a page, programs JSON."""
    if operation.response not in (REDIRECT, PAGE):
        return {"$ref": f"#/components/responses/{_error_name(status)}"}
    found = _error(status)
    return {**found, "content": {**found["content"], PAGE: {"schema": {"type": "string"}}}}
