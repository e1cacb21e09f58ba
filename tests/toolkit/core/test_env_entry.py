"""The lines of a new `.env`: each value is read back as it was found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.toolkit.core.env_entry import Entry
from tasks.toolkit.core.env_file import read_env_file

FOLDERS = ("../podinfo", "/a b/c", "/it's/here", "/a#b", '/a"b', "/a\\b", "/$HOME/`x`", "/ü/%d")


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_value_is_read_back_as_it_was_found(tmp_path: Path, folder: str) -> None:
    file = tmp_path / ".env"
    lines = Entry("REPO_DIR", folder, "a\nREPO_DIR=elsewhere").lines()
    file.write_text("\n".join(lines) + "\n")
    assert read_env_file(file, ["REPO_DIR"])[0] == {"REPO_DIR": folder}


def test_what_is_derived_or_could_not_be_told_is_a_comment() -> None:
    derived = Entry("CHART_DIR", "helm/x", "the only chart", derived=True)
    unknown = Entry("REGISTRY", "", "two\nplaces", candidates=["oci://a/b", "oci://c/d\nX=1"])
    assert not derived.is_written
    assert not unknown.is_written
    assert derived.lines() == ["# Derived: the only chart", "# CHART_DIR=helm/x"]
    assert unknown.lines() == [
        "# REGISTRY could not be determined: two places",
        "# REGISTRY=oci://a/b",
        "# REGISTRY=oci://c/d X=1",
    ]


def test_a_long_reason_is_several_comments() -> None:
    charts = [f"charts/number-{number}" for number in range(40)]
    entry = Entry("CHART_DIR", "charts/*", ", ".join(charts))
    *comments, line = "\n".join(entry.lines()).split("\n")
    assert line == "CHART_DIR=charts/*"
    assert len(comments) > 1
    assert all(comment.startswith("# ") and len(comment) < 80 for comment in comments)
