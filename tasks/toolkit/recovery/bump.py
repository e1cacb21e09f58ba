"""Write the next version into Chart.yaml: one line changes, comments and format stay."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress

import yaml
from semver import Version

from ..clients.helm.chart import Chart
from ..clients.helm.chart_files import ensure_own_files
from ..clients.local_files import write_text
from ..console.output import status
from ..core.errors import BadInput, RecipeError, Refused, ServiceError
from ..core.shell import quote
from ..core.versions import (
    is_higher,
    is_prerelease,
    is_version,
    newest_release,
    published_versions,
    same_precedence,
)
from ..core.yaml_file import load_yaml
from ..incident.project import Project
from ..incident.release_rule import BY_WORKFLOW
from .automation import CHART_RELEASER, find_automation
from .next_version import version_above
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
    tags = _taken_tags(project)
    version = choose_version(chart.version, parts, to, newest_release(tags))
    _ensure_free(version, chart.version, tags)
    _warn_of_automation(project, chart)
    app_version = app_version or _following_app_version(project, chart, version)
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


def _taken_tags(project: Project) -> list[str]:
    """Return what is released or published, as tags of a registry; warn if that is not known."""
    tags: list[str] = []
    with suppress(RecipeError):
        released = project.releases.version_of(project.releases.highest_tag())
        tags += filter(None, [released])
    try:
        for reference in project.published_references():
            registry = project.registry(reference, anonymous=True)
            tags += registry.tags(reference) or []
    except ServiceError as error:
        status(f"could not tell what is published: {error.what}", "warning")
    return tags


def _ensure_free(version: str, current: str, tags: list[str]) -> None:
    """Refuse a version that is taken, or lower than Chart.yaml's or than the newest release."""
    highest = newest_release(tags)
    problem = ""
    if is_higher(current, version):
        problem = f"{version} is lower than {current}, which Chart.yaml has"
    if is_higher(highest, version):
        problem = f"{version} is lower than {highest}, which is published"
    for published in published_versions(tags):
        if same_precedence(version, str(published)):
            problem = f"{version} is released or published already"
    if problem:
        names = [name for name in (highest, current) if is_version(name)]
        free = version_above(names or [version], tags)
        raise Refused(problem, f"invoke chart.bump --to {free}")


def _following_app_version(project: Project, chart: Chart, version: str) -> str:
    """Return the appVersion that follows from a version; nothing if releases do not show that.

    Chart.yaml must keep to that rule now.
    """
    with suppress(RecipeError):
        tag = project.releases.highest_tag()
        if not tag:
            return ""
        rule = project.releases.rule_of(tag)
        before = rule.pattern.tag_of(chart.version)
        after = rule.pattern.tag_of(version)
        is_kept = rule.app_version_of(before) == chart.app_version
        if rule.is_app_version_at_tag and is_kept:
            return rule.app_version_of(after)
    return ""


def _warn_of_automation(project: Project, chart: Chart) -> None:
    """Warn if the version of the next release is not taken from what is written here."""
    try:
        tip = project.git.resolve("HEAD")
        automation = find_automation(project, chart.version, tip)
        is_replaced = project.releases.rule.version_from == BY_WORKFLOW
    except RecipeError as error:
        what = f"could not tell whether automation sets the version: {error.what}"
        status(what, "warning")
        return
    if automation and automation.name != CHART_RELEASER:
        status(f"{automation.plan}, whatever Chart.yaml says", "warning")
    elif is_replaced:
        status("the workflow replaces the version of Chart.yaml when it publishes", "warning")
