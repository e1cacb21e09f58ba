"""YAML that people wrote."""

from __future__ import annotations

import pytest
import yaml

from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.core.yaml_file import MOST_TEXT, load_yaml, parse_yaml


def test_a_date_stays_text() -> None:
    assert load_yaml("version: 2024-01-31\n") == {"version": "2024-01-31"}
    assert load_yaml("on: [1, true, null]\n") == {True: [1, True, None]}


def test_an_error_names_the_file_the_line_and_the_command_that_says_more() -> None:
    with pytest.raises(BadInput) as caught:
        parse_yaml("a: 1\nb: c: d\n", "Chart.yaml", "`helm lint`")
    assert str(caught.value) == "Chart.yaml is not YAML, line 2: fix it; `helm lint` says more"


def laughs(alias: str) -> str:
    """Return lists of the list before, nine times each."""
    lines = ["a0: &a0 {x: y}"]
    for number in range(1, 30):
        repeated = ", ".join([f"*a{number - 1}"] * 9)
        lines.append(f"a{number}: &a{number} {alias.format(repeated)}")
    return "\n".join(lines)


MALFORMED = "is not YAML"
TOO_LARGE = "has more than"
OUTSIDE = {
    "a billion laughs": (laughs("[{}]"), TOO_LARGE),
    "a billion keys": (laughs("{{<<: [{}]}}"), TOO_LARGE),
    "what contains itself": ("&a [*a]", TOO_LARGE),
    "a long text": ("x" * (MOST_TEXT + 1), "has more than 1 MiB"),
    "deep mappings": ("{a: " * 5000, "is nested too deeply"),
    "deep lines": ("- " * 5000, "is nested too deeply"),
    "a long number": ("a: 0x" + "f" * 5000, "has a number of more than 100 digits"),
    "a sexagesimal number": ("a: 1" + ":1" * 5000, "has a number of more than 100 digits"),
    "no date": ("a: !!timestamp x", MALFORMED),
    "no truth": ("a: !!bool x", MALFORMED),
    "an empty number": ("a: !!int ''", MALFORMED),
    "an object": ("!!python/object/apply:os.system [id]", MALFORMED),
    "a list as a key": ("? [a]\n: b", MALFORMED),
    "a control character": ("a: \x01", MALFORMED),
    "two documents": ("a\n---\nb", MALFORMED),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_whatever_cannot_be_used_is_one_error_that_names_the_file(name: str) -> None:
    text, message = OUTSIDE[name]
    with pytest.raises(BadInput, match=f"^Chart.yaml {message}"):
        parse_yaml(text, "Chart.yaml", "`helm lint`")


def test_an_alias_is_used() -> None:
    value = load_yaml("a: &a [1]\nb: {<<: {c: *a}}\n")
    assert value == {"a": [1], "b": {"c": [1]}}


def test_a_value_that_is_changed_changes_none_that_is_read_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "jobs: {publish: {steps: [one]}}\n"
    load_yaml(text)["jobs"]["publish"]["steps"].append("two")
    monkeypatch.setattr(yaml, "load", None)  # the text is not parsed again
    assert load_yaml(text) == {"jobs": {"publish": {"steps": ["one"]}}}


def test_what_cannot_be_read_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(BadInput):
            parse_yaml("a: [\n", "Chart.yaml", "`helm lint`")
