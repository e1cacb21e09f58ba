"""Choose what `recover` reverts without --pr: what the incident began, or the clear suspect.

It takes only a command that `when.check` advises alone; else it lists the commands to type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..console.findings import Finding, join_names
from ..console.output import status
from ..core.errors import CheckFailed, ServiceError
from ..core.invocation import complete_command, running_step, typed_command
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..incident.stage_runner import PUBLISHING
from ..incident.stages import recovery_stages
from .elsewhere import is_alias
from .recover_command import RECOVER, RecoverCommand, begun_recovery, parse_advice
from .suspicion import CHOOSE
from .triggers import TRIGGERS
from .verdict import ROLLED_BACK, SYMPTOMS, Verdict
from .verdict_of_charts import check_triggers_of_charts

RECOVERED = "users get "
NOT_CLEAR = "what to revert is not clear"


def choose_recovery(
    project: Project,
    log: IncidentLog,
    given: RecoverCommand,
) -> RecoverCommand | None:
    """Return what to recover, with the options that were `given`; None if there is nothing to do.

    A change that is named is taken, with the versions that its recovery began with.
    A recovery that has begun is continued. Once it is published, a trigger that still fires is
    another matter.
    Raises CheckFailed if what to revert is not clear, ServiceError if nobody could tell.
    """
    begun = begun_recovery(log.journal)
    if given.names_change:
        named = given.with_versions_of(begun)
        return given if named == given else _take(named, given)
    if begun and not _is_published(log):
        return _resume(log, begun, given)
    verdict = _check_triggers(project, log)
    fired = _with_outcome(verdict, "fired")
    unknown = _with_outcome(verdict, "unknown")
    if fired:
        command = only_command(fired)
        if command is None or unknown:
            _list_choices(verdict, [*fired, *unknown])
            raise _not_clear(fired)
        _explain(verdict.suspects, command)
        return _take(command, given)
    if begun:
        return _resume(log, begun, given)
    if unknown:
        _list_choices(verdict, unknown)
        labels = [finding.label for finding in unknown]
        what = f"could not check {join_names(labels)}"
        raise ServiceError(what, "run the same command again")
    _report_clear(verdict)
    return None


def only_command(fired: Sequence[Finding]) -> RecoverCommand | None:
    """Return the `recover` that is advised for all triggers that fired; None if they differ.

    An alias that is advised before it helps users sooner, but `recover` does without.
    """
    advised = set()
    for finding in fired:
        lines = []
        for line in finding.advice.split("\n"):
            if not is_alias(line):
                lines.append(line)
        advised.add("\n".join(lines))
    if len(advised) != 1:
        return None
    command = parse_advice(advised.pop())
    if command is None or not command.names_change:
        return None
    return command


def _with_outcome(verdict: Verdict, outcome: str) -> list[Finding]:
    return [finding for finding in verdict.findings if finding.outcome == outcome]


def _not_clear(fired: Sequence[Finding]) -> CheckFailed:
    """Return the error for triggers that fired, where what to revert is not clear."""
    symptoms = []
    for finding in fired:
        symptom = f"{finding.chart} {SYMPTOMS[finding.name]}"
        symptoms.append(symptom.lstrip())
    what = f"{join_names(symptoms)}, and {NOT_CLEAR}"
    return CheckFailed(what, "choose one of the lines above; nothing was changed")


def _check_triggers(project: Project, log: IncidentLog) -> Verdict:
    """Check all triggers, and record their outcomes as `when.check` does."""
    verdict = check_triggers_of_charts(project.charts(), log, list(TRIGGERS))
    outcomes = {}
    for finding in verdict.findings:
        outcomes[finding.label] = finding.outcome
    with running_step("when.check"):
        log.record_check("fired" not in outcomes.values(), triggers=outcomes)
    return verdict


def _is_published(log: IncidentLog) -> bool:
    """Return whether the incident's publication is done, or was left out on purpose."""
    for stage in recovery_stages(log.journal):
        if stage.name != PUBLISHING:
            continue
        is_done = stage.end is not None
        return is_done or stage.state == "skipped"
    return False


def _resume(log: IncidentLog, begun: RecoverCommand, given: RecoverCommand) -> RecoverCommand:
    incident = f"incident {log.journal.id}"
    status(f"{incident} has begun to revert {_name(begun)}: it continues")
    return _take(begun, given)


def _take(command: RecoverCommand, given: RecoverCommand) -> RecoverCommand:
    """Return the command with the options that were given, and record it as if it was typed."""
    taken = given.completed_by(command)
    complete_command(RECOVER, taken.beside(given).options)
    status(f"the same as {typed_command()}")
    return taken


def _name(command: RecoverCommand) -> str:
    return f"#{command.pr}" if command.pr else command.sha


def _explain(suspects: Sequence[Mapping[str, Any]], command: RecoverCommand) -> None:
    """Print which suspect is taken, and why."""
    kind = "the clear first suspect"
    if len(suspects) == 1:
        kind = "the only suspect"
    for suspect in suspects:
        if suspect["is_clear"]:
            title = suspect["title"]
            why = suspect["why"]
            status(f'{_name(command)} "{title}" is {kind}: {why}')
            return


def _report_clear(verdict: Verdict) -> None:
    """Print why there is nothing to recover."""
    why = "no trigger fires"
    if verdict.text == ROLLED_BACK:
        why = ROLLED_BACK
        for finding in verdict.findings:
            _, _, recovery = finding.evidence.rpartition("\n")
            if RECOVERED in recovery:
                why = f"{ROLLED_BACK}, {recovery}"
    status(f"nothing to recover: {why}", "done")


def _list_choices(verdict: Verdict, findings: Sequence[Finding]) -> None:
    """Print what fired or could not be checked, each with the commands to type below it."""
    advised = []
    for finding in findings:
        evidence, _, _ = finding.evidence.partition("\n")
        status(f"{finding.label} {finding.outcome}: {evidence}", "warning")
        for line in finding.advice.split("\n"):
            if line.startswith(CHOOSE):  # it heads the commands
                status(line)
            else:
                advised.append(line)
    listed = set()
    for suspect in verdict.suspects:
        command = suspect["next"]
        if command in advised:
            status(_describe(suspect))
            status(command, "next")
            listed.add(command)
    for line in dict.fromkeys(advised):
        is_command = bool(line) and not line.startswith("as for ")
        if is_command and line not in listed:
            status(line, "next")


def _describe(suspect: Mapping[str, Any]) -> str:
    """Return in words who is suspected, and why."""
    name = f"#{suspect['number']}"
    if not suspect["number"]:
        name = suspect["sha"][:12]
    title = suspect["title"]
    why = suspect["why"]
    return f'{name} "{title}" {why}'
