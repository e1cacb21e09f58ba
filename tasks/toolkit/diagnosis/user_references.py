"""Check the documented references of the chart: whether each one works for users."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from ..clients.github.workflow_calls import WORKFLOWS
from ..clients.helm.instructions import PUSH, Instruction, find_instructions
from ..clients.registry.reference import Reference
from ..console.findings import STALE, Finding
from ..console.waiting import meanwhile
from ..incident.project import Project
from ..workflows.chart_references import ChartReferences, chart_name, concerns_chart, fetch_tip
from .lookups import Answer, look_up
from .user_texts import NOTES_OF, read_documents, read_notes

Answers = Mapping[Reference, Answer]


@dataclass(frozen=True)
class UserReference:
    """A documented instruction at `place`, such as README.md:40."""

    place: str
    instruction: Instruction

    @property
    def reference(self) -> Reference:
        """The reference, with its tag if a version is named."""
        return self.instruction.reference


@dataclass
class Judged:
    """The documented references by outcome; each line says why."""

    working: list[UserReference] = field(default_factory=list)
    stale: dict[UserReference, Answer] = field(default_factory=dict)
    unknown: dict[UserReference, Answer] = field(default_factory=dict)


def check_references(project: Project) -> Finding:
    """Check each documented reference of the chart, without a login.

    One that does not work is stale as long as users can install from where the settings say.
    """
    tip = fetch_tip(project)
    references = ChartReferences.of(project, chart_name(project, tip))
    find = partial(_find_in_documents, project, tip)
    with meanwhile(partial(read_notes, project)) as (reading,):
        written = project.ask_once(("documents", tip), find)
        documented = _concerning(written, references)
        answers = _look_up(project, documented, references)
        notes, unread = reading.result()
    told = [*_concerning(user_references(notes), references), *documented]
    if not told:
        return judge_references(Judged(), {}, references, unread)
    answers |= _look_up(project, told, references, answers)
    judged = judge_each(told, answers, references)
    finding = judge_references(judged, answers, references, unread)
    writers = _writers(project, tip, judged.stale)
    if not writers:
        return finding
    advice = f"change {', '.join(writers)} too: it may write that into the notes of each release"
    return replace(finding, next=f"{finding.next}\n{advice}")


def _concerning(
    written: Iterable[UserReference],
    references: ChartReferences,
) -> list[UserReference]:
    return [one for one in written if concerns_chart(one.instruction, references)]


def _look_up(
    project: Project,
    told: Sequence[UserReference],
    references: ChartReferences,
    known: Iterable[Reference] = (),
) -> dict[Reference, Answer]:
    """Look up what is told and not `known`, and where users install from, if anything is told."""
    asked = {one.reference for one in told if one.instruction.command != PUSH}
    if told:
        asked.add(references.install)
    return look_up(project, asked - set(known))


def _find_in_documents(project: Project, commit: str) -> list[UserReference]:
    return list(user_references(read_documents(project, commit)))


def _writers(project: Project, commit: str, stale: Iterable[UserReference]) -> list[str]:
    """Return the lines of workflows with a reference in release notes, such as x.yml:40."""
    references = {one.reference.oci for one in stale if one.place.startswith(NOTES_OF)}
    if not references:
        return []
    workflows = project.git.files.in_folder(commit, WORKFLOWS)
    found = user_references(workflows)
    return [one.place for one in found if one.reference.oci in references]


def user_references(texts: Mapping[str, str]) -> Iterator[UserReference]:
    """Yield the references in texts, which are given by their names."""
    for name, text in texts.items():
        for instruction in find_instructions(text):
            yield UserReference(f"{name}:{instruction.line}", instruction)


def judge_each(
    told: Iterable[UserReference],
    answers: Answers,
    references: ChartReferences,
) -> Judged:
    """Sort the documented references by outcome."""
    judged = Judged()
    places = {references.published, references.install}
    for one in told:
        answer = _answer(one, answers, references)
        is_bare = not one.instruction.command and replace(one.reference, tag="") not in places
        if is_bare and answer.is_other:  # another artifact, beside the chart
            continue
        if answer.is_unknown:
            judged.unknown[one] = answer
        elif answer.problem:
            judged.stale[one] = answer
        else:
            judged.working.append(one)
    return judged


def _answer(one: UserReference, answers: Answers, references: ChartReferences) -> Answer:
    """Return the answer for an instruction; a push is judged by where helm would publish."""
    if one.instruction.command != PUSH:
        return answers[one.reference]
    published = one.reference.with_chart(references.name)
    if published == references.published:
        return Answer()
    return Answer(f"gets the name appended: helm push publishes {published.oci}")


def judge_references(
    judged: Judged,
    answers: Answers,
    references: ChartReferences,
    unread: str,
) -> Finding:
    """Return the finding on the documented references; `unread` names texts that were not read."""
    doubts = [*_lines(judged.unknown), *filter(None, [unread])]
    working = len(judged.working)
    if judged.stale:
        stale = len(judged.stale)
        head = f"{stale} of {stale + working} documented references do not work"
        evidence = "\n".join([head, *_lines(judged.stale), *doubts])
        outcome = "failed" if answers[references.install].is_broken else STALE
        return Finding("references", outcome, evidence, advise(judged.stale, answers, references))
    if doubts:
        is_unread = bool(unread) or answers[references.install].is_unknown
        return Finding("references", "unverified", "\n".join(doubts), unread=is_unread)
    evidence = f"no text for users has an OCI reference of {references.name}"
    if working:
        texts = dict.fromkeys(one.place.rpartition(":")[0] for one in judged.working)
        evidence = f"all documented references work: {working} in {', '.join(texts)}"
    return Finding("references", "passed", evidence)


def _lines(judged: Mapping[UserReference, Answer]) -> list[str]:
    return [f"{one.place}: {one.reference} {answer.problem}" for one, answer in judged.items()]


def advise(
    stale: Mapping[UserReference, Answer],
    answers: Answers,
    references: ChartReferences,
) -> str:
    """Return what to write instead, or how to let the references work as they are."""
    if answers[references.install].is_broken:
        is_alias = references.install != references.published
        return "invoke publish.alias" if is_alias else "invoke publish.all"
    lines: dict[str, None] = {}
    free: Counter[str] = Counter()  # references that an alias could take
    for one, answer in stale.items():
        if one.instruction.command == PUSH:
            lines[f"push to {references.push.oci}"] = None
        elif answer.is_version:
            lines["name a version that is published, or none"] = None
        else:
            lines[f"install from {references.install.oci}"] = None
            if "/" in one.reference.repository and not answer.is_other:
                free[one.reference.oci] += 1
    advice = f"write in these lines: {', '.join(lines)}"
    for oci, _ in free.most_common(1):
        advice += f"\nor publish there too: set CHART_REF={oci}, then invoke publish.alias"
    return advice
