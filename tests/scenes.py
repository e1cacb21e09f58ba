"""What has happened in a sandbox: made once in a process, then copied into other sandboxes.

So is the first commit. The commits name the port of the sandbox's own registry, so the sandboxes
of one process take turns on one port. What the recipes have kept in a clone is neither copied nor
replaced.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tasks.sandbox.environment import isolated_environment
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
NOT_COPIED = (KEPT_BY_RECIPES, "*.sample")  # git's samples of hooks


class _Repositories:
    """A copy of a world's repository and its clone in `folder`."""

    def __init__(self, world: World) -> None:
        self._temporary = TemporaryDirectory(prefix="scene-")
        self.folder = Path(self._temporary.name)
        ignored = shutil.ignore_patterns(*NOT_COPIED)
        for source in (world.remote, world.clone):
            shutil.copytree(source, self.folder / source.name, symlinks=True, ignore=ignored)


class _Copy:
    """A copy of what is in a world: its two repositories, and what its servers hold."""

    def __init__(self, world: World) -> None:
        self._repositories = _Repositories(world)
        self._github = _copied(world.github, GITHUB)
        self._runs = _copied_runs(world.github.runs)
        self._paths = list(world.github.actions.paths)
        self._registry = _copied(world.registry, REGISTRY)

    def put_into(self, world: World) -> None:
        """Replace what is in a world on the same port."""
        for repository in (world.remote, world.clone):
            _replace(repository, self._repositories.folder / repository.name)
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
class Scenes:
    """Sandboxes that take turns on one port, and copies of what has happened in them.

    `starts` are the first commits by shape and PATH, since the workflow depends on the helm there;
    `copies` are the scenes, by the same and the scene.
    """

    starts: dict[tuple[type[World], str], _Repositories] = field(default_factory=dict)
    copies: dict[tuple[Scene, type[World], str], _Copy] = field(default_factory=dict)
    port: int = 0

    def new_world(
        self,
        programs: Sequence[Path],
        registry: Registry | None = None,
        shape: type[World] = World,
    ) -> World:
        """Return a new world, on the port of those before it unless somebody else has it now.

        No release is rehearsed beside another task, since that takes seconds.
        """
        world = self._new_world(programs, registry, shape)
        world.env["REHEARSE"] = "false"
        return world

    def _new_world(
        self, programs: Sequence[Path], registry: Registry | None, shape: type[World]
    ) -> World:
        if registry:
            return shape(programs, registry)
        path = isolated_environment(Path(), programs)["PATH"]
        start = None
        if (shape, path) in self.starts:
            start = self.starts[shape, path].folder
        try:
            world = shape(programs, port=self.port, start=start)
        except OSError:
            self.starts.clear()
            self.copies.clear()
            world = shape(programs)
        self.port = world.registry.server.port
        if (shape, path) not in self.starts:
            self.starts[shape, path] = _Repositories(world)
        return world

    def happen(self, world: World, scene: Scene) -> None:
        """Let a scene be the first that happens in a world of `new_world` with its own registry."""
        key = (scene, type(world), world.env["PATH"])
        if key in self.copies:
            self.copies[key].put_into(world)
        else:
            scene(world)
            self.copies[key] = _Copy(world)


_scenes = Scenes()
new_world = _scenes.new_world
happen = _scenes.happen
