"""The sandboxes in which it is measured: a broken release, and one that is recovered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tasks.sandbox.scenarios import SCENARIOS
from tasks.sandbox.world import CHART, WORKFLOW, World

from ..scenes import happen, new_world
from .runs import run_recipes

CHAIN = "rollback.revert --pr 42 --merge publish.all verify.all"
RECOVER = "recover --pr 42"


def _break_release(world: World) -> None:
    """Let the drill's first scenario happen; no check of a pull request takes time."""
    SCENARIOS["publish"].happen(world)
    world.github.required_checks = []


@contextmanager
def broken_world(programs: Sequence[Path]) -> Iterator[World]:
    """Give a new sandbox with a broken release."""
    with new_world(programs) as world:
        happen(world, _break_release)
        yield world


@contextmanager
def recovered_world(programs: Sequence[Path]) -> Iterator[World]:
    """Give a new sandbox in which a broken release was reverted, published and verified."""
    with broken_world(programs) as world:
        run_recipes(RECOVER, world, 0.0)
        yield world


def runbook_commands(world: World) -> list[str]:
    """Return the commands of the runbook as a person types them, one after the other."""
    host = world.registry.host
    chart = f"oci://{host}/{world.push_to}"
    workflow = Path(WORKFLOW).name
    login = f"helm registry login {host} --plain-http -u maintainer --password-stdin"
    return [
        "gh pr revert 42",
        f"cd {CHART} && helm package .",
        f'echo "$GITHUB_TOKEN" | {login}',
        f"cd {CHART} && helm push threek8s-*.tgz {chart} --plain-http",
        f"gh workflow view {workflow}",
        f"gh run list --workflow {workflow}",
        f"helm show chart {chart} --plain-http",
        f"helm install test-rollback {chart} --plain-http --dry-run",
    ]


def login_of(world: World) -> dict[str, str]:
    """Return the variables that gh needs beside those of the recipes."""
    return {"GH_TOKEN": world.token, "GH_REPO": world.slug}
