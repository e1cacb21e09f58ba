"""The gate: a workflow that rehearses the release of what a pull request would merge.

It runs on every pull request, and looks itself for what to rehearse. With a filter of paths, a
required check would stay pending on GitHub where the filter does not match.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..clients.github.workflow_calls import WORKFLOWS
from ..core.errors import BadInput
from ..core.shell import quote
from .gate_recipes import GateRecipes

GATE = f"{WORKFLOWS}/rehearse.yml"
CHECK = "rehearse the release"
CHECKOUT = "actions/checkout@fbc6f3992d24b796d5a048ff273f7fcc4a7b6c09 # v5.1.0"
RECIPES = "recipes"  # the folder of their second checkout, beside the repository's
REPOSITORY = "repository"
COLUMNS = "160"  # of a log, in which a reference is to be copied from one line
SET_UP = 10  # minutes
MOST_MINUTES = 350  # GitHub ends a job after 360
UNSAFE = re.compile(r"\$\{\{|[\x00-\x1f]")  # an expression of Actions, or the end of a line
TOUCHED_NOTHING = "this pull request touches nothing that publishes the chart: not rehearsed"


@dataclass(frozen=True)
class GatedChart:
    """A chart that the gate rehearses when one of the paths is touched.

    `label` is its name, which is empty for the only one of the repository.
    """

    label: str
    paths: Sequence[str]


def gate_text(
    charts: Sequence[GatedChart],
    variables: Mapping[str, str],
    recipes: GateRecipes,
    limit: float,
) -> str:
    """Return the text of the workflow; a rehearsal of a chart may take `limit` seconds.

    Raises BadInput for a name that Actions would take for an expression.
    """
    ensure_safe(variables.values())
    for chart in charts:
        ensure_safe([chart.label, *chart.paths])
    folder = REPOSITORY if recipes.repository else "."
    program = f"./{RECIPES}/inv" if recipes.repository else recipes.program
    environment = {"REPO_DIR": folder, "COLUMNS": COLUMNS, **variables}
    lines = [*_head(), "", "env:"]
    lines += [f"  {name}: {scalar(value)}" for name, value in environment.items()]
    lines += _job(SET_UP + len(charts) * math.ceil(limit / 60))
    lines += _checkout("the repository, as the merge would leave it", folder)
    if recipes.repository:
        lines += _checkout("the recipes", RECIPES, recipes)
    lines += _isolation()
    for chart in charts:
        lines += _rehearsal(chart, program, folder)
    return "\n".join([*lines, ""])


def _job(minutes: int) -> list[str]:
    return [
        "",
        "jobs:",
        "  rehearse:",
        f"    name: {CHECK}",
        "    runs-on: ubuntu-latest",
        f"    timeout-minutes: {min(minutes, MOST_MINUTES)}",
        "    env:",
        "      BASE: ${{ github.event.pull_request.base.ref }}",
        "    steps:",
    ]


def _isolation() -> list[str]:
    """Return the step without which GitHub's runners refuse namespaces."""
    return [
        "      - name: Let steps be isolated, which the runner's Ubuntu forbids",
        "        if: runner.environment == 'github-hosted'",
        "        run: sudo sysctl --write kernel.apparmor_restrict_unprivileged_userns=0 || true",
    ]


def _head() -> list[str]:
    return [
        "# Rehearse the release of what a pull request would merge, before it is merged.",
        "# Written by `inv init --gate`. To bring it up to date, delete it and run that again.",
        "name: Rehearse",
        "",
        "# Never pull_request_target: a fork's code would get secrets, and a token that writes.",
        "on: pull_request",
        "",
        "permissions:",
        "  contents: read",
        "",
        "concurrency:",
        "  group: rehearse-${{ github.event.pull_request.number }}",
        "  cancel-in-progress: true",
    ]


def _checkout(what: str, folder: str, recipes: GateRecipes | None = None) -> list[str]:
    """Return the step that checks a repository out, and keeps no token in it."""
    lines = [f"      - name: Check out {what}", f"        uses: {CHECKOUT}", "        with:"]
    if recipes:
        lines += [
            f"          repository: {recipes.repository}",
            f"          ref: {recipes.commit}",
        ]
    else:
        lines.append("          fetch-depth: 0")
    if folder != ".":
        lines.append(f"          path: {folder}")
    return [*lines, "          persist-credentials: false"]


def _rehearsal(chart: GatedChart, program: str, folder: str) -> list[str]:
    """Return the step that rehearses a chart if what publishes it is touched."""
    name = chart.label or "the chart"
    rehearse = f"{program} prevention.rehearse"
    if chart.label:
        rehearse += f" --chart {quote(chart.label)}"
    diff = "git --literal-pathspecs"
    if folder != ".":
        diff += f" -C {folder}"
    script = [f"""changed=$({diff} diff --name-only --no-renames "origin/$BASE...HEAD" -- \\"""]
    script += [f"  {quote(path)} \\" for path in chart.paths]
    script[-1] = script[-1].removesuffix(" \\") + ")"
    script += [
        'if [ -z "$changed" ]; then',
        f"  echo {quote(TOUCHED_NOTHING)}",
        "else",
        """  printf 'touched: %s\\n' "$changed\"""",
        f"  {rehearse}",
        "fi",
    ]
    return [
        f"      - name: {scalar(f'Rehearse the release of {name}')}",
        "        if: ${{ !cancelled() }}",
        "        run: |",
        *[f"          {line}" for line in script],
    ]


def scalar(text: str) -> str:
    """Return a text as YAML has it."""
    return json.dumps(text, ensure_ascii=False)


def ensure_safe(texts: Iterable[str], place: str = GATE) -> None:
    """Raise BadInput for a text that Actions would take for more in the file `place`."""
    for text in texts:
        if UNSAFE.search(text):
            what = f"{text!r} would be more than a name in {place}"
            raise BadInput(what, "rename it, or write the workflow by hand")
