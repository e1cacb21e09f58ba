"""Whether the programs that the recipes run are installed, and how this helm behaves."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..clients.missing_programs import INSTALL, TOOLS, folders_of_drill
from ..console.findings import NOT_LOOKED_AT, Finding, join_names
from ..core.errors import ProgramMissing, RecipeError
from ..core.shell import quote
from ..incident.project import Project


def check_helm(project: Project) -> Finding:
    """Check that this version of helm was tested, and report how it behaves."""
    return judge_helm(project.helm.version, project.settings.plain_http)


def judge_helm(version: tuple[int, int], plain_http: bool) -> Finding:
    """Return the finding on a major and minor version of helm."""
    behaviour = "the archive is kept and pushed again as it is, a push is reported on stderr"
    if version >= (4, 3):
        behaviour = "packages a chart to the same bytes each time, reports a push on stdout"
    if plain_http and version >= (4, 0):
        behaviour += ", gets --plain-http for plain HTTP"
    elif plain_http:
        behaviour += ", detects plain HTTP on loopback"
    major, minor = version
    evidence = f"helm {major}.{minor}: {behaviour}"
    if (3, 17) <= version < (5, 0):
        return Finding("helm", "passed", evidence)
    return Finding("helm", "unverified", evidence, "tested are helm 3.17 to 4.3")


def check_programs(project: Project) -> Finding:
    """Check that git, gh and helm are installed, and offer those that the drill brought."""
    versions = []
    missing = []
    advice = []
    for name in INSTALL:
        try:
            output = project.runner.run([name, "version"]).stdout
        except ProgramMissing:
            missing.append(name)
            continue
        except RecipeError as error:
            advice.append(str(error))
            continue
        number = re.search(r"(?<!\d)\d+\.[\d.]*\d", output)
        versions.append(f"{name} {number[0]}" if number else name)
    parts = [", ".join(versions)]
    if not advice and not missing:
        return Finding("programs", "passed", parts[0])
    if missing:
        parts.append(f"not on PATH: {join_names(missing)}")
    folders = folders_of_drill(TOOLS, missing)
    if folders:
        parts.append(f"the drill has brought {join_names(list(folders))}")
    advice += _ways_to_get(missing, folders)
    evidence = "; ".join(filter(None, parts))
    return Finding("programs", "failed", evidence, "\n".join(advice))


def _ways_to_get(missing: Sequence[str], folders: Mapping[str, Path]) -> Iterator[str]:
    """Yield a line for each program that is missing, or for those that the drill brought."""
    if folders:
        path = os.pathsep.join(map(_quoted, folders.values()))
        line = f"export PATH={path}{os.pathsep}$PATH"
        yield f"paste this line, then `invoke doctor`: {line}"
    for name in missing:
        if name not in folders:
            yield INSTALL[name]


def leave_to_programs(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings where only that of the programs says how to get one that is missing."""
    left = []
    for finding in findings:
        if finding.evidence.startswith(NOT_LOOKED_AT):
            left.append(replace(finding, next=""))
        else:
            left.append(finding)
    return left


def _quoted(folder: Path) -> str:
    return quote(str(folder))
