"""The networks' own documents, trimmed to what we use, as judges of our requests. Origins: SOURCES.md."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

HERE = Path(__file__).parent


def load(name: str) -> Any:
    """``load("discord/openapi.trimmed.json")``"""
    return json.loads((HERE / name).read_text(encoding="utf-8"))


class OpenApi:
    """Judges requests and answers by an OpenAPI 3.1 document. Empty lists mean all is well.

    A request may hold only what the document names: most documents leave that open, and a wrong name would pass.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        mixed = set(_mixed(document))
        schemas = {
            name: schema if name in mixed else _closed(schema)
            for name, schema in document["components"]["schemas"].items()
        }
        self._closed = {**document["components"], "schemas": schemas}

    def request_errors(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> list[str]:
        template, in_path = self._match(path)
        operation = self._operation(template, method)
        if operation is None:
            return [f"{method} {path} is not in the document"]
        found = self._parameter_errors(template, operation, in_path, query or {})
        content = operation.get("requestBody", {}).get("content", {})
        if body is not None and content_type not in content:
            return [*found, f"{method} {template} takes no {content_type} body"]
        if content_type in content:
            schema = _closed(content[content_type]["schema"])
            found += _errors({**schema, "components": self._closed}, {} if body is None else body)
        return found

    def answer_errors(self, method: str, path: str, status: int, body: Any) -> list[str]:
        template, _ = self._match(path)
        operation = self._operation(template, method)
        if operation is None:
            return [f"{method} {path} is not in the document"]
        names = (str(status), f"{status // 100}XX", "default")
        answer = next((operation["responses"][name] for name in names if name in operation["responses"]), None)
        if answer is None:
            return [f"{status} is not among the answers of {method} {template}"]
        content = self._resolved(answer).get("content")
        if content is None:
            return [] if body is None else [f"{status} has no body"]
        return _errors({**content["application/json"]["schema"], "components": self.document["components"]}, body)

    def _parameter_errors(
        self, template: str, operation: Mapping[str, Any], path: Mapping[str, str], query: Mapping[str, str]
    ) -> list[str]:
        declared = [*self.document["paths"][template].get("parameters", []), *operation.get("parameters", [])]
        declared = [self._resolved(one) for one in declared]
        given = {"path": path, "query": query}
        names = {one["name"] for one in declared if one["in"] == "query"}
        found = [f"unknown query parameter {name}" for name in query if name not in names]
        for one in declared:
            values = given.get(one["in"], {})
            if one["name"] in values:
                schema = {**one.get("schema", {}), "components": self.document["components"]}
                found += [f"{one['name']}: {said}" for said in _errors(schema, values[one["name"]], in_address=True)]
            elif one.get("required") and one["in"] in given:
                found.append(f"{one['in']} parameter {one['name']} is missing")
        return found

    def _resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Any = self.document if "$ref" in node else node
        for part in node.get("$ref", "").removeprefix("#/").split("/") if "$ref" in node else ():
            found = found[part]
        return found

    def _match(self, path: str) -> tuple[str, dict[str, str]]:
        for template in sorted(self.document["paths"], key=lambda one: one.count("{")):
            found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), path)
            if found:
                return template, found.groupdict()
        return path, {}

    def _operation(self, template: str, method: str) -> Mapping[str, Any] | None:
        return self.document["paths"].get(template, {}).get(method.lower())


def _errors(schema: Mapping[str, Any], value: Any, *, in_address: bool = False) -> list[str]:
    """In an address everything is text: it is right if what it spells is."""
    validator = Draft202012Validator(schema)
    found = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
    if found and in_address and isinstance(value, str):
        spelled = [value.split(",")]
        with suppress(ValueError):
            spelled.append(json.loads(value))
        if any(validator.is_valid(one) for one in spelled):
            return []
    return found


def _closed(schema: Any) -> Any:
    """The same schema without room for names it does not know."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: one if name == "allOf" else _closed(one) for name, one in schema.items()}
    if "allOf" in schema and ("properties" in schema or schema.get("type") == "object"):
        return {"unevaluatedProperties": False, **closed}
    if isinstance(schema.get("properties"), dict) and "allOf" not in schema:
        return {"additionalProperties": False, **closed}
    return closed


def _mixed(node: Any) -> Iterator[str]:
    """The schemas that stand in an ``allOf``: another one adds names to theirs."""
    if isinstance(node, list):
        for one in node:
            yield from _mixed(one)
    if isinstance(node, dict):
        for one in node.get("allOf", ()) if isinstance(node.get("allOf"), list) else ():
            if "$ref" in one:
                yield one["$ref"].rsplit("/", 1)[1]
        for one in node.values():
            yield from _mixed(one)
