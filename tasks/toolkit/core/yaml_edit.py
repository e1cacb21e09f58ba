"""Replace single values in a YAML or JSON text; everything else keeps its form and comments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import yaml

Keys = Sequence[str | int]  # the way to a value; ANY stands for each key or index
ANY = "*"
_STEP = re.compile(r"\.([^.\[\]'\"@()?*]+|\*)|\[(\d+|\*)\]|\[(?:'([^']*)'|\"([^\"]*)\")\]")
_STRING = "tag:yaml.org,2002:str"


def parse_json_path(path: str) -> Keys | None:
    """Return the keys of a JSON path such as `$.image.tag`; None for one with other parts."""
    if not path.startswith("$"):
        return None
    keys: list[str | int] = []
    position = 1
    while position < len(path):
        step = _STEP.match(path, position)
        if not step:
            return None
        key, index, *quoted = step.groups()
        if index and index != ANY:
            keys.append(int(index))
        else:
            keys.append(key or index or quoted[0] or quoted[1] or "")
        position = step.end()
    return keys


def replace_strings(
    text: str,
    keys: Keys,
    change: Callable[[str], str],
    *,
    of_any_type: bool = False,
) -> tuple[str, int]:
    """Return the text with the strings at some keys changed, and how many there were.

    With `of_any_type`, numbers and other plain values count too. A text that is neither YAML nor
    JSON stays as it is.
    """
    try:
        # No string in JSON has a tab, and YAML takes none between values.
        documents = list(yaml.compose_all(text.replace("\t", " "), yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError, ValueError):
        return text, 0
    found = []
    for document in documents:
        for node in _nodes_at(document, keys):
            if of_any_type or node.tag == _STRING:
                found.append(node)
    found.sort(key=_position)
    for node in reversed(found):  # so that positions stay
        before = text[: node.start_mark.index]
        after = text[node.end_mark.index :]
        value = change(node.value)
        text = before + _written(node, value) + after
    return text, len(found)


def _nodes_at(node: yaml.Node | None, keys: Keys) -> Iterator[yaml.ScalarNode]:
    """Yield the values that are no mappings or lists at the end of the keys."""
    if not keys:
        if isinstance(node, yaml.ScalarNode):
            yield node
        return
    entries: list[tuple[str | int, yaml.Node]] = []
    if isinstance(node, yaml.MappingNode):
        entries = [(key.value, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        entries = list(enumerate(node.value))
    for key, value in entries:
        if keys[0] in (ANY, key):
            yield from _nodes_at(value, keys[1:])


def _position(node: yaml.ScalarNode) -> int:
    position: int = node.start_mark.index
    return position


def _written(node: yaml.ScalarNode, value: str) -> str:
    """Return a value in the quotes that the one before it has."""
    if node.style in ("'", '"'):
        return f"{node.style}{value}{node.style}"
    if node.style:  # a block ends with its line
        return f"{value}\n"
    return value
