"""The interface as documented, as described by this program, and as answered: three things that must be one."""

from __future__ import annotations

import ast
import base64
import hashlib
import http.client
import json
import re
import shlex
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator

import providers
from backend.api import reference_page
from backend.api.openapi import document
from backend.api.operations import DOCUMENTED, OPERATIONS, PAGE, REDIRECT, Auth, Operation, errors_of, example_of
from backend.api.shapes import SCHEMAS
from backend.settings import load
from socialclaw_app.sandbox import SandboxThread
from socialclaw_app.sandboxed import pointed_at
from tests.specs import socialclaw as reference

from . import drivers
from .conftest import Client, Server
from .issuer import Issuer, running_issuer
from .selling import authority, selling_server, silent_authority
from .servers import another
from .shop import Shop, running_shop

# --- the table and the reference ---------------------------------------------------------------------------------------


def test_the_table_has_the_documented_operations_with_their_facts() -> None:
    ours = {
        (one.method, one.path): {
            "method": one.method,
            "path": one.path,
            "auth": str(one.auth),
            "status": one.status,
            "request": one.request,
            "response": one.response,
            "query": sorted(one.query or {}),
        }
        for one in DOCUMENTED
    }
    theirs = {(row["method"], row["path"]): {**row, "query": sorted(row["query"])} for row in reference.OPERATIONS}

    assert len(theirs) == 80
    # The two that the reference does not name: what a network sends back, and the type of a picture.
    more = {("GET", "/oauth/{provider}/callback"), ("GET", "/media/{assetId}/{deliveryToken}/{filename}")}
    assert {key: {**row, "query": [] if key in more else row["query"]} for key, row in ours.items()} == theirs


def test_the_shapes_have_the_documented_facts() -> None:
    assert len(reference.SCHEMAS) == 62
    assert set(SCHEMAS) == set(reference.SCHEMAS)
    for name, schema in reference.SCHEMAS.items():
        assert facts(SCHEMAS[name]) == facts(schema), name


def test_every_network_that_is_built_is_one_of_the_documented_ones() -> None:
    documented = reference.SCHEMAS["Post"]["properties"]["provider"]["enum"]

    assert len(documented) == 15
    assert set(providers.all_providers()) <= set(documented)


def facts(node: Any) -> Any:
    """A schema without its words. Networks that are not built yet are left out of the documented lists."""
    if isinstance(node, list):
        return [facts(one) for one in node]
    if not isinstance(node, dict):
        return node
    found = {name: facts(one) for name, one in node.items() if name not in ("description", "examples", "properties")}
    if "properties" in node:
        found["properties"] = {name: facts(one) for name, one in node["properties"].items()}
    for name in ("required", "enum"):
        if name in found:
            found[name] = sorted(found[name], key=str)
    if isinstance(found.get("type"), list):
        found["type"] = sorted(found["type"])
    if "telegram" in found.get("enum", ()):
        known = set(providers.all_providers())
        found["enum"] = [one for one in found["enum"] if one is None or one in known]
    return found


# --- the document ------------------------------------------------------------------------------------------------------


@cache
def served() -> dict[str, Any]:
    return document("http://127.0.0.1:8765")


def test_the_document_is_valid_openapi() -> None:
    Draft202012Validator.check_schema({"$defs": served()["components"]["schemas"]})
    names = [operation["operationId"] for path in served()["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names)) == len(OPERATIONS)
    for reference_ in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(served()))):
        found: Any = served()
        for part in reference_.split("/"):
            found = found[part]


def test_every_example_of_the_document_is_valid() -> None:
    shapes = {"components": {"schemas": served()["components"]["schemas"]}}
    count = 0
    for place, schema, example in [*_examples(served(), ""), *_shape_examples()]:
        found = [error.message for error in _judge({**schema, **shapes}).iter_errors(example)]
        assert found == [], (place, found)
        count += 1
    assert count > len(SCHEMAS) + len(OPERATIONS)


def _judge(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=reference.FORMATS)


def _shape_examples() -> Iterator[tuple[str, Any, Any]]:
    for name, schema in SCHEMAS.items():
        assert schema["examples"], name
        for example in schema["examples"]:
            yield name, schema, example


