"""Get ready, in the background, for what comes next: reads, and the login of this process.

Nothing here changes what others see. What fails is tried again by the step that needs it, and
explained there.
"""

from __future__ import annotations

import tarfile
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path

from ..console.waiting import in_background
from ..core.errors import RecipeError
from ..core.invocation import typed_words
from ..incident.project import Project

PUBLISHING = {"publish.all", "publish.push", "recover"}
LEFT_OUT = "--skip-publish"


def prepare_publication(project: Project, tree: str) -> None:
    """Begin what the publication of a tree needs, if it is typed: login, tokens, the chart's check.

    A chart that turns out to be another is checked again.
    """
    words = typed_words()
    if PUBLISHING.isdisjoint(words) or LEFT_OUT in words:
        return
    with suppress(RecipeError):
        user, token = project.login
        project.helm.login.begin(project.push_reference.host, user, token)
    in_background(partial(_check_chart, project, tree))
    for is_anonymous in (False, True):
        in_background(partial(_prepare_looks, project, is_anonymous))


def _prepare_looks(project: Project, is_anonymous: bool) -> None:
    for reference in project.published_references():
        project.registry(reference, anonymous=is_anonymous).prepare(reference)


def _check_chart(project: Project, tree: str) -> None:
    """Check the chart in a tree if all in its folder are plain files."""
    folder = Path(tempfile.mkdtemp(prefix="ahead-", dir=project.scratch))
    archive = folder / "chart.tar"
    project.git.trees.export(tree, project.chart_dir, archive)
    with tarfile.open(archive) as tar:
        if not all(member.isfile() or member.isdir() for member in tar):
            return
        tar.extractall(folder, filter="data")
    chart_folder = folder / project.chart_dir
    project.helm.check_chart(chart_folder, project.helm.read_chart(chart_folder))
