"""YAML that people wrote."""

from __future__ import annotations

import pytest

from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.core.yaml_file import load_yaml, parse_yaml


def test_a_date_stays_text() -> None:
    assert load_yaml("version: 2024-01-31\n") == {"version": "2024-01-31"}
    assert load_yaml("on: [1, true, null]\n") == {True: [1, True, None]}


def test_an_error_names_the_file_the_line_and_the_command_that_says_more() -> None:
    with pytest.raises(BadInput) as caught:
        parse_yaml("a: 1\nb: c: d\n", "Chart.yaml", "`helm lint`")
    assert str(caught.value) == "Chart.yaml is not YAML, line 2: fix it; `helm lint` says more"
