"""release-please's own commit changes what its configuration says, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tasks.toolkit.recovery.automation import CONFIG, MANIFEST
from tasks.toolkit.recovery.release_please import ReleaseCommit
from tasks.toolkit.recovery.release_please_package import Package, find_package

CHART = "charts/app"
FILE = f"{CHART}/Chart.yaml"
TEXT = "# chart\nname: app\nversion: 1.6.0\nappVersion: 1.6.0 # x-release-please-version\n"
NOTES = "CHANGELOG.md"
URL = "https://github.com/owner/app"


def changed(
    options: Mapping[str, Any],
    files: Mapping[str, str] | None = None,
    folder: str = ".",
) -> dict[str, str]:
    """Return the files that the commit of 1.7.0 changes, but for the manifest."""
    texts = {FILE: TEXT, MANIFEST: json.dumps({folder: "1.6.0", "other": "3.0.0"}), **(files or {})}
    package = Package(folder, "1.6.0", {"skip-changelog": True, **options})
    commit = ReleaseCommit(package, "1.7.0", URL, lambda path: texts.get(path, ""), lambda: texts)
    new = commit.changed_files()
    assert json.loads(new.pop(MANIFEST)) == {folder: "1.7.0", "other": "3.0.0"}
    return new


def yaml_file(path: str, json_path: str, **more: Any) -> dict[str, Any]:
    return {"type": "yaml", "path": path, "jsonpath": json_path, **more}


def test_a_type_that_is_not_of_charts_leaves_the_chart() -> None:
    assert changed({"release-type": "simple"}) == {}
    assert changed({"release-type": "go"}) == {}


def test_the_type_helm_changes_the_version_of_the_package_only() -> None:
    new = changed({"release-type": "helm"}, folder=CHART)
    assert new == {FILE: TEXT.replace("version: 1.6.0", "version: 1.7.0", 1)}
    assert changed({"release-type": "helm"}) == {}


def test_the_types_simple_and_node_change_their_own_files() -> None:
    simple = {"release-type": "simple", "version-file": "VERSION"}
    assert changed(simple, {"VERSION": "1.6.0\n"}) == {"VERSION": "1.7.0\n"}
    new = changed({"release-type": "node"}, {"package.json": '{"version": "1.6.0"}'})
    assert new == {"package.json": '{"version": "1.7.0"}'}


@pytest.mark.parametrize("key", ["version", "appVersion"])
def test_an_entry_changes_the_value_that_it_names(key: str) -> None:
    entry = yaml_file(FILE, f"$.{key}")
    new = changed({"extra-files": [entry]})
    assert new == {FILE: TEXT.replace(f"\n{key}: 1.6.0", f"\n{key}: 1.7.0")}


def test_an_entry_changes_values_deeper_in_a_file() -> None:
    values = f"{CHART}/values.yaml"
    entry = yaml_file(values, "$.image.tag")
    new = changed({"extra-files": [entry]}, {values: "image:\n  tag: 1.6.0\n"})
    assert new == {values: "image:\n  tag: 1.7.0\n"}


def test_a_value_that_is_no_text_stays() -> None:
    entry = yaml_file(FILE, "$.appVersion")
    assert changed({"extra-files": [entry]}, {FILE: "version: 1.6.0\nappVersion: 1.6\n"}) == {}


def test_marks_are_lost_in_a_file_that_is_written_anew() -> None:
    new = changed({"extra-files": [FILE]})
    assert new == {FILE: TEXT.replace("\nversion: 1.6.0", "\nversion: 1.7.0")}
    marked = {"type": "generic", "path": FILE}
    new = changed({"extra-files": [marked]})
    assert new == {FILE: TEXT.replace("appVersion: 1.6.0", "appVersion: 1.7.0")}


def test_a_plain_text_changes_where_it_is_marked() -> None:
    text = "Install 1.6.0 <!-- x-release-please-version -->\n"
    new = changed({"extra-files": ["README.md", "missing.md"]}, {"README.md": text})
    assert new == {"README.md": text.replace("1.6.0", "1.7.0")}


def test_a_version_within_a_json_text_keeps_what_is_around_it() -> None:
    entry = {"type": "json", "path": "a.json", "jsonpath": "$.image"}
    new = changed({"extra-files": [entry]}, {"a.json": '{"image": "app:1.6.0"}\n'})
    assert new == {"a.json": '{"image": "app:1.7.0"}\n'}


def test_paths_start_at_the_package_or_with_a_slash_at_the_root() -> None:
    entries = [yaml_file("Chart.yaml", "$.version"), yaml_file("/a.yaml", "$.v")]
    new = changed({"extra-files": entries}, {"a.yaml": "v: 1.6.0\n"}, folder=CHART)
    assert new.keys() == {FILE, "a.yaml"}
    every = yaml_file("charts/*/Chart.yaml", "$.version", glob=True)
    assert changed({"extra-files": [every]}).keys() == {FILE}


def test_no_workflow_changes() -> None:
    path = ".github/workflows/publish.yml"
    text = "name: 1.6.0 # x-release-please-version\n"
    assert changed({"extra-files": [path]}, {path: text}) == {}


def test_entries_of_other_kinds_are_passed_over() -> None:
    entries = [None, 1, {"path": 1}, {"type": "toml", "path": FILE, "jsonpath": "$.version"}]
    assert changed({"extra-files": entries}) == {}
    assert changed({"extra-files": "a"}) == {}


def test_the_notes_come_first_in_the_changelog() -> None:
    older = "# Changelog\n\n## [1.6.0](x) (2026-01-01)\n"
    new = changed({"skip-changelog": False}, {NOTES: older})
    headings = [line for line in new[NOTES].split("\n") if line.startswith("#")]
    assert headings[0] == "# Changelog"
    assert headings[1].startswith(f"## [1.7.0]({URL}/compare/v1.6.0...v1.7.0) (")
    assert headings[-1] == "## [1.6.0](x) (2026-01-01)"


def test_the_innermost_package_around_the_chart_counts() -> None:
    config = {"release-type": "simple", "packages": {CHART: {"release-type": "helm"}}}
    texts = {
        MANIFEST: json.dumps({".": "9.0.0", CHART: "1.6.0", "other": "2.0.0"}),
        CONFIG: json.dumps(config),
    }
    package = find_package(texts, CHART)
    assert package
    assert (package.folder, package.version) == (CHART, "1.6.0")
    assert package.options["release-type"] == "helm"
    assert find_package({CONFIG: json.dumps(config)}, CHART) is None


TAGS = [
    ({}, "v1.7.0"),
    ({"include-v-in-tag": False}, "1.7.0"),
    ({"component": "app"}, "app-v1.7.0"),
    ({"package-name": "app", "tag-separator": "@", "include-v-in-tag": False}, "app@1.7.0"),
    ({"component": "app", "include-component-in-tag": False}, "v1.7.0"),
]


@pytest.mark.parametrize(("options", "tag"), TAGS)
def test_a_tag_is_named_as_the_options_say(options: Mapping[str, Any], tag: str) -> None:
    assert Package(".", "1.6.0", options).tag_of("1.7.0") == tag


def test_the_first_version_is_that_of_a_package_without_releases() -> None:
    assert Package(".", "0.0.0", {}).first_version == "1.0.0"
    assert Package(".", "0.0.0", {"initial-version": "0.1.0"}).first_version == "0.1.0"
    assert Package(".", "1.6.0", {}).first_version == ""
