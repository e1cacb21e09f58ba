"""Write the next version into Chart.yaml: one line changes, comments and format stay."""

from __future__ import annotations

import re
from collections.abc import Sequence

import yaml
from semver import Version

from ..clients.helm.chart_files import ensure_own_files
from ..clients.local_files import write_text
from ..console.output import status
from ..core.errors import BadInput
from ..core.shell import quote
from ..core.versions import is_higher, is_prerelease, is_version, newest_release
from ..core.yaml_file import load_yaml
from ..incident.project import Project
from .bump_rules import ensure_free, following_app_version, taken_tags, warn_of_automation
from .package import ensure_well_formed

VALUE = r"(?P<quote>[\"']?)[^\"'#\s]+(?P=quote)(?P<rest>[ \t]*(?:#.*)?\r?)$"


def bump_chart(project: Project, parts: Sequence[str], to: str, app_version: str) -> None:
    """Write a version into the Chart.yaml of the working copy; the next patch by default.

    An appVersion that follows the version in every release follows here too.
    Raises BadInput, and Refused for a version that users would not get.
    """
    ensure_well_formed(to, app_version)
    ensure_own_files(project.root, project.chart_dir)
    chart = project.chart
    tags = taken_tags(project)
    version = choose_version(chart.version, parts, to, newest_release(tags))
    ensure_free(version, chart.version, tags)
    warn_of_automation(project, chart)
    app_version = app_version or following_app_version(project, chart, version)
    file = project.root / project.chart_dir / "Chart.yaml"
    text = file.read_bytes().decode()
    values = {"version": version}
    if app_version:
        values["appVersion"] = app_version
    new_text = replace_values(text, values, str(file))
    if new_text == text:
        status(f"{chart.name} already has the version {version}", "done")
        return
    command = _shell_form(text, new_text, str(file))
    written = write_text(project.runner.executor, file, new_text, command)
    if not written:
        return
    done = f"{chart.name}: version {chart.version} → {version}"
    if app_version:
        done += f", appVersion {chart.app_version or 'none'} → {app_version}"
    status(done, "done")
    name = quote(str(file))
    status(f"git diff {name}", "next")


def choose_version(current: str, parts: Sequence[str], to: str, newest: str = "") -> str:
    """Return the version after `current`, by one of the parts of it, or the one that is given.

    That is `current` itself if it is so far above the `newest` release already. Raises BadInput.
    """
    if to and not is_version(to):  # `next` stands for another version elsewhere
        raise BadInput(f"--to {to!r} is not a semantic version", "give one such as 1.7.1")
    if to:
        return to
    if not is_version(current):
        raise BadInput(f"Chart.yaml has the version {current}", "give the next one with --to")
    part = "patch"
    for given in parts:
        part = given
    if newest and is_higher(current, newest) and not is_prerelease(current):
        needed = Version.parse(newest).next_version(part)
        if not is_higher(str(needed), current):
            return current
    bumped = Version.parse(current).next_version(part)
    return str(bumped)


def replace_values(text: str, values: dict[str, str], where: str) -> str:
    """Return the text of a Chart.yaml with other values in the lines of these keys.

    Raises BadInput, that says `where` it is, if one is not in a line of its own.
    """
    before = load_yaml(text)
    for key, value in values.items():
        text, count = _replace_line(text, key, value)
        if count != 1:
            what = f"{where} has {count or 'no'} lines that are `{key}: VALUE`"
            raise BadInput(what, "correct it by hand")
    if load_yaml(text) != {**before, **values}:
        raise BadInput(f"{where} would have other changes too", "correct it by hand")
    return text


def _replace_line(text: str, key: str, value: str) -> tuple[str, int]:
    """Replace a value at the top of a YAML text; return how many lines have one.

    The value is quoted as before, or if it is a number without quotes.
    """

    def with_value(line: re.Match[str]) -> str:
        mark = line["quote"]
        if not mark and not isinstance(yaml.safe_load(value), str):
            mark = '"'
        return f"{line['key']}{mark}{value}{mark}{line['rest']}"

    return re.subn(rf"(?m)^(?P<key>{key}:[ \t]+){VALUE}", with_value, text)


def _shell_form(text: str, new_text: str, file: str) -> str:
    """Return the command that makes the same change in a shell."""
    expressions = []
    old_lines = text.split("\n")
    new_lines = new_text.split("\n")
    for number, (old, new) in enumerate(zip(old_lines, new_lines, strict=True), 1):
        if old != new:
            escaped = re.sub(r"([\\&|])", r"\\\1", new.removesuffix("\r"))
            expressions.append(f"{number}s|.*|{escaped}|")
    script = quote("; ".join(expressions))
    name = quote(file)
    new_name = quote(f"{file}.new")
    return f"sed {script} {name} > {new_name} && mv {new_name} {name}"
