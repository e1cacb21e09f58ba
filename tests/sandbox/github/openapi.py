"""Compare answers with an OpenAPI description: types, null, enums, required and unknown fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Json = dict[str, Any]
TYPES: Mapping[str, type | tuple[type, ...]] = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "string": str,
}
FORMATS = {
    "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "uri": r"https?://[^\s{}]+",
}


@dataclass
class Comparison:
    """A comparison of values with the schemas of `document`: how many `fields` it has seen."""

    document: Json
    fields: int = 0

    def resolve(self, schema: Json) -> Json:
        """Return a schema, or the one that it refers to."""
        while "$ref" in schema:
            names = schema["$ref"].removeprefix("#/").split("/")
            schema = self.document
            for name in names:
                schema = schema[name]
        return schema

    def deviations(self, value: Any, schema: Json, path: str) -> Iterator[str]:
        """Yield what is wrong with the value at a path."""
        schema = self._with_all_parts(schema)
        if value is None and schema.get("nullable"):
            return
        choices = schema.get("anyOf", schema.get("oneOf"))
        if choices:
            yield from self._closest(value, choices, path)
            return
        kind = schema.get("type", "object" if "properties" in schema else "")
        if kind == "object" and isinstance(value, dict):
            yield from self._in_object(value, schema, path)
        elif kind == "array" and isinstance(value, list):
            for item in value:
                yield from self.deviations(item, schema["items"], f"{path}[]")
        elif not _fits(value, kind, schema):
            expected = schema.get("enum") or schema.get("format") or kind
            yield f"{path} is {value!r}, not {expected}"

    def _with_all_parts(self, schema: Json) -> Json:
        """Return a schema with the schemas of its `allOf`."""
        schema = self.resolve(schema)
        parts = [self._with_all_parts(part) for part in schema.get("allOf", [])]
        if not parts:
            return schema
        merged = {**schema}
        for part in parts:
            properties = {**merged.get("properties", {}), **part.get("properties", {})}
            required = [*merged.get("required", []), *part.get("required", [])]
            merged = {**part, **merged, "properties": properties, "required": required}
        return merged

    def _closest(self, value: Any, choices: list[Json], path: str) -> list[str]:
        """Return what is wrong with a value by the schema that it fits best."""
        results = []
        for choice in choices:
            comparison = Comparison(self.document)
            found = list(comparison.deviations(value, choice, path))
            results.append((len(found), -comparison.fields, found))
        _, fields, found = min(results)
        self.fields -= fields
        return found

    def _in_object(self, value: Json, schema: Json, path: str) -> Iterator[str]:
        properties = schema.get("properties", {})
        for name in schema.get("required", []):
            if name not in value:
                yield f"{path}.{name} is missing"
        others = schema.get("additionalProperties") or not properties
        for name, item in value.items():
            self.fields += 1
            known = properties.get(name, others)
            if not known:
                yield f"{path}.{name} is unknown to GitHub"
            elif known is not True:
                yield from self.deviations(item, known, f"{path}.{name}")


def _fits(value: Any, kind: str, schema: Json) -> bool:
    """Check the type, the enum and the format of a value without parts."""
    if isinstance(value, bool) and kind not in ("", "boolean"):
        return False
    if kind and not isinstance(value, TYPES[kind]):
        return False
    pattern = FORMATS.get(schema.get("format", ""), "(?s).*")
    return value in schema.get("enum", [value]) and bool(re.fullmatch(pattern, str(value)))


@dataclass
class Contract:
    """An OpenAPI description, and how the answers that were checked compare with it."""

    text: str
    operations: set[str] = field(default_factory=set)
    answers: int = 0
    fields: int = 0
    deviations: set[str] = field(default_factory=set)

    @cached_property
    def document(self) -> Json:
        """The description."""
        document: Json = json.loads(self.text)
        return document

    @cached_property
    def _patterns(self) -> list[tuple[str, str]]:
        """The paths with their patterns, those with most literal text first."""
        literal = {path: re.sub(r"{\w+}", "", path) for path in self.document["paths"]}
        paths = sorted(literal, key=lambda path: -len(literal[path]))
        return [(path, re.sub(r"\\{\w+\\}", ".+", re.escape(path))) for path in paths]

    def check(self, method: str, path: str, status: int, content_type: str, body: Any) -> None:
        """Compare an answer with what GitHub documents for its operation."""
        self.answers += 1
        operation = self._operation(method, path)
        if not operation:
            self.deviations.add(f"{method} {path} is no operation of GitHub")
            return
        self.operations.add(operation)
        found = self._compare(operation, status, content_type, body)
        self.deviations |= {f"{operation} {status}: {text}" for text in found}

    def _operation(self, method: str, path: str) -> str:
        for known, pattern in self._patterns:
            if method.lower() in self.document["paths"][known] and re.fullmatch(pattern, path):
                return f"{method} {known}"
        return ""

    def _compare(self, operation: str, status: int, content_type: str, body: Any) -> Iterator[str]:
        method, path = operation.split()
        comparison = Comparison(self.document)
        responses = self.document["paths"][path][method.lower()]["responses"]
        if str(status) not in responses:
            yield "the status is not documented"
        documented = comparison.resolve(responses.get(str(status), self._error(status)))
        content = documented.get("content", {})
        media_type = content_type.partition(";")[0]
        if media_type not in (content or [""]):
            yield f"the content type is {content_type!r}, not in {list(content)}"
        elif content:
            yield from comparison.deviations(body, content[media_type]["schema"], "")
        self.fields += comparison.fields

    def _error(self, status: int) -> Json:
        """Return the response that GitHub documents for an error of many other operations."""
        name = "validation_failed" if status == 422 else "not_found"
        return {"$ref": f"#/components/responses/{name}"}
