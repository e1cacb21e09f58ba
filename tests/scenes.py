"""What has happened in a sandbox: made once in a process, then copied into other sandboxes.

The commits name the registry's port, so the sandboxes of one process take turns on one port.
"""

from __future__ import annotations

import copy
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
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


class _Copy:
    """A copy of what is in a world: its two repositories, and what its servers hold."""

    def __init__(self, world: World) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="scene-")
        folder = Path(self._temporary.name)
        self._remote = folder / "remote"
        self._clone = folder / "clone"
        shutil.copytree(world.remote, self._remote, symlinks=True)
        shutil.copytree(world.clone, self._clone, symlinks=True)
        self._github = _copied(world.github, GITHUB)
        self._runs = _copied_runs(world.github.runs)
        self._paths = list(world.github.actions.paths)
        self._registry = _copied(world.registry, REGISTRY)

    def put_into(self, world: World) -> None:
        """Replace what is in a world on the same port."""
        for source, target in ((self._remote, world.remote), (self._clone, world.clone)):
            shutil.rmtree(target)
            shutil.copytree(source, target, symlinks=True)
        vars(world.github).update(copy.deepcopy(self._github))
        vars(world.registry).update(copy.deepcopy(self._registry))
        world.github.actions.paths = list(self._paths)
        world.github.actions.runs = _copied_runs(self._runs)
        for run in world.github.runs:
            run.context["secrets"]["GITHUB_TOKEN"] = world.token


def _copied(owner: object, names: Sequence[str]) -> Mapping[str, Any]:
    return {name: copy.deepcopy(getattr(owner, name)) for name in names}


def _copied_runs(runs: Sequence[Run]) -> list[Run]:
    """Return a copy of runs that have ended."""
    shared = {}
    for run in runs:
        for part in (run.ended, run.process):  # they hold locks, and nothing changes them now
            shared[id(part)] = part
    return copy.deepcopy(list(runs), shared)


_copies = dict[Scene, _Copy]()
_port = [0]


def new_world(programs: Sequence[Path], registry: Registry | None = None) -> World:
    """Return a new world, on the port of those before it unless somebody else has it now."""
    if registry:
        return World(programs, registry)
    try:
        world = World(programs, port=_port[0])
    except OSError:
        _copies.clear()
        world = World(programs)
    _port[0] = int(world.registry.host.rpartition(":")[2])
    return world


def happen(world: World, scene: Scene) -> None:
    """Let a scene happen in a world of `new_world` in which nothing has happened yet."""
    if scene in _copies:
        _copies[scene].put_into(world)
    else:
        scene(world)
        _copies[scene] = _Copy(world)
