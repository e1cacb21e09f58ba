"""Whether the workflow pushes the chart where we publish it and where users install it from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial

from ..clients.github.publishers import advise_workflow
from ..clients.github.workflow_paths import find_references
from ..clients.registry.reference import Reference
from ..console.findings import Finding
from ..core.settings import missing_setting
from ..incident.project import Project
from .callers import workflows_at
from .chart_references import ChartReferences, chart_name, fetch_tip

OPEN = re.compile(r"\$\{[^}]*\}*|\$\w*")  # what only a run knows
WRITE_OUT = "write the reference out in the workflow's `env`, or compare it by hand"
HOST_DIFFERS = "the host differs"
Difference = tuple[str, str]  # what differs, in words, and what to do about it


def check_path(project: Project) -> Finding:
    """Check where the workflow on the default branch at origin pushes the chart now."""
    tip = fetch_tip(project)
    path = project.workflow_path
    workflows = workflows_at(project, tip)
    find = partial(find_references, workflows, path, project.slug)
    if not project.settings.registry:
        pushed, _ = find()
        return suggest_registry(path, pushed)
    references = ChartReferences.of(project, chart_name(project, tip))
    if path not in workflows:
        evidence = f"{project.default_branch} at origin has no well-formed {path}"
        advice = advise_workflow(workflows, project.slug, project.settings.workflow)
        return Finding("path", "unverified", evidence, advice)
    pushed, used = project.ask_once("pushes", find)
    return judge_path(path, pushed, used, references)


def suggest_registry(path: str, pushed: set[str]) -> Finding:
    """Return what REGISTRY must be, since it is not set. Raises SettingError if that is unknown."""
    known = [text for text in pushed if not _is_open(text)]
    if len(known) != 1:
        raise missing_setting("REGISTRY")
    evidence = f"REGISTRY is not set; {path} pushes to {known[0]}"
    return Finding("path", "failed", evidence, f"set REGISTRY={known[0]}")


def judge_path(path: str, pushed: set[str], used: set[str], references: ChartReferences) -> Finding:
    """Return the finding on what a workflow pushes to, and what it gets the chart from."""
    file = path.rpartition("/")[2]
    if not pushed:
        evidence = f"no step of {file} runs `helm push` to an OCI reference"
        advice = f"compare by hand: where it publishes, and REGISTRY={references.push.oci}"
        return Finding("path", "unverified", evidence, advice)
    published = {f"{text}/{references.name}" for text in pushed}
    lines = [f"{file} pushes to {join_words(pushed)}, so helm publishes at {join_words(published)}"]
    if published == {references.install.oci}:
        lines[0] += ", where users install from"
    else:
        lines.append(f"users install from {references.install.oci}")
    differences = [
        *compare_push(file, pushed, references),
        *compare_installation(published, references),
        *compare_use(file, published, used),
    ]
    if differences:
        lines += [words for words, _ in differences]
        advised = dict.fromkeys(advice for _, advice in differences)
        outcome = "failed"
        is_host_only = all(words.startswith(HOST_DIFFERS) for words, _ in differences)
        if references.push.is_local and is_host_only:
            lines.append(
                f"{references.push.host} is on this machine, where no run on GitHub pushes"
            )
            outcome = "unverified"
        return Finding("path", outcome, "\n".join(lines), "\n".join(advised))
    doubts = list(find_doubts(published, used, references))
    if doubts:
        return Finding("path", "unverified", "\n".join([*lines, *doubts]), WRITE_OUT)
    return Finding("path", "passed", "\n".join(lines))


def compare_push(file: str, pushed: set[str], references: ChartReferences) -> Iterator[Difference]:
    """Yield how what a workflow pushes to certainly differs from REGISTRY."""
    wanted = references.push
    if _may_include(pushed, wanted):
        return
    text = _nearest(pushed, wanted)
    advice = f"let {file} push to {wanted.oci}"
    if not _is_open(text):
        advice += f", or set REGISTRY={text}"
    target = Reference.parse(text)
    for words in _compare(target, wanted, "REGISTRY", f"{file} appends", references.name):
        yield words, advice


def compare_installation(published: set[str], references: ChartReferences) -> Iterator[Difference]:
    """Yield how where a workflow publishes certainly differs from CHART_REF, if that is set."""
    wanted = references.install
    if wanted == references.published or _may_include(published, wanted):
        return
    text = _nearest(published, wanted)
    advice = "put each release where users install from: invoke publish.alias"
    if not _is_open(text):
        advice = f"set CHART_REF={text} and tell users that, or {advice}"
    target = Reference.parse(text)
    for words in _compare(target, wanted, "CHART_REF", "helm appends", references.name):
        yield words, advice


def _compare(
    target: Reference,
    wanted: Reference,
    setting: str,
    appends: str,
    name: str,
) -> Iterator[str]:
    """Yield in words how a workflow's reference differs from a setting: host, path, last name."""
    if target.host != wanted.host:
        yield f"{HOST_DIFFERS}: the workflow's is {target.host}, {setting} has {wanted.host}"
    path = target.repository
    if path == f"{wanted.repository}/{name}":
        yield f"the appended name differs: {setting} lacks the name {name} that {appends}"
    elif wanted.repository == f"{path}/{name}":
        yield f"the appended name differs: {setting} ends in the name {name} once too often"
    elif path != wanted.repository:
        yield f"the path differs: the workflow's is {path}, {setting} has {wanted.repository}"


