"""Compare a GraphQL schema with the one that it is a part of, and ask for all that it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

import graphql

Fields = graphql.GraphQLObjectType | graphql.GraphQLInterfaceType


@dataclass
class SchemaComparison:
    """How the types of a schema compare with those of the same names in the `whole`.

    A part may leave out what the other does not require. What it has is the same, to the letter.
    """

    whole: graphql.GraphQLSchema
    types: int = 0
    fields: int = 0
    deviations: list[str] = field(default_factory=list)

    def compare(self, part: graphql.GraphQLSchema) -> None:
        """Compare all types of a schema."""
        for name, ours in part.type_map.items():
            if name.startswith("__"):
                continue
            self.types += 1
            theirs = self.whole.type_map.get(name)
            if type(ours) is type(theirs):
                self.deviations += self._in_type(ours, theirs)
            else:
                self.deviations.append(f"{name} is no such type of GitHub")

    def _in_type(self, ours: Any, theirs: Any) -> Iterator[str]:
        if hasattr(ours, "interfaces"):
            yield from _unknown(ours.name, _names(ours.interfaces), _names(theirs.interfaces))
        if isinstance(ours, graphql.GraphQLUnionType):
            yield from _unknown(ours.name, _names(ours.types), _names(theirs.types))
        elif isinstance(ours, graphql.GraphQLEnumType):
            yield from _unknown(ours.name, ours.values.keys(), theirs.values.keys())
        elif isinstance(ours, graphql.GraphQLInputObjectType):
            yield from self._in_given(ours.name, ours.fields, theirs.fields)
        elif isinstance(ours, Fields):
            yield from self._in_fields(ours.name, ours.fields, theirs.fields)

    def _in_fields(
        self, name: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]
    ) -> Iterator[str]:
        yield from self._in_types(name, ours, theirs)
        for key in ours.keys() & theirs.keys():
            yield from self._in_given(f"{name}.{key}", ours[key].args, theirs[key].args)

    def _in_given(
        self, name: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]
    ) -> Iterator[str]:
        """Compare arguments or input fields, of which none that is required may be left out."""
        yield from self._in_types(name, ours, theirs)
        for key in theirs.keys() - ours.keys():
            if graphql.is_required_argument(theirs[key]):
                yield f"{name}.{key} is required by GitHub"

    def _in_types(
        self, name: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]
    ) -> Iterator[str]:
        self.fields += len(ours)
        yield from _unknown(name, ours.keys(), theirs.keys())
        for key in ours.keys() & theirs.keys():
            if str(ours[key].type) != str(theirs[key].type):
                yield f"{name}.{key} is {ours[key].type}, at GitHub {theirs[key].type}"


def _names(types: Any) -> Set[str]:
    return {one.name for one in types}


def _unknown(name: str, ours: Set[str], theirs: Set[str]) -> Iterator[str]:
    for key in sorted(ours - theirs):
        yield f"{name}.{key} is unknown to GitHub"


def everything_of(kind: graphql.GraphQLOutputType, given: Mapping[str, str]) -> str:
    """Return a selection of all fields of a type, and of the types in it that are not around it.

    `given` are the arguments, by the names of their fields.
    """
    return _selection(graphql.get_named_type(kind), given, frozenset())


def _selection(kind: Any, given: Mapping[str, str], around: frozenset[str]) -> str:
    if isinstance(kind, graphql.GraphQLUnionType):
        parts = [f"...on {one.name} {_selection(one, given, around)}" for one in kind.types]
        return f"{{ __typename {' '.join(parts)} }}"
    if not isinstance(kind, Fields):
        return ""
    fields = ["__typename"]
    for name, one in kind.fields.items():
        inner = graphql.get_named_type(one.type)
        arguments = ""
        if any(map(graphql.is_required_argument, one.args.values())):
            arguments = given.get(name, "")
            if not arguments:
                continue
        if inner.name not in around:
            fields.append(f"{name}{arguments} {_selection(inner, given, around | {kind.name})}")
    return f"{{ {' '.join(fields)} }}"
