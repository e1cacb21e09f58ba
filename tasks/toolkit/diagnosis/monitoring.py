"""Monitor the newest releases: check them once, or again and again until a limit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from ..console.findings import SEE_BELOW, Finding, failing, join_names, show_findings
from ..console.result import add_findings
from ..console.watching import watch_findings
from ..core.errors import BadInput, CheckFailed
from ..incident.log import IncidentLog
from ..incident.project import Project
from .release_history import check_newest_releases


def monitor_releases(
    project: Project,
    log: IncidentLog,
    count: str,
    *,
    watch: bool,
    strict: bool,
) -> None:
    """Show what the newest releases are like, `count` of each chart.

    Raises BadInput, CheckFailed when some did not pass.
    """
    if not re.fullmatch(r"[1-9]|10", count):
        what = f"--releases {count!r} is not a number from 1 to 10"
        raise BadInput(what, "for example --releases 3")
    title = f"The newest releases of {project.slug}"
    check = partial(check_newest_releases, project, log, int(count))
    findings = check()
    if watch:
        settings = project.settings
        interval, limit = settings.poll_interval, settings.wait_timeout
        findings = watch_findings(title, findings, check, interval, limit)
    names = failing(findings, strict)
    if watch:
        add_findings(findings, "releases", passed=not names)
    else:
        show_findings(title, findings, "releases", passed=not names)
    if names:
        raise CheckFailed(f"{join_names(names)} did not pass", _advice(findings, names))


def _advice(findings: Sequence[Finding], names: Sequence[str]) -> str:
    """Return what to do about the releases in `names`; an older one is no reason to roll back."""
    newest = {}
    for finding in reversed(findings):
        newest[finding.chart] = finding.label
    if set(names).isdisjoint(newest.values()):
        return SEE_BELOW
    return "`invoke when.check` says whether to roll back"
