"""How the jobs and steps of a rehearsal ended, and what kept them apart from this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..console.findings import Finding
from .rehearsal_checks import GIVE_ACTION, MOST_REASONS, Rehearsed
from .rehearsal_parts import Results, Step

OF_GITHUB = "GitHub may end it otherwise"


def check_run(rehearsed: Rehearsed) -> Finding:
    """Judge how the jobs and steps ended."""
    results = rehearsed.results
    lines = [*_job_lines(results.steps), *_failure_lines(results.steps)]
    if not results.steps or (results.conclusion == "failure" and not _has_failure(results)):
        lines += results.log.strip().splitlines()
    unrehearsed = [step for step in results.steps if step.not_rehearsed]
    lines += _unrehearsed_lines(unrehearsed)
    evidence = "\n".join(lines)
    if results.is_late:
        late = f"ended at WAIT_TIMEOUT; {rehearsed.release.path} did not end by itself"
        return Finding(
            "run", "unverified", f"{late}\n{evidence}", "set WAIT_TIMEOUT to more seconds"
        )
    if rehearsed.failed_steps:
        step = rehearsed.failed_steps[0]
        advice = f'mend the step "{step.name}" in {rehearsed.release.path}, then rehearse again'
        return Finding("run", "failed", evidence, advice)
    if rehearsed.doubtful_steps or results.conclusion != "success":
        return Finding("run", "unverified", evidence, GIVE_ACTION)
    if unrehearsed:
        return Finding("run", "unverified", evidence)
    return Finding("run", "passed", evidence)


def _has_failure(results: Results) -> bool:
    return any(step.conclusion == "failure" for step in results.steps)


def _job_lines(steps: Sequence[Step]) -> Iterator[str]:
    """Yield how many steps of each job ended how."""
    jobs = dict[str, list[Step]]()
    for step in steps:
        jobs.setdefault(step.job, []).append(step)
    for job, its_steps in jobs.items():
        counts = dict[str, int]()
        for step in its_steps:
            word = step.conclusion
            if step.not_rehearsed and word == "success":
                word = "not rehearsed"
            counts[word] = counts.get(word, 0) + 1
        yield f"{job}: {', '.join(f'{count} {word}' for word, count in counts.items())}"


def _failure_lines(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        if step.conclusion != "failure":
            continue
        yield f'{step.job}, "{step.name}" failed:'
        for line in step.log.splitlines():
            yield f"  {line}"
        if step.doubts:
            yield f"  {OF_GITHUB}: {'; '.join(step.doubts[:MOST_REASONS])}"


def _unrehearsed_lines(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        reasons = "; ".join(step.not_rehearsed[:MOST_REASONS])
        yield f'not rehearsed: {step.job}, "{step.name}": {reasons}'


def check_isolation(rehearsed: Rehearsed) -> Finding:
    """Tell what kept the steps apart from this machine, and what they asked for in vain."""
    results = rehearsed.results
    lines = []
    if results.isolation:
        lines.append(f"{results.isolation}: own files and processes, no network but the sandbox's")
    else:
        lines.append("neither bwrap nor unshare works here: the steps ran as you, with your files")
    lines += [f"refused: {wanted}" for wanted in dict.fromkeys(results.refused)]
    outcome = "passed" if results.isolation else "unverified"
    advice = "" if results.isolation else "install bubblewrap"
    return Finding("isolation", outcome, "\n".join(lines), advice)