def compare_use(file: str, published: set[str], used: set[str]) -> Iterator[Difference]:
    """Yield the references that lack or repeat a part of where a workflow publishes."""
    for text in sorted(used):
        if _is_open(text) or _may_include(published, Reference.parse(text)):
            continue
        for place in sorted(published):
            shorter, longer = sorted([f"{place}/", f"{text}/"])
            if longer.startswith(shorter):
                words = f"it gets the chart from {text}, where helm does not publish it"
                yield words, f"let {file} get the chart from {place}"


def find_doubts(published: set[str], used: set[str], references: ChartReferences) -> Iterator[str]:
    """Yield why a workflow may publish elsewhere, or may not get the chart that it published."""
    for wanted in dict.fromkeys((references.published, references.install)):
        if wanted.oci not in published:
            texts = join_words(text for text in published if _is_open(text))
            yield f"only a run knows whether {texts} is {wanted.oci}"
    for text in sorted(used - published):
        reference = Reference.parse(text)
        same_owners = [place for place in published if _owner(place) == _owner(text)]
        if reference.name == references.name and same_owners:
            yield f"it gets the chart from {text} too, where it does not push it"


def _owner(reference: str) -> str:
    """Return the host and the first part of the path."""
    host, _, path = reference.removeprefix("oci://").partition("/")
    return f"{host}/{path.partition('/')[0]}"


def _is_open(text: str) -> bool:
    return OPEN.search(text) is not None


def _may_include(texts: Iterable[str], wanted: Reference) -> bool:
    return any(_may_be(text, wanted.oci) for text in texts)


def _may_be(text: str, wanted: str) -> bool:
    """Return whether a reference is the wanted one, as far as its known parts tell."""
    first, *parts = OPEN.split(text)
    if not parts:
        return text == wanted
    last = parts.pop()
    if not wanted.startswith(first) or not wanted[len(first) :].endswith(last):
        return False
    rest = wanted[len(first) : len(wanted) - len(last)]
    for part in filter(None, parts):
        _, found, rest = rest.partition(part)
        if not found:
            return False
    return True


def _nearest(texts: Iterable[str], wanted: Reference) -> str:
    """Return the reference that is most like the wanted one."""

    def unlikeness(text: str) -> tuple[bool, bool, str]:
        return Reference.parse(text).host != wanted.host, _is_open(text), text

    return min(texts, key=unlikeness)


def join_words(words: Iterable[str]) -> str:
    """Return the words sorted, with `and` between them."""
    return " and ".join(sorted(words))
