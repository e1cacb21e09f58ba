"""Values as the clients return them: releases, runs, pull requests, issues, charts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from tasks.toolkit.clients.github.issues import Issue
from tasks.toolkit.clients.github.pulls import PullRequest
from tasks.toolkit.clients.github.releases import Release
from tasks.toolkit.clients.github.runs import Run
from tasks.toolkit.clients.helm.chart import Chart
from tasks.toolkit.clients.registry.reference import Reference

NOW = datetime.now(UTC)
USERS = "oci://registry.example/owner/charts/podinfo"
REFERENCE = Reference.parse(f"{USERS}:1.7.0")


def ago(**duration: float) -> datetime:
    return NOW - timedelta(**duration)


def release(version: str, published: datetime = NOW) -> Release:
    return Release(f"v{version}", published, version, "1" * 40)


def run(
    number: int,
    branch: str,
    conclusion: str = "success",
    created: datetime = NOW,
    status: str = "completed",
) -> Run:
    url = f"https://github.com/owner/podinfo/actions/runs/{number}"
    return Run(number, status, conclusion, created, url, "release", branch, "Publish")


def pull(
    number: int,
    title: str = "feat: more",
    head: str = "more",
    merged: str = "",
) -> PullRequest:
    return PullRequest(
        id=f"PR_{number}",
        number=number,
        title=title,
        body="",
        state="MERGED" if merged else "OPEN",
        url=f"https://github.com/owner/podinfo/pull/{number}",
        draft=False,
        head=head,
        head_commit="1" * 40,
        base="main",
        author="somebody",
        by_app=False,
        from_fork=False,
        merge_commit=merged,
        merged_at=NOW if merged else None,
    )


def issue(
    number: int,
    title: str,
    body: str = "",
    labels: Iterable[str] = (),
) -> Issue:
    url = f"https://github.com/owner/podinfo/issues/{number}"
    return Issue(number, title, body, url, "OPEN", NOW, tuple(labels))


def chart(version: str, app_version: str = "") -> Chart:
    return Chart("podinfo", version, app_version or version)
