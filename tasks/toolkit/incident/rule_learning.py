"""The rules that a chart's releases keep, learned from its tags and the charts at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..clients.git.tag_list import OriginTag
from ..core.tag_pattern import TagPattern, possible_charts, split_tag
from ..core.versions import is_never_released, is_prerelease
from .release_rule import EQUAL, ReleaseRule, Sample
from .rule_candidate import Candidate, History

SAMPLES = 6  # beside the newest
RECENT = 5  # releases that decide which of two patterns is in use
Named = tuple[OriginTag, str]  # a tag, and the version that it names


def learn_rules(
    chart: str,
    charts: frozenset[str],
    tags: Sequence[OriginTag],
    history: History,
    pattern: TagPattern | None = None,
    app_version_rule: str = "",
) -> list[ReleaseRule]:
    """Return the rules that a chart's releases keep, the one that counts first.

    `tags` are all of the repository's, newest first, and `charts` its charts: tags of the others
    are passed over. There is one rule if a `pattern` is set, and none if no tag is the chart's.
    An `app_version_rule` may be set too.
    """
    if pattern:
        named = [(tag, pattern.version_of(tag.name)) for tag in tags]
        grouped = {pattern: [(tag, version) for tag, version in named if version]}
    else:
        grouped = _tags_by_pattern(chart, charts, tags)
    candidates = _find_candidates(chart, charts <= {chart}, grouped, history)
    if pattern:
        rules = [candidate.rule(history, app_version_rule) for candidate in candidates]
        return rules or [ReleaseRule(pattern)]
    own = []
    for one in candidates:
        if _is_own(one, len(candidates), history):
            own.append(one)
    if not own:
        return []
    main = max(own, key=lambda candidate: _rank(candidate, own))
    rules = [main.rule(history, app_version_rule)]
    for candidate in own:
        rule = candidate.rule(history, app_version_rule)
        if candidate is not main and _counts_beside(candidate, rule, main, rules[0]):
            rules.append(rule)
    return rules


def _tags_by_pattern(
    chart: str, charts: frozenset[str], tags: Sequence[OriginTag]
) -> dict[TagPattern, list[Named]]:
    """Return the tags that may be the chart's, newest first, with their versions, by pattern."""
    found: dict[TagPattern, list[Named]] = {}
    for tag in tags:
        if not possible_charts(tag.name, charts) <= {chart}:
            continue
        prefix, version = split_tag(tag.name, chart)
        if version and not is_never_released(version):
            found.setdefault(TagPattern(prefix), []).append((tag, version))
    return found


def _find_candidates(
    chart: str,
    is_alone: bool,
    grouped: Mapping[TagPattern, Sequence[Named]],
    history: History,
) -> list[Candidate]:
    """Return the patterns of tags at which there was a chart, with their newest releases."""
    newest = {pattern: _newest_releases(named) for pattern, named in grouped.items()}
    charts = history.charts_at([tag.commit for named in newest.values() for tag, _ in named])
    samples: dict[TagPattern, list[Sample]] = {}
    for pattern, named in newest.items():
        with_chart = [(tag, version) for tag, version in named if tag.commit in charts]
        samples[pattern] = []
        for tag, version in with_chart:
            found = charts[tag.commit]
            samples[pattern].append(Sample(tag, version, found))
    claims = {
        (one.tag.commit, key) for key, ones in samples.items() for one in ones if one.is_equal
    }
    candidates = []
    for pattern, listed in samples.items():
        claimed = {commit for commit, claimant in claims if claimant != pattern}
        # Where another tag of the commit names the chart's version, this one is an application's.
        kept = [one for one in listed if one.is_equal or one.tag.commit not in claimed]
        if kept:
            candidates.append(Candidate(pattern, chart, is_alone, kept))
    return candidates


def _newest_releases(named: Sequence[Named]) -> list[Named]:
    """Return the newest that are no pre-releases; the newest of these if there are only such."""
    final = []
    for tag, version in named:
        if not is_prerelease(version):
            final.append((tag, version))
    return list(final or named)[: SAMPLES + 1]


def _is_own(candidate: Candidate, count: int, history: History) -> bool:
    """Return whether the tags of one of `count` candidates are the chart's.

    Words that say something else, as `operator-v1.2.3` does, may name a part of the repository, or
    a chart that was removed since.
    """
    if candidate.is_familiar:
        return True
    is_only_one = candidate.is_alone and count == 1
    if not candidate.is_proved and not is_only_one:
        return False
    newest = candidate.samples[0].tag
    return possible_charts(newest.name, frozenset(history.names_at(newest.commit))) <= {
        candidate.chart
    }


def _rank(
    candidate: Candidate, rivals: Sequence[Candidate]
) -> tuple[bool, bool, tuple[bool, bool], int]:
    """Return the evidence for a candidate, to compare: Chart.yaml, its use, its words.

    What Chart.yaml does not confirm is compared by its words first: a chart may rarely be released.
    """
    times = []
    for rival in rivals:
        if rival.is_confirmed == candidate.is_confirmed:
            times += [sample.tag.time for sample in rival.samples]
    recent = sorted(times, reverse=True)[:RECENT]
    count = sum(sample.tag.time in recent for sample in candidate.samples)
    is_used = count > 1 or not candidate.is_confirmed
    return candidate.is_confirmed, is_used, candidate.clarity, count


def _counts_beside(
    candidate: Candidate, rule: ReleaseRule, main: Candidate, main_rule: ReleaseRule
) -> bool:
    """Return whether the tags of a candidate are releases too, beside those of the main one."""
    if candidate.is_confirmed or (candidate.is_alone and candidate.has_chart_word):
        return True
    is_alike = candidate.clarity == main.clarity and rule.version_from == main_rule.version_from
    return is_alike and main_rule.version_from != EQUAL
