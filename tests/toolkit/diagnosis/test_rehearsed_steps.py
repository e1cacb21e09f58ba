"""How steps ended is told in few lines, what failed first."""

from __future__ import annotations

from tasks.sandbox.rehearsal.results import Step
from tasks.toolkit.diagnosis.rehearsed_steps import failure_lines, job_lines, unrehearsed_lines

FILE = ".github/workflows/release.yml"
HASH = "6f9f17788090df1f26f669e9d70d6ae9567deba6"
NO_COSIGN = ("cosign is not on this machine",)


def build(service: str, conclusion: str = "success") -> Step:
    return Step(f"build ({service})", FILE, "Build", conclusion, "no space", ("no images",))


def test_jobs_of_a_matrix_that_ended_alike_share_a_line() -> None:
    steps = [build("a"), build("b"), Step("lint (fast)", FILE, "Lint", "success", "")]
    assert list(job_lines(steps)) == [
        "build (2 jobs, each): 1 not rehearsed",
        "lint (fast): 1 success",
    ]


def test_jobs_of_a_matrix_that_ended_otherwise_have_their_own_lines() -> None:
    lines = list(job_lines([build("a"), build("b", "failure")]))
    assert lines == ["build (a): 1 not rehearsed", "build (b): 1 failure"]


def test_the_same_failure_of_a_matrix_is_told_once() -> None:
    steps = [build("a", "failure"), build("b", "failure")]
    assert list(failure_lines(steps)) == ['build (2 jobs, each), "Build" failed:', "| no space"]


def test_what_is_sure_to_fail_comes_before_what_may_fail() -> None:
    unsure = Step("a", FILE, "Sign", "failure", "no key", doubts=("the secret KEY is not here",))
    sure = Step("b", FILE, "Package", "failure", "no chart")
    lines = list(failure_lines([unsure, sure]))
    assert lines[0] == 'b, "Package" failed:'
    assert lines[-1] == "GitHub may end it otherwise: the secret KEY is not here"


def test_a_reason_is_told_once_with_some_of_its_steps_and_short_hashes() -> None:
    names = [f"Run sigstore/cosign-installer@{HASH}", "Sign a", "Sign b", "Sign c"]
    steps = [Step("release", FILE, name, "success", "", NO_COSIGN) for name in names]
    (line,) = unrehearsed_lines(steps)
    assert line == (
        "not rehearsed: cosign is not on this machine:"
        ' "Run sigstore/cosign-installer@6f9f177", "Sign a", "Sign b", and 1 more'
    )


def test_many_reasons_and_jobs_are_cut() -> None:
    steps = [Step(f"j{n}", FILE, "s", "success", "", (f"reason {n}",)) for n in range(20)]
    assert list(unrehearsed_lines(steps))[-1] == "and 14 more reasons: --json has all"
    assert list(job_lines(steps))[-1] == "and 8 more jobs"
