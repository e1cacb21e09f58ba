"""The last lines that a failed step printed."""

from __future__ import annotations

from tasks.toolkit.diagnosis.run_logs import MOST_LINES, last_lines

from .test_failure import LOG


def test_only_the_failed_step_is_shown_without_the_marks_of_the_runner() -> None:
    assert last_lines(LOG).splitlines() == [
        "Run helm lint ./helm/podinfo",
        "helm lint ./helm/podinfo",
        "[ERROR] podinfo/templates/job.yaml: parse error",
    ]


def test_without_a_failed_step_the_end_of_the_job_is_shown() -> None:
    lines = [str(number) for number in range(MOST_LINES + 5)]
    assert last_lines("\n".join(lines)).splitlines() == lines[5:]