def _examples(node: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(node, list):
        for number, one in enumerate(node):
            yield from _examples(one, f"{place}/{number}")
    if isinstance(node, dict):
        if "example" in node and "schema" in node:
            yield place, node["schema"], node["example"]
        for name, one in node.items():
            yield from _examples(one, f"{place}/{name}")


def test_examples_are_judged_by_more_than_their_shape_of_today() -> None:
    """The same examples hold against the documented schemas, which list every network."""
    for name, schema in SCHEMAS.items():
        for example in schema["examples"]:
            assert reference.errors(name, example) == [], name


def test_descriptions_are_there_for_everything() -> None:
    silent = [
        f"{name}.{field}"
        for name, schema in SCHEMAS.items()
        for field, one in schema["properties"].items()
        if not one.get("description")
    ]
    assert silent == []
    assert all(operation.says and operation.title for operation in OPERATIONS)


def test_the_examples_in_three_languages_can_be_read_by_their_languages() -> None:
    for operation in OPERATIONS:
        written = reference_page.examples(operation, "https://social.example.com")
        calls = [node for node in ast.walk(ast.parse(written["python"])) if isinstance(node, ast.Call)]
        sent = next((word.value for call in calls for word in call.keywords if word.arg == "json"), None)
        assert (ast.literal_eval(sent) if sent else None) == example_of(operation)
        words = shlex.split(written["curl"])
        url = next(word for word in words if word.startswith("https://"))
        assert "{" not in url
        body = example_of(operation)
        if body is not None:
            assert json.loads(words[words.index("--data") + 1]) == body
        assert written["javascript"].count("(") == written["javascript"].count(")")


def test_a_schema_can_be_used_alone(server: Server) -> None:
    for name, schema in SCHEMAS.items():
        alone = anonymous(server.url).get(f"/schemas/{name}.json").json()
        Draft202012Validator.check_schema(alone)
        assert [error.message for error in _judge(alone).iter_errors(schema["examples"][0])] == [], name
        assert facts(schema) == facts({key: alone[key] for key in schema})


def test_the_page_for_people_has_everything_and_loads_nothing(server: Server) -> None:
    answer = anonymous(server.url).get("/docs/api")
    page = Page()
    page.feed(answer.text)

    assert len(page.ids) == len(set(page.ids))
    assert {*SCHEMAS, *(operation.id for operation in OPERATIONS)} <= set(page.ids)
    inside = {link[1:] for link in page.links if link.startswith("#")}
    assert inside <= set(page.ids)
    assert all(anonymous(server.url).get(link).is_success for link in page.links if link[0] == "/")
    assert all(link[0] in "#/" for link in page.links)
    assert page.loaded == []
    policy = answer.headers["content-security-policy"]
    for content in page.inline:
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "unsafe" not in policy


class Page(HTMLParser):
    """What a page has, and what a browser would fetch for it."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.inline: list[str] = []
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self._within = tag
        if found.get("id"):
            self.ids.append(found["id"] or "")
        if tag == "a":
            self.links.append(found.get("href") or "")
        elif "src" in found or "href" in found:
            self.loaded.append(tag)

    def handle_data(self, data: str) -> None:
        if self._within in ("style", "script"):
            self.inline.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._within = ""


# --- the routes --------------------------------------------------------------------------------------------------------


def routes(found: Any) -> set[tuple[str, str]]:
    """Method and path of all routes, also those behind included routers, with names as clients write them."""
    return {
        (method, re.sub(r"_(\w)(?=\w*})", lambda match: match[1].upper(), route.path))
        for route in _walk(found)
        for method in (route.methods or set()) - {"HEAD"}
    }


def _walk(found: Any) -> Iterator[APIRoute]:
    for route in found:
        if isinstance(route, APIRoute):
            yield route
        elif inner := getattr(getattr(route, "original_router", None) or getattr(route, "app", None), "routes", None):
            yield from _walk(inner)


def test_what_is_served_is_in_the_table_and_the_reverse(server: Server) -> None:
    table = {operation.key for operation in OPERATIONS}

    assert routes(server.app.routes) - table == set(), "served, and nobody knows"
    assert table - routes(server.app.routes) == set(), "promised, and not served"


# --- every operation, driven -------------------------------------------------------------------------------------------

FAILURES = [(operation, status) for operation in OPERATIONS for status in errors_of(operation)]
UNKNOWN = {**dict.fromkeys(reference_page.IDS, "none"), "provider": "nowhere"}


def test_every_operation_has_a_driver() -> None:
    assert set(drivers.SUCCESSES) == {operation.key for operation in OPERATIONS}


def test_every_documented_error_has_a_driver() -> None:
    needed = {(*operation.key, status) for operation, status in FAILURES if not follows(operation, status)}

    assert needed - set(drivers.ERRORS) == set()
    assert set(drivers.ERRORS) - {(*operation.key, status) for operation, status in FAILURES} == set()


def follows(operation: Operation, status: int) -> bool:
    """Whether the kind of the operation alone tells how to come to this error."""
    if status == 401:
        return operation.auth in (Auth.KEY, Auth.SESSION)
    if status == 404:
        return bool(operation.path_names)
    return status in (400, 402, 403, 413, 429, 500, 503)


def name_of(one: Any) -> str:
    return str(one) if isinstance(one, int) else f"{one.method} {one.path}"


@pytest.fixture
def no_faults(server: Server) -> Iterator[None]:
    yield
    for network in server.sandbox.networks.values():
        network.faults.clear()
    for issuer in drivers.ISSUERS.values():
        issuer.broken = None


@pytest.mark.usefixtures("no_faults")
@pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)
def test_it_answers_as_documented(request: pytest.FixtureRequest, client: Client, operation: Operation) -> None:
    client = elsewhere(request, client, operation, operation.status)
    ask = drivers.SUCCESSES[operation.key](client)

    answer = send(client, operation, ask)

    assert answer.status_code == operation.status, answer.text[:500]
    assert_described(operation, answer)
    if operation.response in SCHEMAS:
        assert answer.headers["content-type"] == "application/json"
        assert reference.errors(operation.response, answer.json()) == []
    elif operation.response == REDIRECT and operation.status == 200:
        assert answer.json()["ok"] is True
    else:
        assert answer.content or answer.is_redirect


@pytest.mark.usefixtures("no_faults")
@pytest.mark.parametrize(("operation", "status"), FAILURES, ids=name_of)
def test_it_fails_as_documented(
    request: pytest.FixtureRequest, client: Client, operation: Operation, status: int
) -> None:
    answer = failure(request, client, operation, status)

    assert answer.status_code == status, answer.text[:500]
    assert_described(operation, answer)
    if status == 500:
        assert answer.headers["connection"] == "close", "it is, and who is not told loses the next request"
    if operation.response == PAGE and status == 404:
        return  # people are told in a page
    assert answer.headers["content-type"] == "application/json"
    assert reference.errors("ErrorResponse", answer.json()) == []
    assert answer.json()["code"]


def assert_described(operation: Operation, answer: httpx2.Response) -> None:
    """The status and the type of the answer stand in the document."""
    found = served()["paths"][operation.path][operation.method.lower()]["responses"][str(answer.status_code)]
    if "$ref" in found:
        found = served()["components"]["responses"][found["$ref"].rsplit("/", 1)[1]]
    assert answer.headers["x-request-id"]
    if not answer.is_redirect:
        kind = answer.headers["content-type"].partition(";")[0]
        assert {kind, kind.partition("/")[0] + "/*"} & set(found["content"]), kind


def failure(request: pytest.FixtureRequest, client: Client, operation: Operation, status: int) -> httpx2.Response:
    client = elsewhere(request, client, operation, status)
    arrange = drivers.ERRORS.get((*operation.key, status))
    if arrange is not None:
        return send(client, operation, arrange(client))
    headers = {"Accept": "application/json"} if operation.auth is Auth.CALLBACK else {}
    ask = drivers.at(operation.path.format(**UNKNOWN), example_of(operation), headers=headers)
    match status:
        case 400:
            return send(client, operation, replace(ask, path=f"{ask.path}?nul=%00"))
        case 401:
            http = anonymous(client.server.url)
            http.cookies.clear()
            return http.request(operation.method, ask.path, json=ask.body)
        case 403:
            return send(client, operation, replace(ask, options={"headers": {"Origin": "https://elsewhere.example"}}))
        case 413:
            return declared(client.server, operation, ask)
        case 429:
            send(client, operation, ask)
            return send(client, operation, ask)
        case _:
            return send(client, operation, ask)


TROUBLED = {402: "unpaid", 429: "busy", 500: "without_tables", 503: "without_folder"}


def elsewhere(request: pytest.FixtureRequest, client: Client, operation: Operation, status: int) -> Client:
    """The same client, or one of a server in the trouble that this answer needs."""
    if (name := drivers.SERVERS.get((*operation.key, status))) is not None:
        return request.getfixturevalue(name)
    if (*operation.key, status) in drivers.ERRORS and status not in (500, 503):
        return client
    return request.getfixturevalue(TROUBLED[status]) if status in TROUBLED else client


def send(client: Client, operation: Operation, ask: drivers.Ask) -> httpx2.Response:
    if operation.auth is Auth.KEY:
        http = client.http
    elif operation.auth is Auth.SESSION or ask.signed_in:
        http = signed_in(client)
    else:
        http = anonymous(client.server.url)
        http.cookies.clear()
    body = {} if ask.body is None else {"json": ask.body}
    return http.request(operation.method, ask.path, **body, **ask.options)


_browsers: dict[str, httpx2.Client] = {}


def signed_in(client: Client) -> httpx2.Client:
    if client.secret not in _browsers:
        _browsers[client.secret] = drivers.browser(client)
    return _browsers[client.secret]


@cache
def anonymous(url: str) -> httpx2.Client:
    return httpx2.Client(base_url=url, timeout=30)


def declared(server: Server, operation: Operation, ask: drivers.Ask) -> httpx2.Response:
    """A body of five gigabytes, as far as its headers go."""
    place = urlsplit(server.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    connection.putrequest(operation.method, ask.path)
    connection.putheader("Content-Length", str(5 * 1024**3))
    connection.endheaders()
    answer = connection.getresponse()
    found = httpx2.Response(answer.status, headers=answer.getheaders(), content=answer.read())
    connection.close()
    return found


# --- servers in trouble ------------------------------------------------------------------------------------------------


@pytest.fixture
def selling(seller: Server) -> Client:
    """A workspace where plans are sold."""
    return seller.workspace("Buying")


@pytest.fixture(scope="module")
def store() -> Iterator[Shop]:
    with running_shop() as running:
        yield running


@pytest.fixture(scope="module")
def seller(sandbox: SandboxThread, store: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with selling_server(tmp_path_factory.mktemp("selling"), sandbox, store.url) as server:
        drivers.SHOPS[server.url] = drivers.Shops(web=store, phone=authority())
        yield server


@pytest.fixture(scope="module")
def unsure(sandbox: SandboxThread, store: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Nobody answers whether Apple's certificates are still good."""
    by, folder = silent_authority(), tmp_path_factory.mktemp("unsure")
    with selling_server(folder, sandbox, store.url, by=by, appstore_online_checks=True) as server:
        drivers.SHOPS[server.url] = drivers.Shops(web=store, phone=by)
        yield server.workspace("Buying")


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@contextmanager
def believing(folder: Path, sandbox: SandboxThread, issuer: Issuer, **changes: Any) -> Iterator[Client]:
    """People sign in through this provider."""
    with another(folder, sandbox, **{**issuer.settings, **changes}) as client:
        drivers.ISSUERS[client.server.url] = issuer
        yield client


@pytest.fixture(scope="module")
def open_door(sandbox: SandboxThread, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Strangers get a workspace."""
    with believing(tmp_path_factory.mktemp("open"), sandbox, issuer) as client:
        yield client


@pytest.fixture(scope="module")
def closed_door(sandbox: SandboxThread, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Strangers get nothing."""
    with believing(tmp_path_factory.mktemp("closed"), sandbox, issuer, allow_sign_up=False) as client:
        yield client


@pytest.fixture
def doubted_door(sandbox: SandboxThread, tmp_path: Path) -> Iterator[Client]:
    """The provider has never answered."""
    with running_issuer() as silent, believing(tmp_path, sandbox, silent) as client:
        silent.broken = 500
        yield client


@pytest.fixture(scope="module")
def busy(sandbox: SandboxThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One request a minute is all that an address may make."""
    with another(tmp_path_factory.mktemp("busy"), sandbox, requests_per_minute_per_address=1) as client:
        signed_in(client)
        yield client


@pytest.fixture(scope="module")
def without_tables(
    sandbox: SandboxThread, store: Shop, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """Everything is set up, and somebody took the tables out of the database under the running server."""
    folder = tmp_path_factory.mktemp("tables")
    networks = {"environment": "sandbox", "environ": pointed_at(load({}, data_dir=folder), sandbox.url).environ}
    with selling_server(folder, sandbox, store.url, **networks, **issuer.settings) as server:
        drivers.SHOPS[server.url] = drivers.Shops(web=store, phone=authority())
        drivers.ISSUERS[server.url] = issuer
        client = server.workspace("Troubled")
        signed_in(client)
        database = sqlite3.connect(folder / "socialclaw.db")
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            if not name.startswith("sqlite_"):
                database.execute(f'ALTER TABLE "{name}" RENAME TO "gone_{name}"')
        database.close()
        yield client


@pytest.fixture(scope="module")
def without_folder(sandbox: SandboxThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Files have no place any more."""
    folder = tmp_path_factory.mktemp("folder")
    with another(folder, sandbox) as client:
        shutil.rmtree(folder / "media")
        (folder / "media").write_text("not a folder")
        yield client


@pytest.fixture(scope="module")
def unpaid(sandbox: SandboxThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Plans are on, and this workspace has none."""
    with another(tmp_path_factory.mktemp("unpaid"), sandbox, billing_enabled=True) as client:
        yield client


@pytest.fixture(scope="module")
def without_apps(sandbox: SandboxThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Nobody registered this program at a network."""
    with another(tmp_path_factory.mktemp("apps"), sandbox, apps=False) as client:
        yield client


@pytest.fixture(scope="module")
def impatient(sandbox: SandboxThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A post whose outcome nobody knows is given up soon."""
    waits = {"follow_seconds": 1, "grace_seconds": 1, "lease_seconds": 1.5, "settle_scale": 0.002, "poll_seconds": 0.05}
    with another(tmp_path_factory.mktemp("impatient"), sandbox, worker=True, **waits) as client:
        yield client


@pytest.fixture
def without_people(sandbox: SandboxThread, tmp_path: Path) -> Iterator[Client]:
    """Nobody has signed in yet."""
    with another(tmp_path, sandbox) as client:
        yield client
