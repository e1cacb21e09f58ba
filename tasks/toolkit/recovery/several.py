"""Publish several charts in one incident: those that its revert touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from ..console.findings import join_names
from ..console.output import status
from ..console.waiting import run_parallel
from ..core.errors import BadInput
from ..incident.event import CHARTS
from ..incident.log import IncidentLog
from ..incident.project import Project, each_chart
from ..workflows.touched import reverted_charts
from .alias import ensure_alias_possible, needs_alias
from .chart_version import version_of_source
from .package import NEXT
from .push import ensure_push_possible
from .safeguards import ensure_overwrite_names
from .source import ensure_no_open_revert, open_source

Step = Callable[[], object]
PUBLISHED, MISSING, UNRELEASED = "published", "missing", "unreleased"
LEFT_AS_IS = {  # the states of charts that need no publication, in words
    PUBLISHED: "nothing to publish, since the newest release is published",
    UNRELEASED: "nothing to publish, since nobody has released it yet",
}


def publish_charts(
    project: Project,
    log: IncidentLog,
    options: Mapping[str, str],
    *,
    package: Step,
    login: Step,
    push: Step,
    alias: Step,
) -> None:
    """Publish the charts that need it by steps that work on one; all are checked before a push.

    Raises RecipeError, Exit.
    """
    charts = _charts_to_publish(project, log, options)
    if options["overwrite"]:
        _ensure_overwrite_published(charts[0], log, options)
    if not charts:
        log.record_skipped(charts=[])
        return
    with _recording_charts(log, charts):
        for _ in each_chart(charts):
            package()
        _ensure_pushable(charts, log, options["overwrite"])
        login()
        try:
            for chart in each_chart(charts):
                push()
                if needs_alias(chart, log.facts.name):
                    alias()
        finally:
            project.helm.login.begin_log_out(project.push_reference.host)
            project.watches.add(project.helm.login)


def _charts_to_publish(
    project: Project, log: IncidentLog, options: Mapping[str, str]
) -> list[Project]:
    """Return the only chart, or the chosen one, or those that the merged revert touched.

    One that only what publishes it touched is left as it is if its newest release is published.
    Raises BadInput for `options` that are of one chart.
    """
    charts = project.charts()
    if len(charts) == 1:
        return charts
    facts = log.facts
    touched = reverted_charts(project, facts)
    if not touched:
        ensure_no_open_revert(facts)
        project.ensure_one_chart()
    _ensure_for_all(options)
    unchanged = []
    for one in touched:
        if not one.is_changed:
            unchanged.append(one.project)
    missing = _missing_charts(unchanged)
    return [one.project for one in touched if one.is_changed or one.project in missing]


def _ensure_overwrite_published(
    project: Project, log: IncidentLog, options: Mapping[str, str]
) -> None:
    """Raise BadInput, before anything is done, if `--overwrite` is not what will be published."""
    overwrite, version = options["overwrite"], options["version"]
    if version == NEXT:
        what = f"--overwrite {overwrite} and --version {NEXT} exclude each other"
        raise BadInput(what, f"{NEXT} is a free version; leave one out")
    if not version:
        with open_source(project, log, options["ref"]) as source:
            chart = project.helm.read_chart(source.top / project.chart_dir)
            version = version_of_source(project, source, chart)
    ensure_overwrite_names(version, overwrite)


def _missing_charts(charts: Sequence[Project]) -> list[Project]:
    """Return the charts whose newest release is not published, and say why the others are left."""
    states = run_parallel([partial(_state_of_newest, chart) for chart in charts])
    by_state: dict[str, list[Project]] = {}
    for chart, state in zip(charts, states, strict=True):
        by_state.setdefault(state, []).append(chart)
    for state, why in LEFT_AS_IS.items():
        labels = []
        for chart in by_state.get(state, []):
            labels.append(chart.label)
        if labels:
            status(f"{why}: {join_names(labels)}")
    return by_state.get(MISSING, [])


def _ensure_for_all(options: Mapping[str, str]) -> None:
    for name, value in options.items():
        if value and value != NEXT:
            what = f"--{name.replace('_', '-')} {value} cannot be for several charts"
            raise BadInput(what, "add --chart with the name of one")


def _state_of_newest(project: Project) -> str:
    """Return whether the newest release of a chart, if it has one, is published."""
    for release in project.releases.newest(1):
        reference = project.install_reference().with_version(release.version)
        manifest = project.registry(reference).manifest(reference)
        is_published = manifest is not None and manifest.is_chart
        return PUBLISHED if is_published else MISSING
    return UNRELEASED


def _ensure_pushable(charts: Sequence[Project], log: IncidentLog, overwrite: str) -> None:
    """Check, before any push, that each packaged chart can be pushed, and get its alias.

    Raises BadInput, Refused.
    """
    for chart in each_chart(charts):
        if len(charts) > 1:
            ensure_push_possible(chart, log, overwrite)
        ensure_alias_possible(chart, log, overwrite)


@contextmanager
def _recording_charts(log: IncidentLog, charts: Sequence[Project]) -> Iterator[None]:
    """Record which of several charts the block publishes."""
    if len(charts) == 1:
        yield
        return
    labels = []
    for chart in charts:
        labels.append(chart.label)
    with log.recording_step(charts=labels) as outcome:
        yield
        outcome.data[CHARTS] = labels
