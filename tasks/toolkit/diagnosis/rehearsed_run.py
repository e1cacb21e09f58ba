"""How the jobs and steps of a rehearsal ended, and what kept them apart from this machine."""

from __future__ import annotations

from ..console.findings import Finding
from .rehearsal_advice import advise_on_doubts
from .rehearsed import Rehearsed
from .rehearsed_steps import failure_lines, job_lines, step_name, unrehearsed_lines

MOST_REFUSED = 6


def check_run(rehearsed: Rehearsed) -> Finding:
    """Judge how the jobs and steps ended. What failed comes first."""
    results = rehearsed.results
    lines = [*results.faults, *failure_lines(results.steps)]
    if not results.steps or (results.conclusion == "failure" and not lines):
        lines += results.log.strip().splitlines()
    lines += [*job_lines(results.steps), *unrehearsed_lines(results.steps)]
    evidence = "\n".join(lines)
    if results.is_late:
        late = f"ended at WAIT_TIMEOUT; {rehearsed.release.path} did not end by itself"
        return Finding(
            "run", "unverified", f"{late}\n{evidence}", "set WAIT_TIMEOUT to more seconds"
        )
    if results.faults:
        advice = "give these permissions in the workflow files, then rehearse again"
        return Finding(
            "run",
            "failed",
            evidence,
            advice,
        )
    if rehearsed.failed_steps:
        step = rehearsed.failed_steps[0]
        advice = f"mend the step {step_name(step)} in {step.file}, then rehearse again"
        return Finding(
            "run",
            "failed",
            evidence,
            advice,
        )
    if rehearsed.doubtful_steps or results.conclusion != "success":
        return Finding(
            "run",
            "unverified",
            evidence,
            advise_on_doubts(rehearsed),
        )
    if any(step.not_rehearsed for step in results.steps):
        return Finding("run", "unverified", evidence)
    return Finding("run", "passed", evidence)


def check_isolation(rehearsed: Rehearsed) -> Finding:
    """Tell what kept the steps apart from this machine, and what they asked for in vain."""
    results = rehearsed.results
    lines = []
    if results.isolation:
        lines.append(f"{results.isolation}: own files and processes, no network but the sandbox's")
    else:
        lines.append("neither bwrap nor unshare works here: the steps ran as you, with your files")
    refused = list(dict.fromkeys(results.refused))
    lines += [f"refused: {wanted}" for wanted in refused[:MOST_REFUSED]]
    if len(refused) > MOST_REFUSED:
        lines.append(f"and {len(refused) - MOST_REFUSED} more")
    outcome = "passed" if results.isolation else "unverified"
    advice = "" if results.isolation else "install bubblewrap"
    return Finding(
        "isolation",
        outcome,
        "\n".join(lines),
        advice,
    )
