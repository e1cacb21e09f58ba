"""What has happened in a sandbox: made once in a process, then copied into other sandboxes.

The commits name the port of the sandbox's own registry, so the sandboxes of one process take turns
on one port. What the recipes have kept in a clone is neither copied nor replaced.
"""

from __future__ import annotations

import copy
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tasks.sandbox.github.runs import Run
from tasks.sandbox.registry import Registry
from tasks.sandbox.world import World

Scene = Callable[[World], object]

GITHUB = (
    "pulls",
    "issues",
    "labels",
    "releases",
    "next_number",
    "comment_ids",
    "release_ids",
    "required_checks",
    "check_seconds",
    "_seen_refs",
)
REGISTRY = ("repositories", "pushed")
KEPT_BY_RECIPES = ".rollback"


class _Copy:
    """A copy of what is in a world: its two repositories, and what its servers hold."""

    def __init__(self, world: World) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="scene-")
        folder = Path(self._temporary.name)
        self._remote = folder / "remote"
        self._clone = folder / "clone"
        shutil.copytree(world.remote, self._remote, symlinks=True)
        ignored = shutil.ignore_patterns(KEPT_BY_RECIPES)
        shutil.copytree(world.clone, self._clone, symlinks=True, ignore=ignored)
        self._github = _copied(world.github, GITHUB)
        self._runs = _copied_runs(world.github.runs)
        self._paths = list(world.github.actions.paths)
        self._registry = _copied(world.registry, REGISTRY)

    def put_into(self, world: World) -> None:
        """Replace what is in a world on the same port."""
        _replace(world.remote, self._remote)
        _replace(world.clone, self._clone)
        vars(world.github).update(copy.deepcopy(self._github))
        vars(world.registry).update(copy.deepcopy(self._registry))
        world.github.actions.paths = list(self._paths)
        world.github.actions.runs = _copied_runs(self._runs)


def _replace(folder: Path, source: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != KEPT_BY_RECIPES:
            shutil.rmtree(entry)
    shutil.copytree(source, folder, symlinks=True, dirs_exist_ok=True)


def _copied(owner: object, names: Sequence[str]) -> Mapping[str, Any]:
    return {name: copy.deepcopy(getattr(owner, name)) for name in names}


def _copied_runs(runs: Sequence[Run]) -> list[Run]:
    """Return a copy of runs that have ended."""
    shared = {}
    for run in runs:
        for part in (run.ended, run.process):  # they hold locks, and nothing changes them now
            shared[id(part)] = part
    return copy.deepcopy(list(runs), shared)


@dataclass
class _Scenes:
    """The copies of scenes, by scene, shape and PATH: the workflow depends on the helm there."""

    copies: dict[tuple[Scene, type[World], str], _Copy] = field(default_factory=dict)
    port: int = 0

    def new_world(
        self,
        programs: Sequence[Path],
        registry: Registry | None = None,
        shape: type[World] = World,
    ) -> World:
        """Return a new world, on the port of those before it unless somebody else has it now."""
        if registry:
            return shape(programs, registry)
        try:
            world = shape(programs, port=self.port)
        except OSError:
            self.copies.clear()
            world = shape(programs)
        self.port = world.registry.server.port
        return world

    def happen(self, world: World, scene: Scene) -> None:
        """Let a scene be the first that happens in a world of `new_world` with its own registry."""
        key = (scene, type(world), world.env["PATH"])
        if key in self.copies:
            self.copies[key].put_into(world)
        else:
            scene(world)
            self.copies[key] = _Copy(world)


_scenes = _Scenes()
new_world = _scenes.new_world
happen = _scenes.happen
