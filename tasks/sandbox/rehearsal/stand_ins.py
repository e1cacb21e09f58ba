"""Give act a folder for each action and workflow of another repository that a run may use."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import BadOption
from ..github.act import ACTIONS
from ..github.workflow_files import WorkflowFile
from .generated_actions import generate, reason_of
from .known_actions import ALIASES, REASONS
from .own_actions import reasons_of_outputs, reasons_of_own_actions
from .used_actions import Use, uses_of_action, uses_of_workflow

Group = list[Use]  # of one repository at one ref


@dataclass
class StandIns:
    """The options of act, and why what a `uses` says is not rehearsed, by its text."""

    options: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)


def prepare_stand_ins(
    files: Mapping[str, WorkflowFile],
    own_actions: Mapping[str, str],
    given: Mapping[str, Path],
    folder: Path,
    path: str,
) -> StandIns:
    """Return what stands in for the actions that workflows use, with programs on `path`.

    `own_actions` are the texts of the repository's own actions by the paths of their files;
    `given` are folders by owner/name, which count as rehearsed. What does nothing is written into
    `folder`. Raises BadOption for a folder that no workflow needs, or without the action.
    """
    uses = _all_uses(files, own_actions, given)
    _check_given(given, uses)
    stand_ins = StandIns()
    stand_ins.reasons.update(reasons_of_own_actions(own_actions, path))
    for group in _groups(uses):
        target = _given_folder(group[0], given)
        if not target:
            target = _write_stand_in(group, folder / str(len(stand_ins.options)))
            _add_reasons(stand_ins, group, files)
        first = group[0]
        stand_ins.options.append(f"--local-repository={first.repository}@{first.ref}={target}")
    return stand_ins


def _all_uses(
    files: Mapping[str, WorkflowFile],
    own_actions: Mapping[str, str],
    given: Mapping[str, Path],
) -> list[Use]:
    """Return each use once: also those of the given actions, which may use others."""
    queue = list[Use]()
    for workflow in files.values():
        queue += uses_of_workflow(workflow.spec)
    for text in own_actions.values():
        queue += uses_of_action(text)
    uses = list[Use]()
    while queue:
        use = queue.pop(0)
        if use in uses:
            continue
        uses.append(use)
        folder = _given_folder(use, given)
        if folder and not use.is_workflow:
            queue += uses_of_action(_find_file(use, folder).read_text())
    return uses


def _given_folder(use: Use, given: Mapping[str, Path]) -> Path | None:
    """Return the folder that is given for a repository; GitHub's names ignore the case."""
    for name, folder in given.items():
        if name.lower() == use.repository.lower():
            return folder.absolute()
    return None


def _find_file(use: Use, folder: Path) -> Path:
    """Return the file of an action or a workflow in a given folder. Raises BadOption."""
    for name in use.files:
        file = folder / name
        if file.is_file():
            return file
    raise BadOption(f"--action {use.repository}={folder}: there is no {use.files[0]}")


def _check_given(given: Mapping[str, Path], uses: Iterable[Use]) -> None:
    """Raise BadOption if no workflow uses a given action, or a workflow is not in its folder."""
    used = set[str]()
    for use in uses:
        used.add(use.repository.lower())
        folder = _given_folder(use, given)
        if folder:
            _find_file(use, folder)
    for name, folder in given.items():
        if name.lower() not in used:
            raise BadOption(f"--action {name}={folder}: no workflow of this run uses {name}")


def _groups(uses: Iterable[Use]) -> list[Group]:
    """Return the uses by repository, as it is spelled, and ref."""
    groups = dict[tuple[str, str], Group]()
    for use in uses:
        groups.setdefault((use.repository, use.ref), []).append(use)
    return list(groups.values())


def _sandbox_folder(use: Use) -> Path | None:
    """Return the folder of the sandbox's own stand-in for an action, if a rehearsal uses it."""
    name = use.name.lower()
    name = ALIASES.get(name, name)
    folder = ACTIONS / name
    if name in REASONS or not (folder / "action.yml").is_file():
        return None
    return folder


def _write_stand_in(group: Sequence[Use], folder: Path) -> Path:
    """Return the folder that stands in for a repository, which is the sandbox's own or new."""
    if len(group) == 1:
        own = _sandbox_folder(group[0])
        if own:
            return own
    for use in group:
        file = folder / use.files[0]
        file.parent.mkdir(parents=True, exist_ok=True)
        own = _sandbox_folder(use)
        if own:
            shutil.copytree(own, file.parent, dirs_exist_ok=True)
        else:
            file.write_text(generate(use))
    return folder


def _add_reasons(
    stand_ins: StandIns,
    group: Iterable[Use],
    files: Mapping[str, WorkflowFile],
) -> None:
    for use in group:
        reason = reasons_of_outputs(use, files) if _sandbox_folder(use) else reason_of(use)
        if reason:
            stand_ins.reasons[use.text] = reason
