"""Single values of a text are replaced; the rest stays byte for byte."""

from __future__ import annotations

import pytest

from tasks.toolkit.core.yaml_edit import Keys, parse_json_path, replace_strings

PATHS: list[tuple[str, list[str | int] | None]] = [
    ("$.version", ["version"]),
    ("$.image.tag", ["image", "tag"]),
    ("$['a.b'][\"c\"]", ["a.b", "c"]),
    ("$.packages['']", ["packages", ""]),
    ("$.charts[0].version", ["charts", 0, "version"]),
    ("$.charts[*].version", ["charts", "*", "version"]),
    ("$..version", None),
    ("$.charts[?(@.name=='a')].version", None),
    ("version", None),
]


@pytest.mark.parametrize(("path", "keys"), PATHS)
def test_a_path_is_read_as_keys(path: str, keys: list[str | int] | None) -> None:
    assert parse_json_path(path) == keys


REPLACED: list[tuple[str, Keys, str]] = [
    ("# é\nversion: 1.6.0 # x\n", ["version"], "# é\nversion: 1.7.0 # x\n"),
    ("a: '1.6.0'\nb: \"1.6.0\"\n", ["b"], "a: '1.6.0'\nb: \"1.7.0\"\n"),
    ("image: {tag: 1.6.0, name: a}\n", ["image", "tag"], "image: {tag: 1.7.0, name: a}\n"),
    ("a:\n- b: 1.6.0\n- b: 1.5.0\n", ["a", 1, "b"], "a:\n- b: 1.6.0\n- b: 1.7.0\n"),
    ("a:\n- b: 1.6.0\n- b: 1.5.0\n", ["a", "*", "b"], "a:\n- b: 1.7.0\n- b: 1.7.0\n"),
    (
        '{\n\t"version":\t"1.6.0",\n\t"a": "\\t"}',
        ["version"],
        '{\n\t"version":\t"1.7.0",\n\t"a": "\\t"}',
    ),
    (
        '{"packages": {"": {"v": "1.6.0"}}}',
        ["packages", "", "v"],
        '{"packages": {"": {"v": "1.7.0"}}}',
    ),
    ("v: 1.6.0\n---\nv: 1.5.0\n", ["v"], "v: 1.7.0\n---\nv: 1.7.0\n"),
]


@pytest.mark.parametrize(("text", "keys", "expected"), REPLACED)
def test_only_the_value_at_the_keys_changes(text: str, keys: Keys, expected: str) -> None:
    assert replace_strings(text, keys, lambda _: "1.7.0")[0] == expected


LEFT: list[tuple[str, Keys]] = [
    ("version: 1.6\n", ["version"]),
    ("version:\n", ["version"]),
    ("version: {a: 1.6.0}\n", ["version"]),
    ("a: 1.6.0\n", ["version"]),
    ("a: [", ["a"]),
    ("- 1.6.0\n", ["version"]),
    ("", ["version"]),
    ("[" * 3000, ["version"]),
]


@pytest.mark.parametrize(("text", "keys"), LEFT)
def test_what_is_no_string_stays(text: str, keys: Keys) -> None:
    assert replace_strings(text, keys, lambda _: "1.7.0") == (text, 0)


def test_a_number_changes_if_that_is_wanted() -> None:
    changed = replace_strings("version: 1.6\n", ["version"], lambda _: "1.7.0", of_any_type=True)
    assert changed == ("version: 1.7.0\n", 1)
