"""GitHub's GraphQL API over the stand-in: the part of it that gh uses, in schema.graphql.

https://docs.github.com/en/graphql
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import graphql

from .fields import FIELDS, type_name
from .mutations import mutate
from .records import json_value
from .state import State

SCHEMA = graphql.build_schema(Path(__file__).with_name("schema.graphql").read_text("utf-8"))
# GitHub lets fields of one name differ in type between fragments, and gh relies on it.
LENIENT = "OverlappingFieldsCanBeMergedRule"
RULES = [rule for rule in graphql.specified_rules if rule.__name__ != LENIENT]


def answer(github: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Execute a query and return GitHub's answer: `data`, and `errors` if there are any."""
    document = graphql.parse(request["query"])
    result = graphql.ExecutionResult(None, graphql.validate(SCHEMA, document, RULES))
    if not result.errors:
        result = graphql.execute_sync(
            SCHEMA,
            document,
            context_value=github,
            variable_values=request.get("variables"),
            field_resolver=_resolve,
            type_resolver=type_name,
        )
    if not result.errors:
        return {"data": result.data}
    return {"data": result.data, "errors": [_error_fields(error) for error in result.errors]}


def _error_fields(error: graphql.GraphQLError) -> dict[str, Any]:
    kind = getattr(error.original_error, "kind", None)
    return {"message": error.message, "path": error.path, "type": kind}


def _resolve(source: Any, info: graphql.GraphQLResolveInfo[State], **arguments: Any) -> Any:
    """Return a field by FIELDS, or else the object's key or attribute of that name."""
    if info.parent_type.name == "Mutation":
        return mutate(info.context, info.field_name, arguments["input"])
    resolver = FIELDS.get(f"{info.parent_type.name}.{info.field_name}")
    if resolver:
        return resolver(info.context, source, **arguments)
    if isinstance(source, Mapping):
        return source.get(info.field_name)
    attribute = re.sub("([A-Z])", r"_\1", info.field_name).lower()
    return json_value(getattr(source, attribute, None))
