"""Whether the programs that the recipes run are installed, and how this helm behaves."""

from __future__ import annotations

import re

from ..clients.process import INSTALL
from ..console.findings import Finding
from ..core.errors import RecipeError
from ..incident.project import Project


def check_helm(project: Project) -> Finding:
    """Check that this version of helm was tested, and tell how it behaves."""
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
    """Check that git, gh and helm are installed."""
    versions = []
    missing = []
    for name in INSTALL:
        try:
            output = project.runner.run([name, "version"]).stdout
        except RecipeError as error:
            missing.append(str(error))
            continue
        number = re.search(r"(?<!\d)\d+\.[\d.]*\d", output)
        versions.append(f"{name} {number[0]}" if number else name)
    evidence = ", ".join(versions)
    if missing:
        return Finding("programs", "failed", evidence, "\n".join(missing))
    return Finding("programs", "passed", evidence)
